/** Which run that was taken back a new one stands in place of. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { instant } from "../../base/instant.ts";
import { replacedBy, type ForsakenRun } from "./inheritance.ts";

const run = (id: string, startedAt: number, lastEventAt: number): ForsakenRun => ({
  id,
  startedAt: instant(startedAt),
  lastEventAt: instant(lastEventAt),
});

test("a run that begins before the old one's last event stands in its place; a later one of the same job does not", () => {
  const old = run("a", 1000, 5000);
  assert.equal(replacedBy([old], instant(500)), old);
  assert.equal(replacedBy([old], instant(4000)), old);
  assert.equal(replacedBy([old], instant(5000)), old);
  assert.equal(replacedBy([old], instant(5001)), null);
  assert.equal(replacedBy([], instant(0)), null);
});

test("of several the nearest", () => {
  const both = [run("a", 1000, 9000), run("b", 6000, 9000)];
  assert.equal(replacedBy(both, instant(2000))?.id, "a");
  assert.equal(replacedBy(both, instant(5500))?.id, "b");
  assert.equal(replacedBy(both.toReversed(), instant(3500))?.id, "a", "the same one, whatever order they come in");
});
