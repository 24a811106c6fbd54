/** Bursts of keys: what a scanner types is one scan, what a person types stays theirs. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Burst } from "./scanner.ts";

function typed(keys: readonly string[], gapMs: number, ctrl: readonly string[] = []): string[] {
  const burst = new Burst();
  return keys.map((key, n) => {
    const heard = burst.press({ key, atMs: n * gapMs, ctrlKey: ctrl.includes(key), isHeld: false });
    return heard.is === "scan" ? `scan ${heard.text}` : heard.is;
  });
}

const keysOf = (text: string): string[] => text.split("");

test("a fast text that ends with Enter is a scan", () => {
  assert.equal(typed([...keysOf("LOT:A 4711"), "Enter"], 15).at(-1), "scan LOT:A 4711");
  assert.equal(typed(["Shift", "L", "Shift", "O", "T", "7", "Enter"], 15).at(-1), "scan LOT7");
});

test("a person's digits are theirs, however quick, and so is their Enter", () => {
  assert.deepEqual(typed(["1", "2", "Enter"], 60), ["other", "other", "other"]);
  assert.deepEqual(typed([...keysOf("12345"), "Enter"], 180), Array(6).fill("other"));
});

test("a blank within a burst does not press what is in focus", () => {
  assert.deepEqual(typed(["A", " "], 15), ["other", "part"]);
});

test("a key that is held down is no scanner", () => {
  const burst = new Burst();
  for (let n = 0; n < 9; n++) burst.press({ key: "1", atMs: n * 30, ctrlKey: false, isHeld: n > 0 });
  assert.equal(burst.press({ key: "Enter", atMs: 300, ctrlKey: false, isHeld: false }).is, "other");
});

test("the separator of GS1 labels, typed as Ctrl and ], is part of the text", () => {
  assert.equal(typed([...keysOf("10ABC"), "]", ...keysOf("21X"), "Enter"], 10, ["]"]).at(-1), "scan 10ABC\u001d21X");
});

test("Enter alone, and another key in between, are no scan", () => {
  assert.deepEqual(typed(["Enter"], 15), ["other"]);
  assert.equal(typed([...keysOf("ABCD"), "ArrowLeft", "Enter"], 15).at(-1), "other");
});
