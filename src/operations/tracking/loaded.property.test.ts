/** What is drawn from loads adds up to what was used; the oldest goes first; nothing is drawn twice. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { instant } from "../../base/instant.ts";
import { forAll } from "../../base/testing/chance.ts";
import type { BillUse } from "../../record/statement.ts";
import type { Load } from "../reporting/unit-state.ts";
import { drawLoaded, isFor } from "./loaded.ts";

const micro = fc.bigInt({ min: 0n, max: 50n });
const loads = fc
  .array(fc.record({ material: fc.constantFrom("A", "B"), left: fc.option(micro, { freq: 8 }) }), { maxLength: 6 })
  .map((all) =>
    all.map(({ material, left }, i): Load => ({
      id: String(i).padStart(32, "0"),
      requirement: `R-${material}`,
      material,
      lot: `L${i}`,
      handlingUnit: null,
      position: `p${i}`,
      left: left === null ? null : { micro: left, uom: "C62" },
      since: instant(i),
      isSubstitute: false,
      from: null,
    })),
  );
const uses = fc
  .array(
    fc.record({
      material: fc.constantFrom("A", "B"),
      micro: fc.bigInt({ min: -9n, max: 60n }).filter((n) => n !== 0n),
    }),
    { maxLength: 4 },
  )
  .map((all) =>
    all.map(({ material, micro: amount }): BillUse => ({
      requirement: `R-${material}`,
      material,
      lot: null,
      quantity: { micro: amount, uom: "C62" },
      isLoadKept: true,
    })),
  );

test("pieces add up to the uses, and loads lose exactly what was drawn from them", () => {
  forAll(
    fc.property(loads, uses, (before, wanted) => {
      const { loads: after, pieces } = drawLoaded(before, wanted);
      const sum = (all: readonly bigint[]): bigint => all.reduce((total, one) => total + one, 0n);
      for (const material of ["A", "B"]) {
        assert.equal(
          sum(pieces.filter((p) => p.material === material).map((p) => p.quantity.micro)),
          sum(wanted.filter((u) => u.material === material).map((u) => u.quantity.micro)),
        );
      }
      for (const [i, load] of before.entries()) {
        const drawn = sum(pieces.filter((p) => p.rule.endsWith(`load:${load.id}`)).map((p) => p.quantity.micro));
        if (load.left) assert.equal(load.left.micro - drawn, after[i]?.left?.micro);
        assert.ok((after[i]?.left?.micro ?? 0n) >= 0n);
      }
    }),
  );
});

test("a younger load is touched only when the older ones of its material are empty", () => {
  forAll(
    fc.property(loads, uses, (before, wanted) => {
      const { loads: after } = drawLoaded(before, wanted);
      for (const material of ["A", "B"]) {
        const own = before.flatMap((load, i) => (load.material === material ? [{ load, now: after[i] }] : []));
        const touched = own.findLastIndex(({ load, now }) => load.left?.micro !== now?.left?.micro);
        for (const { now } of own.slice(0, Math.max(0, touched))) assert.equal(now?.left?.micro, 0n);
      }
    }),
  );
});

test("what is less than nothing goes back to what is drawn from: the oldest that is not empty, else the newest", () => {
  const loadOf = (id: string, left: bigint | null): Load => ({
    id: id.padStart(32, "0"),
    requirement: "R-A",
    material: "A",
    lot: `L${id}`,
    handlingUnit: null,
    position: id,
    left: left === null ? null : { micro: left, uom: "C62" },
    since: instant(0),
    isSubstitute: false,
    from: null,
  });
  const use = { requirement: "R-A", material: "A", lot: null, isLoadKept: true };
  const given = (...all: readonly (bigint | null)[]): unknown => {
    const loads = all.map((left, i) => loadOf(String(i), left));
    const { loads: after, pieces } = drawLoaded(loads, [{ ...use, quantity: { micro: -2n, uom: "C62" } }]);
    return [...pieces.map((p) => `${p.lot} ${p.quantity.micro}`), after.map((load) => load.left?.micro ?? null)];
  };
  assert.deepEqual(given(0n, 5n, 9n), ["L1 -2", [0n, 7n, 9n]]);
  assert.deepEqual(given(0n, 0n), ["L1 -2", [0n, 2n]]);
  assert.deepEqual(given(0n, null), ["L1 -2", [0n, null]]);
  assert.deepEqual(given(), ["null -2", []]);
});

test("what stands in for a line stands in for no line of that name in another order or operation", () => {
  const operation = { request: "s4//1", segment: "0010" };
  const load: Load = {
    id: "1".padStart(32, "0"),
    requirement: "R1",
    operation,
    material: "STEEL-B",
    lot: "L1",
    handlingUnit: null,
    position: "p",
    left: null,
    since: instant(0),
    isSubstitute: true,
    from: null,
  };
  const need = { requirement: "R1", material: "STEEL", lot: null };
  assert.equal(isFor(load, { ...need, operation }), true);
  assert.equal(isFor(load, { ...need, operation: { ...operation, request: "s4//2" } }), false);
  assert.equal(isFor(load, { ...need, operation: { ...operation, segment: "0020" } }), false);
  assert.equal(isFor(load, need), true, "said before operations were kept");
});
