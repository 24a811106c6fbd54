/** What is remembered of the newest samples. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { at } from "../operations/testing/order.ts";
import type { Sample } from "../record/sample.ts";
import { recentSamples } from "./recent-sample.ts";

const sample = (seconds: number, status: number, mark = ""): Sample => ({
  item: "Pieces",
  at: at(seconds * 1000),
  receivedAt: at(seconds * 1000),
  status,
  value: seconds,
  mark,
});

test("an item was last heard with its last good value, however good; bad and marked ones do not count", () => {
  const recent = recentSamples(100);
  recent.push([sample(1, 0)]);
  assert.equal(recent.heardAt("Pieces"), at(1_000));
  recent.push([sample(2, 0x0096_0000), sample(3, 0x8031_0000), sample(4, 0x4090_0000), sample(5, 0, "marked")]);
  assert.equal(recent.heardAt("Pieces"), at(2_000), "overridden by hand is good");
});
