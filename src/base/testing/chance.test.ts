import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { forAll, withChance } from "./chance.ts";

function tried(values: fc.Parameters<[number]> = {}): number[] {
  const all: number[] = [];
  forAll(
    fc.property(fc.integer(), (value) => {
      all.push(value);
    }),
    values,
  );
  return all;
}

test("a property is tried with the same values each time, unless it names its own", () => {
  assert.deepEqual(tried(), tried());
  assert.notDeepEqual(tried({ seed: 7 }), tried());
});

test("where somebody looks further other values are tried, as many times as many", () => {
  assert.deepEqual(withChance({ numRuns: 60, interruptAfterTimeLimit: 1_000 }, "30"), {
    numRuns: 1_800,
    interruptAfterTimeLimit: 30_000,
  });
  assert.deepEqual(withChance({}, "0.5"), { numRuns: 50 });
  assert.throws(() => withChance({}, "many"), /MILLRACE_CHANCE is "many"/);
});

test("a property that does not hold fails", () => {
  assert.throws(() => forAll(fc.property(fc.integer(), (value) => value < 1_000)), /Counterexample/);
});
