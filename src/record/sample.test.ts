import assert from "node:assert/strict";
import { test } from "node:test";
import { isGood, statusText } from "./sample.ts";

for (const [name, status] of [
  ["Good", 0],
  ["Good, at its low limit", 0x0000_0500],
  ["Good, constant", 0x0000_0700],
  ["GoodOverload", 0x002f_0000],
  ["GoodClamped", 0x0030_0000],
  ["GoodLocalOverride", 0x0096_0000],
] as const)
  test(`${name} is good`, () => assert.equal(isGood({ status }), true));

for (const [name, status] of [
  ["Uncertain", 0x4000_0000],
  ["UncertainLastUsableValue", 0x4090_0000],
  ["Bad", 0x8000_0000],
  ["BadNoCommunication", 0x8031_0000],
] as const)
  test(`${name} is not`, () => assert.equal(isGood({ status }), false));

test("people read whether it is good, and how as the protocol says it", () => {
  assert.deepEqual(
    [0, 0x0096_0000, 0x4090_0000, 0x8031_0000].map((status) => statusText({ status })),
    ["good", "good (0x00960000)", "0x40900000", "0x80310000"],
  );
});
