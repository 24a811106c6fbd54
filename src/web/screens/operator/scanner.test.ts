/** Bursts of keys: what a scanner types is one scan, what a person types stays theirs. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Burst } from "./scanner.ts";

interface Typing {
  readonly ctrl?: readonly string[];
  readonly isPadOpen?: boolean;
  /** Before the key of this number there is a pause of 300 ms. */
  readonly pauseAt?: number;
}

function typed(keys: readonly string[], gapMs: number, { ctrl = [], isPadOpen, pauseAt = 99 }: Typing = {}): string[] {
  const burst = new Burst();
  return keys.map((key, n) => {
    const atMs = n * gapMs + (n >= pauseAt ? 300 : 0);
    const heard = burst.press({ key, atMs, ctrlKey: ctrl.includes(key), isHeld: false }, isPadOpen);
    return heard.is === "scan" ? `scan ${heard.text}` : heard.is;
  });
}

const keysOf = (text: string): string[] => text.split("");

test("a fast text that ends with Enter is a scan", () => {
  assert.equal(typed([...keysOf("LOT:A 4711"), "Enter"], 15).at(-1), "scan LOT:A 4711");
  assert.equal(typed(["Shift", "L", "Shift", "O", "T", "7", "Enter"], 15).at(-1), "scan LOT7");
});

test("while a number pad is open digits are its own, however quick", () => {
  for (const gapMs of [0, 15, 60, 85, 130, 300]) {
    assert.deepEqual(typed(keysOf("1000"), gapMs, { isPadOpen: true }), Array(4).fill("other"), `${gapMs} ms`);
    assert.deepEqual(typed(keysOf("12.505"), gapMs, { isPadOpen: true }), Array(6).fill("other"), `${gapMs} ms`);
  }
});

test("a code of digits alone books no amount: its Enter is swallowed, a person's is not", () => {
  assert.deepEqual(typed([...keysOf("40123456"), "Enter"], 15, { isPadOpen: true }).at(-1), "part");
  assert.deepEqual(typed([...keysOf("40123456"), "Enter"], 15, { isPadOpen: true, pauseAt: 4 }).at(-1), "part");
  assert.deepEqual(typed([...keysOf("12345"), "Enter"], 180, { isPadOpen: true }).at(-1), "other");
  assert.deepEqual(typed(["1", "2", "Enter"], 60, { isPadOpen: true }).at(-1), "other");
});

test("what no amount can be is a scan, also while a number pad is open", () => {
  assert.equal(typed([...keysOf("4711-A"), "Enter"], 15, { isPadOpen: true }).at(-1), "scan 4711-A");
  assert.equal(typed([...keysOf("4012345678901"), "Enter"], 15, { isPadOpen: true }).at(-1), "scan 4012345678901");
});

test("a busy tablet holds keys back: the code keeps its head", () => {
  for (let n = 1; n <= 8; n++) {
    assert.equal(typed([...keysOf("SLEEVE-6"), "Enter"], 15, { pauseAt: n }).at(-1), "scan SLEEVE-6", `at ${n}`);
  }
});

test("a blank within a burst does not press what is in focus", () => {
  assert.deepEqual(typed(["A", " "], 15), ["other", "part"]);
  assert.deepEqual(typed([" ", " "], 15), ["other", "other"], "a person's own");
});

test("a key that is held down is no scanner", () => {
  const burst = new Burst();
  for (let n = 0; n < 9; n++) burst.press({ key: "1", atMs: n * 30, ctrlKey: false, isHeld: n > 0 });
  assert.equal(burst.press({ key: "Enter", atMs: 300, ctrlKey: false, isHeld: false }).is, "other");
});

test("the separator of GS1 labels, typed as Ctrl and ], is part of the text", () => {
  assert.equal(
    typed([...keysOf("10ABC"), "]", ...keysOf("21X"), "Enter"], 10, { ctrl: ["]"] }).at(-1),
    "scan 10ABC\u001d21X",
  );
});

test("Enter alone, and another key in between, are no scan", () => {
  assert.deepEqual(typed(["Enter"], 15), ["other"]);
  assert.equal(typed([...keysOf("ABCD"), "ArrowLeft", "Enter"], 15).at(-1), "other");
});
