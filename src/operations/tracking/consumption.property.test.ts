/** Use by bill: however pieces are counted and taken back, what was used is the bill's exact total, rounded once. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { whole } from "../../base/quantity.ts";
import { forAll } from "../../base/testing/chance.ts";
import { countedQuantity, type Fact } from "../../record/fact.ts";
import { at, correctionOf, factOf, requirementOf, segmentOf, units } from "../testing/order.ts";
import { billRequirement, consumedByBill } from "./consumption.ts";

interface Bill {
  readonly ordered: number;
  readonly required: bigint;
  readonly fixed: bigint | null;
  readonly scrapPpm: number;
}

const bills: fc.Arbitrary<Bill> = fc
  .record({
    ordered: fc.integer({ min: 1, max: 100_000 }),
    required: fc.bigInt({ min: 0n, max: 10n ** 13n }),
    part: fc.option(fc.nat(100), { nil: null }),
    scrapPpm: fc.nat(1_000_000),
  })
  .map(({ part, ...bill }) => ({ ...bill, fixed: part === null ? null : (bill.required * BigInt(part)) / 100n }));

const counts = fc.array(fc.record({ pieces: fc.integer({ min: 1, max: 500 }), isTakenBack: fc.boolean() }), {
  maxLength: 40,
  size: "max",
});

/** The rule of docs/spec/consumption.md as one fraction, rounded half up to thousandths; written out anew. */
function exactTotal({ ordered, required, fixed, scrapPpm }: Bill, good: number): bigint {
  if (good <= 0) return 0n;
  const once = fixed ?? 0n;
  const numerator =
    once * BigInt(ordered) * 1_000_000n + (required - once) * BigInt(good) * BigInt(1_000_000 + scrapPpm);
  const perThousandth = BigInt(ordered) * 1_000_000n * 1_000n;
  return ((2n * numerator + perThousandth) / (2n * perThousandth)) * 1_000n;
}

type Consume = typeof consumedByBill;

function usedAfter(
  bill: Bill,
  moves: readonly { pieces: number; isTakenBack: boolean }[],
  consume: Consume,
): { used: bigint; good: number; facts: Fact[] } {
  const quantity = { micro: bill.required, uom: "MTR" };
  const fixed = bill.fixed === null ? null : { micro: bill.fixed, uom: "MTR" };
  const materials = [
    requirementOf({ id: "B1", mode: "bill", quantity, fixed, scrapPpm: bill.scrapPpm }),
    requirementOf({ id: "M1" }),
  ];
  const segment = segmentOf({ quantity: whole(bill.ordered, "C62"), materials });
  const facts: Fact[] = [];
  let good = 0;
  const say = (fact: Fact, by: number): void => {
    const before = whole(good, "C62").micro;
    good += by;
    facts.push(...consume(segment, fact, { before, after: whole(good, "C62").micro }));
  };
  for (const [n, { pieces, isTakenBack }] of moves.entries()) {
    const fact = factOf(n, at(n), units("good", whole(pieces, "C62")));
    say(fact, pieces);
    if (isTakenBack) say(correctionOf(fact), -pieces);
  }
  return { used: facts.reduce((sum, f) => sum + (countedQuantity(f.body)?.micro ?? 0n), 0n), good, facts };
}

test("the facts add up to the bill's total for what is good, to the thousandth", () => {
  forAll(
    fc.property(bills, counts, (bill, moves) => {
      const { used, good, facts } = usedAfter(bill, moves, consumedByBill);
      assert.equal(used, exactTotal(bill, good));
      assert.equal(new Set(facts.map((f) => f.id)).size, facts.length, "every fact has an id of its own");
      for (const fact of facts) {
        assert.equal(billRequirement(fact), "B1", "only lines by bill");
        assert.equal((countedQuantity(fact.body)?.micro ?? 1n) % 1_000n, 0n);
      }
    }),
    { numRuns: 1000 },
  );
});

describe("it is noticed when", () => {
  const tries = fc.sample(fc.tuple(bills, counts), { numRuns: 200, seed: 11 });
  const isCaught = (consume: Consume): boolean =>
    tries.some(([bill, moves]) => {
      const { used, good } = usedAfter(bill, moves, consume);
      return used !== exactTotal(bill, good);
    });

  test("each count is rounded for itself", () =>
    assert.ok(
      isCaught((segment, fact, { before, after }) =>
        after < before ? [] : consumedByBill(segment, fact, { before: 0n, after: after - before }),
      ),
    ));
  test("a correction takes nothing back", () =>
    assert.ok(
      isCaught((segment, fact, good) => (good.after < good.before ? [] : consumedByBill(segment, fact, good))),
    ));
  test("nothing is wrong: then nothing is noticed", () => assert.equal(isCaught(consumedByBill), false));
});
