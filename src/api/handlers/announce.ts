/** What a commit has changed, as events of the stream: units as they stand now, orders and postings by id. */
import type { Changes } from "../../flows/view/change-watch.ts";
import { unitsOnFloor, type FloorPorts } from "../../flows/view/floor.ts";
import type { StreamEvent } from "../contract/stream.ts";
import { floorUnitOf } from "./floor.ts";

/** Together, so that many commits in a short time are announced once. */
export function joined(all: readonly Changes[]): Changes {
  const every = (of: (changes: Changes) => ReadonlySet<string>): ReadonlySet<string> =>
    new Set(all.flatMap((changes) => [...of(changes)]));
  return {
    units: every((changes) => changes.units),
    orders: every((changes) => changes.orders),
    postings: every((changes) => changes.postings),
    runs: every((changes) => changes.runs),
    mend: all.some((changes) => changes.mend),
  };
}

/** Read after the commit: several commits on one unit announce it as it is after the last. */
export async function announcementsOf(ports: FloorPorts, changes: Changes): Promise<readonly StreamEvent[]> {
  const { postings, runs } = await ports.views.read(async (views) => ({
    postings: await views.orders.ofPostings([...changes.postings]),
    runs: await views.orders.ofRuns([...changes.runs]),
  }));
  const units = new Set([...changes.units, ...runs.map((run) => run.workUnit)]);
  const orders = new Set([
    ...changes.orders,
    ...postings.map((posting) => posting.order),
    ...runs.flatMap((run) => run.order ?? []),
  ]);
  return [
    ...(await unitsOnFloor(ports, units)).map((unit): StreamEvent => ({ kind: "unit", unit: floorUnitOf(unit) })),
    ...[...orders].map((order): StreamEvent => ({ kind: "order", order })),
    ...postings.map(({ id, order }): StreamEvent => ({ kind: "posting", posting: id, order })),
    ...(changes.mend ? [{ kind: "mend" } as const] : []),
  ];
}
