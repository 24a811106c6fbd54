/** Which units the floor shows, in which groups and order. Pure: the screen draws what comes out of here. */
import type { Floor, FloorUnit } from "../../../api/contract/floor.ts";
import type { ShownState } from "../../parts/state-mark.tsx";

export interface FloorFilter {
  readonly under?: string | undefined;
  readonly state?: string | undefined;
  readonly text?: string | undefined;
}

export interface FloorGroup {
  readonly id: string;
  /** From the site's first level down to the work center. */
  readonly path: readonly string[];
  readonly units: readonly FloorUnit[];
}

export function stateOf(unit: FloorUnit): ShownState {
  return unit.state?.state ?? "unknown";
}

/** What needs a person stands first where order matters. */
const urgency: Readonly<Record<ShownState, number>> = {
  fault: 0,
  held: 1,
  unknown: 2,
  setup: 3,
  idle: 4,
  production: 5,
  off: 6,
};

/** Ids from the equipment itself up to the top. A loop in the data ends the way. */
function above(id: string, parents: ReadonlyMap<string, string | null>): string[] {
  const way: string[] = [];
  for (let at: string | null = id; at !== null && !way.includes(at); at = parents.get(at) ?? null) way.push(at);
  return way;
}

function hasText(unit: FloorUnit, text: string): boolean {
  const words = [unit.id, unit.description, ...unit.jobs.flatMap((job) => [job.number, job.material])];
  return words.some((word) => word.toLowerCase().includes(text));
}

/** The units of the filter's place and text, whatever their state: what the states' counts are taken over. */
export function unitsOf(floor: Floor, filter: FloorFilter): FloorUnit[] {
  const parents = new Map(floor.equipment.map((one) => [one.id, one.partOf]));
  const text = filter.text?.trim().toLowerCase() ?? "";
  return floor.units.filter(
    (unit) =>
      (filter.under === undefined ||
        unit.id === filter.under ||
        above(unit.workCenter, parents).includes(filter.under)) &&
      (text === "" || hasText(unit, text)),
  );
}

export function countStates(units: readonly FloorUnit[]): ReadonlyMap<ShownState, number> {
  const counts = new Map<ShownState, number>();
  for (const unit of units) counts.set(stateOf(unit), (counts.get(stateOf(unit)) ?? 0) + 1);
  return counts;
}

/** Groups in the order of the hierarchy, units by their id. */
export function groupsOf(floor: Floor, units: readonly FloorUnit[]): FloorGroup[] {
  const nodes = new Map(floor.equipment.map((one) => [one.id, one]));
  const parents = new Map(floor.equipment.map((one) => [one.id, one.partOf]));
  const byCenter = Map.groupBy(units, ({ workCenter }) => workCenter);
  const order = [...new Set([...nodes.keys(), ...byCenter.keys()])];
  return order.flatMap((id) => {
    const held = byCenter.get(id);
    if (!held) return [];
    const way = above(id, parents).toReversed();
    // the site itself stands in the bar already
    const path = way.slice(way.length > 1 ? 1 : 0).map((one) => nodes.get(one)?.description ?? one);
    return [{ id, path, units: held.toSorted((a, b) => a.id.localeCompare(b.id, undefined, { numeric: true })) }];
  });
}

/** For the big screen: what stands first, the longest standing before the others. */
export function byUrgency(units: readonly FloorUnit[]): FloorUnit[] {
  return units.toSorted(
    (a, b) => urgency[stateOf(a)] - urgency[stateOf(b)] || (a.state?.since ?? "").localeCompare(b.state?.since ?? ""),
  );
}
