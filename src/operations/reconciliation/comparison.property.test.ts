/** For any books, however wrong: the parts of every line sum to its difference, and none of them is empty. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { instant } from "../../base/instant.ts";
import { forAll } from "../../base/testing/chance.ts";
import { postingStates } from "../../record/posting.ts";
import { differenceClasses, noDifferences } from "../../record/reconciliation.ts";
import { at } from "../testing/order.ts";
import { booksOf, type FoundDocument, type KeptPosting, type StatedSum } from "./books.ts";
import { compareBooks, type OrderComparison } from "./comparison.ts";
import { found, good, issueOf, limits, posting, request, responseOf, used } from "./testing/books.ts";

const micro = fc.bigInt({ min: -3_000_000n, max: 3_000_000n });
const key = fc.constantFrom("A", "B", "C");
const lot = fc.constantFrom(null, "L1", "L2");
const isIssue = fc.boolean();

const responseArb = (issue: boolean): fc.Arbitrary<ReturnType<typeof responseOf>> =>
  issue
    ? fc
        .tuple(micro, lot, micro, lot)
        .map(([a, la, b, lb]) =>
          responseOf({ micro: 0n, uom: "C62" }, [
            ...issueOf({ micro: a, uom: "MMT" }, la).segment.materials,
            ...issueOf({ micro: b, uom: "MMT" }, lb).segment.materials,
          ]),
        )
    : micro.map((amount) => responseOf({ micro: amount, uom: "C62" }));

const stated: fc.Arbitrary<StatedSum> = fc
  .record({
    issue: isIssue,
    amount: micro,
    key: fc.option(fc.constantFrom("A", "B", "C", "gone")),
    lot,
    hour: fc.nat(400),
  })
  .map(({ issue, amount, key: of, lot: inLot, hour }) =>
    issue
      ? used({ micro: amount, uom: "MMT" }, of, { lot: inLot, firstAt: at(hour * 3_600_000) })
      : good(0, of, { quantity: { micro: amount, uom: "C62" }, firstAt: at(hour * 3_600_000) }),
  );

const kept: fc.Arbitrary<readonly KeptPosting[]> = fc.uniqueArray(key, { maxLength: 3 }).chain((keys) =>
  fc.tuple(
    ...keys.map((one) =>
      isIssue.chain((issue) =>
        fc
          .record({
            response: responseArb(issue),
            state: fc.constantFrom(...postingStates),
            speaks: fc.boolean(),
            hand: fc.boolean(),
          })
          .map(({ response, state, speaks, hand }) =>
            posting(one, response, {
              kind: issue ? "goods-issue" : "confirmation",
              state,
              speaks,
              standsBackFor: hand ? "900/1" : null,
            }),
          ),
      ),
    ),
  ),
);

const inErp: fc.Arbitrary<readonly FoundDocument[]> = fc.array(
  isIssue.chain((issue) =>
    fc
      .record({
        of: fc.option(fc.constantFrom("A", "B", "C", "strange", "gone")),
        response: responseArb(issue),
        reversed: fc.boolean(),
      })
      .map(({ of, response, reversed }) =>
        found(of, response, { kind: issue ? "goods-issue" : "confirmation", reversed }),
      ),
  ),
  { maxLength: 6 },
);

function holds({ lines }: OrderComparison): void {
  const counts = noDifferences();
  for (const { difference, counted, erp, parts } of lines) {
    assert.equal(difference, counted - erp);
    assert.equal(
      parts.reduce((sum, part) => sum + part.micro, 0n),
      difference,
    );
    assert.ok(parts.every((part) => part.micro !== 0n && differenceClasses.includes(part.class)));
    for (const part of parts) counts[part.class] += 1;
  }
  assert.equal(
    Object.values(counts).reduce((sum, count) => sum + count, 0),
    lines.reduce((sum, { parts }) => sum + parts.length, 0),
  );
}

test("the classes of every line sum to its difference, for any books", () => {
  forAll(
    fc.property(fc.array(stated, { maxLength: 8 }), kept, inErp, fc.nat(500), (facts, postings, documents, hour) => {
      const books = booksOf({ request, receipt: true }, { stated: facts, packed: [], postings, ledger: [] }, documents);
      holds(compareBooks(books, limits, instant(at(hour * 3_600_000))));
      // Nothing is lost on the way into the books either.
      const total = (amounts: readonly { readonly micro: bigint }[]): bigint =>
        amounts.reduce((sum, a) => sum + a.micro, 0n);
      assert.equal(total(books.stated), total(facts.map(({ quantity }) => quantity)));
    }),
    { numRuns: 500 },
  );
});
