import assert from "node:assert/strict";
import { test } from "node:test";
import { historyItems } from "./item-pattern.ts";

test("an item has history whatever signs the name has that a placeholder stands for", () => {
  const hasHistory = historyItems([
    { path: "Use/{material}/Total", history: true },
    { path: "Use/{material}/Unit", history: false },
  ]);
  const items = [
    "Use/PA6/Total",
    "Use/PA6&/66 GF30/Total",
    "Use/R&&D/Total",
    "Use/PA6&/66 GF30/Unit",
    "Use/PA6/66/Total",
  ];
  assert.deepEqual(items.map(hasHistory), [true, true, true, false, false]);
});
