/**
 * What each line of an order has used and what was posted of it. A use stands at the line at which it is posted: where the bill
 * names one there, else line after line of its material (`issueLines`, `allocate`). Pure; for screens.
 */
import { convert, type Quantity } from "../../base/quantity.ts";
import type {
  MaterialRequirement,
  OperationsRequest,
  SegmentRequirement,
} from "../../isa95/schedule/operations-request.ts";
import { allocate } from "../../operations/execution/allocation.ts";
import { issueLines, isUse, ownIssueLines } from "../../operations/execution/issue-line.ts";
import { billRequirementOf } from "../../operations/tracking/consumption.ts";
import type { PostedAmount, UsedAmount } from "./use-view.ts";

export interface LineAmounts {
  /** By line, in its unit; lines of which there is nothing are left out. */
  readonly of: ReadonlyMap<MaterialRequirement, Quantity>;
  /** What no line asks for. */
  readonly unplanned: readonly { readonly segment: string; readonly material: string; readonly quantity: Quantity }[];
}

/** Uses whose line only their rule tells: of a material that several lines of the operation ask for, or only other operations. */
export function unclearUses<U extends UsedAmount>(request: OperationsRequest, used: readonly U[]): readonly U[] {
  return used.filter(({ segment, material }) => {
    const asking = request.segments.flatMap(({ id, materials }) =>
      materials.filter((line) => line.material === material).map(() => id),
    );
    return asking.length > 0 && asking.filter((id) => id === segment).length !== 1;
  });
}

export function usedPerLine(request: OperationsRequest, used: readonly UsedAmount[]): LineAmounts {
  const sums = new Map<MaterialRequirement, Quantity>();
  const unplanned: LineAmounts["unplanned"][number][] = [];
  const filled = new Map<string, bigint>();
  for (const { segment: id, material, named, quantity } of byNamedLine(
    used.filter((one) => isShownAsUsed(request, one)),
  )) {
    const segment = request.segments.find((one) => one.id === id);
    if (!segment) continue;
    const use = { material, named };
    const lines = issueLines(request, segment, use);
    const own = ownIssueLines(lines, use) ?? [];
    const shares = allocate(quantity, own.length > 0 ? own : lines, filled, request.materialFactors);
    if (!shares.ok) continue; // units with no factor between them: a question asks about it
    for (const { requirement, quantity: share } of shares.value) {
      // What stands in for a component is no use of the component's own line.
      if (requirement?.material === material) put(request, sums, requirement, share);
      else unplanned.push({ segment: id, material, quantity: share });
    }
  }
  return { of: sums, unplanned };
}

/** Whether what machines have counted in an operation is used. */
export function isCountedUse(
  request: OperationsRequest,
  { segment: id, material }: Pick<UsedAmount, "segment" | "material">,
): boolean {
  const segment = request.segments.find((one) => one.id === id);
  return !segment || isUse(request, segment, { material, named: null });
}

/** Sums that were not asked for by rule hold nothing that was merely counted. */
function isShownAsUsed(request: OperationsRequest, one: UsedAmount): boolean {
  return one.rule === null || billRequirementOf(one.rule) !== null || isCountedUse(request, one);
}

/**
 * What machines have counted of components for which the bill alone speaks: at the first line that asks for the material, in its
 * unit, and beside it in each unit that has no factor to it.
 */
export function countedPerLine(
  request: OperationsRequest,
  counted: readonly UsedAmount[],
): ReadonlyMap<MaterialRequirement, readonly Quantity[]> {
  const sums = new Map<MaterialRequirement, readonly Quantity[]>();
  for (const { segment: id, material, quantity } of counted) {
    const segment = request.segments.find((one) => one.id === id);
    const [line] = segment ? issueLines(request, segment, { material, named: null }) : [];
    if (!line) continue;
    const more = inUnitOf(request, line, quantity);
    const known = sums.get(line) ?? [];
    const sum = known.find(({ uom }) => uom === more.uom);
    const others = known.filter((one) => one !== sum);
    sums.set(line, [...others, { micro: (sum?.micro ?? 0n) + more.micro, uom: more.uom }].toSorted(byUnitOf(line)));
  }
  return sums;
}

/** The line's own unit first. */
function byUnitOf({ quantity: { uom } }: MaterialRequirement): (a: Quantity, b: Quantity) => number {
  const place = (one: Quantity): string => (one.uom === uom ? "" : one.uom);
  return (a, b) => (place(a) < place(b) ? -1 : 1);
}

/** What was taken back is stated under a rule of its own. */
function byNamedLine(
  used: readonly UsedAmount[],
): readonly (Omit<UsedAmount, "rule"> & { readonly named: string | null })[] {
  const named = used.map(({ rule, ...one }) => ({ ...one, named: rule === null ? null : billRequirementOf(rule) }));
  const key = ({ segment, material, named: line, quantity }: (typeof named)[number]): string =>
    JSON.stringify([segment, material, quantity.uom, line]);
  return [...Map.groupBy(named, key).values()].flatMap((same) => {
    const [first] = same;
    const micro = same.reduce((sum, { quantity }) => sum + quantity.micro, 0n);
    return first ? [{ ...first, quantity: { ...first.quantity, micro } }] : [];
  });
}

export function postedPerLine(request: OperationsRequest, posted: readonly PostedAmount[]): LineAmounts {
  const sums = new Map<MaterialRequirement, Quantity>();
  const unplanned: LineAmounts["unplanned"][number][] = [];
  for (const { segment, requirement, material, quantity } of posted) {
    const line = requirement === null ? undefined : lineCalled(request, segment, requirement);
    if (line) put(request, sums, line, quantity);
    else unplanned.push({ segment, material, quantity });
  }
  return { of: sums, unplanned };
}

/** Where two operations call a line the same, it is the operation's own. */
function lineCalled(request: OperationsRequest, segment: string, id: string): MaterialRequirement | undefined {
  const isOwn = (one: SegmentRequirement): number => (one.id === segment ? 0 : 1);
  const segments = request.segments.toSorted((a, b) => isOwn(a) - isOwn(b));
  return segments.flatMap(({ materials }) => materials).find((line) => line.id === id);
}

function put(
  request: OperationsRequest,
  sums: Map<MaterialRequirement, Quantity>,
  line: MaterialRequirement,
  more: Quantity,
): void {
  const quantity = inUnitOf(request, line, more);
  const known = sums.get(line);
  if (known && known.uom !== quantity.uom) return;
  sums.set(line, { micro: (known?.micro ?? 0n) + quantity.micro, uom: quantity.uom });
}

/** In its own where the line's has no factor to it. */
function inUnitOf(request: OperationsRequest, line: MaterialRequirement, quantity: Quantity): Quantity {
  const converted = convert(quantity, line.quantity.uom, request.materialFactors);
  return converted.ok ? converted.value.quantity : quantity;
}
