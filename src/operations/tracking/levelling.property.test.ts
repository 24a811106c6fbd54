/** What is moved between runs and days brings none below zero while there is enough, and changes no sum. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { instant, type LocalDate } from "../../base/instant.ts";
import { forAll } from "../../base/testing/chance.ts";
import { levelled, useByDay, type HeldUse } from "./levelling.ts";

const dayMs = 86_400_000;
/** Days of UTC. */
const dateOf = (at: number): LocalDate => new Date(at).toISOString().slice(0, 10) as LocalDate;

const uses = fc.array(
  fc.record({
    run: fc.constantFrom("r1", "r2", "r3"),
    rule: fc.constantFrom("bill:A", "bill:B"),
    material: fc.constant("W-1"),
    lot: fc.constantFrom(null, "L1"),
    uom: fc.constant("MTR"),
    micro: fc.bigInt(-20n, 20n),
    lastAt: fc.nat(3 * dayMs).map(instant),
  }),
  { maxLength: 12 },
);

function sumOf(held: readonly HeldUse[], rule: string): bigint {
  return held.filter((use) => use.rule === rule).reduce((sum, use) => sum + use.micro, 0n);
}

test("the sum of each order line stays; nothing is below zero where the line holds enough", () => {
  forAll(
    fc.property(uses, (stated) => {
      const held = useByDay(stated, dateOf);
      const moved = levelled(held);
      assert.ok(moved.every(({ micro }) => micro !== 0n));
      const after = held.map((use) => ({ ...use, micro: use.micro + (moved.find((m) => m.of === use)?.micro ?? 0n) }));
      for (const rule of ["bill:A", "bill:B"]) {
        assert.equal(sumOf(after, rule), sumOf(stated, rule));
        const own = after.filter((use) => use.rule === rule);
        if (sumOf(stated, rule) >= 0n) assert.ok(own.every((use) => use.micro >= 0n));
        // Never more below zero than before, and nobody gives more than they have.
        for (const [i, use] of after.entries()) assert.ok(use.micro >= (held[i]?.micro ?? 0n) || use.micro >= 0n);
      }
      assert.deepEqual(levelled(useByDay(after, dateOf)).length, levelled(after).length);
    }),
  );
});

test("the same lot gives first, then the newest; a day of one run is a place of its own", () => {
  const use = (run: string, lot: string | null, micro: bigint, at: number): HeldUse => ({
    run,
    rule: "bill:A",
    material: "W-1",
    lot,
    uom: "MTR",
    micro,
    lastAt: instant(at),
  });
  const held = [
    use("r1", "L1", 5n, 0),
    use("r1", "L1", -6n, 1),
    use("r1", "L2", 4n, dayMs),
    use("r2", "L1", 1n, 2 * dayMs),
    use("r3", "L2", 9n, 2 * dayMs + 1),
    use("r1", "L1", -3n, dayMs + 2),
  ];
  const moved = levelled(useByDay(held, dateOf)).map(
    ({ of, micro }) => `${of.run} ${of.lot} ${dateOf(of.lastAt)} ${micro}`,
  );
  assert.deepEqual(moved, ["r2 L1 1970-01-03 -1", "r1 L1 1970-01-01 1", "r3 L2 1970-01-03 -3", "r1 L1 1970-01-02 3"]);
});
