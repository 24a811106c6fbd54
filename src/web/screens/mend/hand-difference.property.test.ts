import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { forAll } from "../../../base/testing/chance.ts";
import type { HandAmount } from "../../../api/contract/hand.ts";
import { decimal, micro } from "../../parts/amount.ts";
import { differencesOf } from "./hand-difference.ts";

const pieces = (value: string, what: HandAmount["what"] = "good"): HandAmount => ({
  what,
  material: null,
  lot: null,
  amount: { value, uom: "C62" },
});
const wire = (value: string, uom: string, lot: string | null = null): HandAmount => ({
  what: "used",
  material: "WIRE",
  lot,
  amount: { value, uom },
});

test("a hundred were keyed, and a hundred and two hundred were chosen", () => {
  assert.deepEqual(differencesOf([pieces("100")], [pieces("100"), pieces("200")]), [
    { is: "more", said: pieces("200") },
  ]);
  assert.deepEqual(differencesOf([pieces("100")], []), [{ is: "less", said: pieces("100") }]);
});

test("other pieces are no good ones, another unit is no sum, and a lot is no other material", () => {
  assert.deepEqual(differencesOf([pieces("3")], [pieces("3", "scrap")]), [
    { is: "less", said: pieces("3") },
    { is: "more", said: pieces("3", "scrap") },
  ]);
  assert.deepEqual(differencesOf([wire("1", "KGM")], [wire("4.5", "MTR")]), [
    { is: "less", said: wire("1", "KGM") },
    { is: "more", said: wire("4.5", "MTR") },
  ]);
  assert.deepEqual(differencesOf([wire("3", "MTR")], [wire("1", "MTR", "A"), wire("2.000000", "MTR", "B")]), []);
});

const amounts = fc.array(
  fc
    .tuple(fc.constantFrom("good", "scrap", "used"), fc.bigInt({ min: 0n, max: 10n ** 12n }))
    .map(([what, sum]) => (what === "used" ? wire(decimal(sum), "MTR") : pieces(decimal(sum), what as "good"))),
  { maxLength: 6 },
);

test("the difference is what the sums differ by, and turned round it is the other way", () => {
  forAll(
    fc.property(amounts, amounts, (document, chosen) => {
      const total = (all: readonly HandAmount[]): bigint =>
        all.reduce((sum, { amount }) => sum + micro(amount.value), 0n);
      const found = differencesOf(document, chosen);
      const signed = found.reduce(
        (sum, { is, said }) => sum + (is === "more" ? 1n : -1n) * micro(said.amount.value),
        0n,
      );
      assert.equal(signed, total(chosen) - total(document));
      const turned = { more: "less", less: "more" } as const;
      const back = differencesOf(chosen, document).map(({ is, said }) => ({ is: turned[is], said }));
      const key = (one: unknown): string => JSON.stringify(one);
      assert.deepEqual(back.map(key).toSorted(), found.map(key).toSorted());
      assert.deepEqual(differencesOf(document, document), []);
    }),
  );
});
