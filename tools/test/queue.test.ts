import assert from "node:assert/strict";
import { test } from "node:test";
import type { Group } from "./group.ts";
import { nextFile, type QueuedFile } from "./queue.ts";

const usual = { patterns: [], timeoutMs: 1000, concurrency: 2, quick: true };
const unit: Group = { ...usual, name: "unit" };
const contract: Group = { ...usual, name: "contract" };
const line: Group = { ...usual, name: "line", concurrency: 1, beside: true };
const screens: Group = { ...usual, name: "screens", concurrency: 1, quiet: true };
const worlds: Group = { ...usual, name: "worlds", givesWay: true };

const one = (group: Group, file = "one"): QueuedFile => ({ group, file });

/** The names of those that begin, one after the other, while nothing ends. */
function begun(waiting: readonly QueuedFile[], running: readonly QueuedFile[] = []): string[] {
  const next = nextFile(waiting, running);
  if (next === undefined) return [];
  const rest = waiting.filter((other) => other !== next);
  return [`${next.group.name} ${next.file}`, ...begun(rest, [...running, next])];
}

test("two files run at a time, and of the next group too when the one before it comes to its end", () => {
  const waiting = [one(unit), one(contract), one(contract, "two")];
  assert.deepEqual(begun(waiting), ["unit one", "contract one"]);
  assert.deepEqual(begun([one(unit, "two"), ...waiting]), ["unit two", "unit one"]);
});

test("what keeps a pace runs from the start beside all others, one at a time, and takes nobody's turn", () => {
  const waiting = [one(unit), one(unit, "two"), one(unit, "three"), one(line), one(line, "two")];
  assert.deepEqual(begun(waiting), ["unit one", "unit two", "line one"]);
  assert.deepEqual(begun([one(screens), one(line)]), ["screens one", "line one"]);
});

test("a browser's file runs with nothing but what gives way", () => {
  const waiting = [one(screens), one(screens, "two"), one(worlds), one(worlds, "two"), one(contract)];
  assert.deepEqual(begun(waiting, [one(unit)]), ["worlds one"], "not before the last of the others has ended");
  assert.deepEqual(begun(waiting, [one(worlds, "before")]), ["screens one"]);
  assert.deepEqual(begun(waiting, [one(screens, "before")]), ["worlds one"]);
  assert.deepEqual(begun([one(contract)], [one(screens)]), [], "nor is it joined by one of the others");
});

test("what gives way has both turns when no browser runs any more", () => {
  assert.deepEqual(begun([one(worlds), one(worlds, "two"), one(contract)]), ["worlds one", "worlds two"]);
});

test("when nothing runs there is always one that may begin", () => {
  for (const group of [unit, line, screens, worlds]) assert.equal(begun([one(group)]).length, 1, group.name);
});
