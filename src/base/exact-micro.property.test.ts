/** However an amount is cut before it is converted, the sum of the parts is the converted whole. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { forAll } from "./testing/chance.ts";
import { addExact, exactOf, negateExact, noPart, type ExactMicro } from "./exact-micro.ts";
import { convert, type Quantity } from "./quantity.ts";
import { unwrap } from "./result.ts";

const factors = [{ from: "KGM", to: "C62", numerator: 7n, denominator: 3n }];
const nothing: ExactMicro = { micro: 0n, ...noPart };
const inDozens = (quantity: Quantity): ExactMicro => exactOf(unwrap(convert(quantity, "DZN")));
const inPieces = (quantity: Quantity): ExactMicro => exactOf(unwrap(convert(quantity, "C62", factors)));
const amounts = fc.array(fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }), { maxLength: 30 });

test("a sum of converted parts is the converted sum, and what is taken back leaves nothing", () => {
  forAll(
    fc.property(
      amounts,
      fc.constantFrom(["C62", inDozens] as const, ["KGM", inPieces] as const),
      (parts, [uom, of]) => {
        const exact = parts.map((micro) => of({ micro, uom }));
        const sum = exact.reduce(addExact, nothing);
        const whole = of({ micro: parts.reduce((a, b) => a + b, 0n), uom });
        assert.deepEqual(sum, whole);
        assert.deepEqual(exact.map(negateExact).reduce(addExact, sum), nothing);
        assert.ok(sum.numerator >= 0n && sum.numerator < sum.denominator);
      },
    ),
  );
});
