import assert from "node:assert/strict";
import { test } from "node:test";
import { instant } from "../base/instant.ts";
import { rateMeter } from "./feed-status.ts";

test("a rate is told to a tenth, also of a machine that says something every few seconds", () => {
  let ms = 0;
  const meter = rateMeter({ now: () => instant(ms), monotonicMs: () => ms, sleep: () => Promise.resolve() });
  meter.count(1);
  assert.equal(meter.perSecond(), 0, "the first window is not over");
  ms = 7_000;
  assert.equal(meter.perSecond(), 0.1, "one in seven seconds");
  meter.count(2);
  ms = 12_000;
  assert.equal(meter.perSecond(), 0.4);
  ms = 17_000;
  assert.equal(meter.perSecond(), 0, "silent");
});
