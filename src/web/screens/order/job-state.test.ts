/** A job that made what was asked is not called cancelled because its order was closed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { shownState } from "./job-state.ts";

const pieces = (value: string) => ({ value, uom: "C62" });
const job = (good: string) => ({ state: "cancelled" as const, good: pieces(good), quantity: pieces("12") });

test("what was made of a done order is completed; what was not, and of a cancelled order, is cancelled", () => {
  assert.equal(shownState({ progress: "done" }, job("12")), "completed");
  assert.equal(shownState({ progress: "done" }, job("12.5")), "completed");
  assert.equal(shownState({ progress: "done" }, job("11")), "cancelled");
  assert.equal(shownState({ progress: "cancelled" }, job("12")), "cancelled");
  assert.equal(shownState({ progress: "done" }, { ...job("12"), state: "running" as const }), "running");
});
