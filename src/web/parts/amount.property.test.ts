/** Amounts on the screen: sums are exact and what was written comes back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { forAll } from "../../base/testing/chance.ts";
import { decimal, micro, percentOf, sum, typedAmount } from "./amount.ts";

test("millionths and decimal text are the same amount", () => {
  forAll(fc.property(fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }), (n) => assert.equal(micro(decimal(n)), n)));
});

test("a sum is exact where a float is not", () => {
  assert.equal(sum(["0.1", "0.2"]), "0.3");
  assert.equal(sum(["9007199254740993", "0.000001"]), "9007199254740993.000001");
  assert.equal(sum([]), "0");
  assert.equal(sum(["1.50", "-2"]), "-0.5");
});

test("what is typed is an amount, and pieces are digits alone: behind a sign may stand thousands", () => {
  const read = (uom: string): readonly (string | null)[] =>
    [" 1234 ", "1.5", "1,5", "1,234", "1.234", "1.234,5", "1.0000001", "-1", ""].map((text) => typedAmount(text, uom));
  assert.deepEqual(read("KGM"), ["1234", "1.5", "1.5", "1.234", "1.234", null, null, null, null]);
  for (const uom of ["C62", "H87", "EA"]) assert.deepEqual(read(uom), ["1234", ...Array<null>(8).fill(null)], uom);
});

test("a bar is between empty and full", () => {
  assert.equal(percentOf("5", "0"), 0);
  assert.equal(percentOf("-1", "10"), 0);
  assert.equal(percentOf("25", "10"), 100);
  assert.equal(percentOf("1", "3"), 33.3);
});
