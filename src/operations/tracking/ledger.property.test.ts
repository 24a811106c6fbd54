/** The ledger's movements: nothing appears, nothing vanishes, nothing real goes below zero. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { whole } from "../../base/quantity.ts";
import { forAll } from "../../base/testing/chance.ts";
import type { StorageLocation } from "../../isa95/resource/material.ts";
import type { Fact, FactBody } from "../../record/fact.ts";
import { mayBeNegative, type Movement } from "../../record/movement.ts";
import { at, consumed, correctionOf, factOf, here, units } from "../testing/order.ts";
import { drawShortage, movementsOf, type MaterialPlaces } from "./ledger.ts";

const ours: StorageLocation = { plant: "PL01", location: "OURS" };
const places: MaterialPlaces = {
  sourceOf: (material) => (material === "W-1" ? ours : material === "W-2" ? here : null),
  productTo: ours,
  product: "P-1",
  isOurs: (place) => place.location === "OURS",
  isUse: () => true,
};

const bodies: fc.Arbitrary<FactBody> = fc.oneof(
  fc
    .record({ grade: fc.constantFrom("good" as const, "scrap" as const, "rework" as const), n: fc.nat(50) })
    .map(({ grade, n }) => units(grade, whole(n, "C62"))),
  fc
    .record({ m: fc.constantFrom("W-1", "W-2", "P-1", "W-9"), n: fc.integer({ min: -20, max: 50 }) })
    .map(({ m, n }) => consumed(m, whole(n, "C62"))),
  fc
    .record({ m: fc.constantFrom("W-1", "W-2"), n: fc.nat(20) })
    .map(({ m, n }): FactBody => ({ kind: "MaterialReturned", material: m, lot: null, quantity: whole(n, "C62") })),
  fc.constant<FactBody>({ kind: "JobHeld" }),
);
const moves = fc.array(fc.record({ body: bodies, isTakenBack: fc.boolean() }), { maxLength: 40, size: "max" });

interface Books {
  readonly movements: readonly Movement[];
  readonly balances: ReadonlyMap<string, bigint>;
}

/** Books facts one after the other, as the flow does: real accounts cover what they can. */
function book(facts: readonly Fact[], cover = drawShortage, at = places): Books {
  const balances = new Map<string, bigint>();
  const movements: Movement[] = [];
  const key = (account: string, m: Movement): string => `${account}|${m.material}|${m.lot ?? ""}|${m.quantity.uom}`;
  const known = new Set<string>();
  for (const fact of facts) {
    for (const wanted of movementsOf(fact, at, movements)) {
      const parts = mayBeNegative(wanted.from) ? [wanted] : cover(wanted, balances.get(key(wanted.from, wanted)) ?? 0n);
      for (const part of parts) {
        if (known.has(part.id)) continue;
        known.add(part.id);
        movements.push(part);
        balances.set(key(part.from, part), (balances.get(key(part.from, part)) ?? 0n) - part.quantity.micro);
        balances.set(key(part.to, part), (balances.get(key(part.to, part)) ?? 0n) + part.quantity.micro);
      }
    }
  }
  return { movements, balances };
}

function factsOf(rows: readonly { body: FactBody; isTakenBack: boolean }[]): Fact[] {
  const facts = rows.map(({ body }, n) => factOf(n, at(n), body));
  // Taken back later, the newest first.
  const back = facts.filter((_, n) => rows[n]?.isTakenBack).toReversed();
  return [...facts, ...back.map(correctionOf)];
}

const sum = (values: Iterable<bigint>): bigint => [...values].reduce((a, b) => a + b, 0n);

test("nothing appears, nothing vanishes, nothing real goes below zero", () => {
  forAll(
    fc.property(moves, (rows) => {
      const { movements, balances } = book(factsOf(rows));
      assert.equal(sum(balances.values()), 0n);
      for (const [account, micro] of balances) assert.ok(micro >= 0n || account.startsWith("world:"), account);
      for (const movement of movements) {
        assert.ok(movement.quantity.micro > 0n, "an amount is more than nothing");
        assert.notEqual(movement.from, movement.to);
      }
      assert.equal(new Set(movements.map((m) => m.id)).size, movements.length);
      const corrected = movements.flatMap((m) => (m.corrects === null ? [] : [m.corrects]));
      assert.equal(new Set(corrected).size, corrected.length, "a movement is taken back once");
    }),
    { numRuns: 500 },
  );
});

test("the same fact moves the same: delivering everything twice changes nothing where only the world gives", () => {
  forAll(
    fc.property(moves, (rows) => {
      const facts = factsOf(rows);
      const world = { ...places, isOurs: () => false };
      assert.deepEqual(book([...facts, ...facts], drawShortage, world), book(facts, drawShortage, world));
    }),
  );
});

test("where the world gives, what was stated and taken back is nothing at all", () => {
  const world: MaterialPlaces = { ...places, isOurs: () => false };
  forAll(
    fc.property(moves, (rows) => {
      const facts = factsOf(rows.map(({ body }) => ({ body, isTakenBack: true })));
      const movements: Movement[] = [];
      for (const fact of facts) movements.push(...movementsOf(fact, world, movements));
      const net = new Map<string, bigint>();
      for (const m of movements) {
        for (const [account, by] of [
          [m.from, -m.quantity.micro],
          [m.to, m.quantity.micro],
        ] as const) {
          const key = `${account}|${m.material}`;
          net.set(key, (net.get(key) ?? 0n) + by);
        }
      }
      assert.ok([...net.values()].every((micro) => micro === 0n));
    }),
  );
});

test("what is merely counted moves nothing, and of what the bill says nothing is missing", () => {
  const byBill: MaterialPlaces = { ...places, isUse: ({ named }) => named !== null };
  forAll(
    fc.property(fc.array(fc.record({ isBill: fc.boolean(), n: fc.integer({ min: 1, max: 50 }) })), (rows) => {
      const facts = rows.map(({ isBill, n }, i) =>
        factOf(i, at(i), consumed("W-2", whole(n, "C62")), { rule: isBill ? "bill:R1" : "wire" }),
      );
      const moved = facts.flatMap((fact) => movementsOf(fact, byBill));
      assert.deepEqual(
        moved.map(({ fact, quantity }) => [fact, quantity.micro]),
        facts.flatMap(({ id, rule }, i) => (rule === "wire" ? [] : [[id, BigInt(rows[i]?.n ?? 0) * 1_000_000n]])),
      );
    }),
  );
});

describe("a shortage", () => {
  const [movement] = movementsOf(factOf(1, at(0), consumed("W-1", whole(10, "C62"))), places);
  assert.ok(movement);
  const parts = (available: number): [string, bigint][] =>
    drawShortage(movement, whole(available, "C62").micro).map((m) => [m.from, m.quantity.micro / 1_000_000n]);
  const stock = "stock:PL01/OURS/free";
  const unexplained = "world:unexplained@PL01/OURS/free";

  test("is drawn from what is unexplained, the rest from where it should be", () => {
    assert.deepEqual(parts(10), [[stock, 10n]]);
    assert.deepEqual(parts(11), [[stock, 10n]]);
    assert.deepEqual(parts(4), [
      [stock, 4n],
      [unexplained, 6n],
    ]);
    assert.deepEqual(parts(0), [[unexplained, 10n]]);
    assert.deepEqual(parts(-3), [[unexplained, 10n]]);
  });

  test("it is noticed when it is clamped, or not drawn", () => {
    const tries = fc.sample(moves, { numRuns: 80, seed: 2 });
    const isCaught = (cover: typeof drawShortage): boolean =>
      tries.some((rows) => {
        const { balances } = book(factsOf(rows), cover);
        const other = book(factsOf(rows)).balances;
        const used = (b: ReadonlyMap<string, bigint>): bigint =>
          sum([...b].flatMap(([k, v]) => (k.startsWith("world:production") ? [v] : [])));
        return used(balances) !== used(other) || [...balances].some(([k, v]) => v < 0n && !k.startsWith("world:"));
      });
    assert.ok(isCaught((m) => [m]));
    assert.ok(isCaught((m, available) => drawShortage(m, available).slice(0, 1)));
    assert.equal(isCaught(drawShortage), false);
  });
});
