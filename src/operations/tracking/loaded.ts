/**
 * Material that is loaded at a work unit: which lot a count has used, and the names by which facts say so.
 *
 * The rule: **what was loaded first is used first**; what is not covered by anything loaded has no known origin. What a
 * take-back leaves less than nothing goes back to what is drawn from at that time.
 */
import type { Quantity } from "../../base/quantity.ts";
import { assert } from "../../base/result.ts";
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

/**
 * Draws what a count has used from what is loaded, in the order of `loads`; what is less than nothing goes back there. The
 * pieces add up to the uses exactly.
 */
export function drawLoaded(loads: readonly Load[], uses: readonly BillUse[]): Drawn {
  const left = [...loads];
  const pieces = uses.flatMap((use) => (use.quantity.micro < 0n ? [giveBack(left, use)] : draw(left, use)));
  return { loads: left, pieces };
}

function draw(left: Load[], use: BillUse): readonly DrawnPiece[] {
  const { requirement, material, lot, quantity } = use;
  const pieces: DrawnPiece[] = [];
  const isLoadKept = use.isLoadKept || left.some((load) => isFor(load, use));
  let rest = quantity.micro;
  for (const [at, load] of left.entries()) {
    if (rest <= 0n) break;
    if (!canSupply(load, use)) continue;
    const taken = load.left === null || load.left.micro >= rest ? rest : load.left.micro;
    if (taken <= 0n) continue;
    pieces.push(move(left, at, use, taken));
    rest -= taken;
  }
  if (rest === 0n) return pieces;
  const rule = isLoadKept ? `bill:${requirement}|short` : `bill:${requirement}`;
  return [...pieces, { rule, material, lot, quantity: { micro: rest, uom: quantity.uom } }];
}

/** What was used last was drawn from the oldest load that is not empty; when all are, from the newest. */
function giveBack(left: Load[], use: BillUse): DrawnPiece {
  const { requirement, material, lot, quantity } = use;
  const drawn = left.findIndex((load) => canSupply(load, use) && (load.left === null || load.left.micro > 0n));
  const at = drawn < 0 ? left.findLastIndex((load) => canSupply(load, use)) : drawn;
  return at < 0 ? { rule: `bill:${requirement}`, material, lot, quantity } : move(left, at, use, quantity.micro);
}

function canSupply(load: Load, use: BillUse): boolean {
  return isLoadedFor(load, { ...use, uom: use.quantity.uom });
}

/** Takes an amount from the load at a place of the list; one below zero goes back. */
function move(left: Load[], at: number, { requirement, quantity: { uom } }: BillUse, micro: bigint): DrawnPiece {
  const load = left[at];
  assert(load, "it stands in the list");
  if (load.left) left[at] = { ...load, left: { ...load.left, micro: load.left.micro - micro } };
  const rule = `bill:${requirement}|${load.left === null ? "open" : "load"}:${load.id}`;
  return { rule, material: load.material, lot: load.lot, quantity: { micro, uom } };
}

/** The same material and the lot that the line names, or what a person has let stand in for the line of this operation. */
export function isFor(load: Load, need: LoadNeed): boolean {
  if (load.isSubstitute) return load.requirement === need.requirement && isSameOperation(load, need);
  return load.material === need.material && (need.lot === null || need.lot === load.lot);
}

/** Whether counts can draw from it. What is kept in another unit than the line's is taken away and loaded anew first. */
export function isLoadedFor(load: Load, need: LoadNeed): boolean {
  return isFor(load, need) && (load.left === null || need.uom === undefined || load.left.uom === need.uom);
}

/** What was said before operations were kept is told apart by the line alone, as it was then. */
function isSameOperation({ operation: a }: Load, { operation: b }: LoadNeed): boolean {
  return !a || !b || (a.request === b.request && a.segment === b.segment);
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
