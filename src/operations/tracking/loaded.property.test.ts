/** What is drawn from loads adds up to what was used; the oldest goes first; nothing is drawn twice. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { instant } from "../../base/instant.ts";
import type { BillUse } from "../../record/statement.ts";
import type { Load } from "../reporting/unit-state.ts";
import { drawLoaded } from "./loaded.ts";

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
  .array(fc.record({ material: fc.constantFrom("A", "B"), micro: fc.bigInt({ min: 1n, max: 60n }) }), { maxLength: 4 })
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
  fc.assert(
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
  fc.assert(
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
