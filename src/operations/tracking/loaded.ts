/**
 * Material that is loaded at a work unit: which lot a count has used, and the names by which facts say so.
 *
 * The rule: **what was loaded first is used first**; what is not covered by anything loaded has no known origin.
 */
import type { Quantity } from "../../base/quantity.ts";
import type { BillUse, LoadNeed } from "../../record/statement.ts";
import type { Load } from "../reporting/unit-state.ts";

export interface DrawnPiece {
  readonly rule: string;
  readonly material: string;
  readonly lot: string | null;
  readonly quantity: Quantity;
}

export interface Drawn {
  readonly loads: readonly Load[];
  readonly pieces: readonly DrawnPiece[];
}

/** Draws what a count has used from what is loaded, in the order of `loads`. The pieces add up to the uses exactly. */
export function drawLoaded(loads: readonly Load[], uses: readonly BillUse[]): Drawn {
  const left = [...loads];
  const pieces: DrawnPiece[] = [];
  for (const use of uses) {
    const { requirement, material, lot, quantity } = use;
    const own = `bill:${requirement}`;
    let rest = quantity.micro;
    for (const [at, load] of left.entries()) {
      if (rest <= 0n) break;
      if (!isFor(load, use) || (load.left && load.left.uom !== quantity.uom)) continue;
      const taken = load.left === null || load.left.micro >= rest ? rest : load.left.micro;
      if (taken <= 0n) continue;
      const rule = `${own}|${load.left === null ? "open" : "load"}:${load.id}`;
      pieces.push({
        rule,
        material: load.material,
        lot: load.lot,
        quantity: { micro: taken, uom: quantity.uom },
      });
      if (load.left) left[at] = { ...load, left: { ...load.left, micro: load.left.micro - taken } };
      rest -= taken;
    }
    if (rest === 0n) continue;
    const isShort = rest > 0n && (use.isLoadKept || loads.some((load) => isFor(load, use)));
    pieces.push({
      rule: isShort ? `${own}|short` : own,
      material,
      lot,
      quantity: { micro: rest, uom: quantity.uom },
    });
  }
  return { loads: left, pieces };
}

/** The same material and the lot that the line names, or what a person has let stand in for the line. */
export function isFor(load: Load, need: LoadNeed): boolean {
  if (load.isSubstitute) return load.requirement === need.requirement;
  return load.material === need.material && (need.lot === null || need.lot === load.lot);
}

/** How a fact about loaded material names its load. */
export function loadRule(name: string, load: string): string {
  return `${name}|load:${load}`;
}

/** The load whose books a fact moves; null when it moves none. */
export function loadIn(rule: string): string | null {
  return /\|load:([0-9a-ft]{32})$/.exec(rule)?.[1] ?? null;
}

/** Used, but nothing that was loaded covers it. */
export function isShort(rule: string): boolean {
  return rule.endsWith("|short");
}
