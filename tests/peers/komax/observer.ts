/**
 * Watches the machine's own list of job orders from outside, with a session of its own, and keeps what happened to each
 * order. It knows nothing of Millrace; what it counts is the machine's word.
 */
import { connectMachine } from "./machine-client.ts";
import { jobState } from "./journal-line.ts";

export interface ListChange {
  /** Milliseconds of the clock of this computer. */
  readonly at: number;
  readonly id: string;
  readonly what: ListEvent;
}

export type ListEvent =
  | "stored"
  | "allowed"
  | "revoked"
  | "started"
  | "paused"
  | "resumed"
  | "ended"
  | "aborted"
  | "cancelled"
  | "cleared";

export interface Observer {
  /** What happened so far, in the order of the machine's own time stamps. */
  changes(): readonly ListChange[];
  /** Ids in the list now. */
  listed(): ReadonlySet<string>;
  count(what: ListEvent): number;
  /** True when something may have been missed: the connection was lost, or a queue overflowed. */
  hasGaps(): boolean;
  close(): Promise<void>;
}

/** The list at one moment: id and state number. */
export type Snapshot = ReadonlyMap<string, number>;

/** A look at the list, by the machine's clock: milliseconds, and picoseconds within them. */
export interface Look {
  readonly ms: number;
  readonly picoseconds: number;
  readonly list: Snapshot;
}

export async function observe(url: string): Promise<Observer> {
  const client = await connectMachine({ url, user: { name: "operator", password: "operator" } });
  const looks: Look[] = [];
  let overflows = 0;
  await client.watch("JobOrderControl/JobOrderList", (value) => {
    if (value.statusCode.hasOverflowBit) overflows += 1;
    const ms = value.sourceTimestamp?.getTime() ?? 0;
    looks.push({ ms, picoseconds: value.sourcePicoseconds, list: snapshotOf(value.value.value) });
  });
  const changes = (): readonly ListChange[] => changesOf(looks);
  return {
    changes,
    listed: () => new Set(inOrder(looks).at(-1)?.list.keys()),
    count: (what) => changes().filter((change) => change.what === what).length,
    hasGaps: () => overflows > 0 || client.losses() > 0,
    close: () => client.close(),
  };
}

/** What happened, from looks in the order of their arrival. */
export function changesOf(looks: readonly Look[]): readonly ListChange[] {
  let last: Snapshot = new Map();
  return inOrder(looks).flatMap(({ ms, list }) => {
    const events = difference(last, list);
    last = list;
    return events.map((event) => ({ at: ms, ...event }));
  });
}

/** The vendor library decodes such values asynchronously: one look can overtake another, and only their time tells. */
function inOrder(looks: readonly Look[]): readonly Look[] {
  return looks.toSorted((a, b) => (a.ms === b.ms ? a.picoseconds - b.picoseconds : a.ms - b.ms));
}

/** What must have happened between two looks at the list, in an order in which it can have happened. */
export function difference(
  before: Snapshot,
  after: Snapshot,
): readonly { readonly id: string; readonly what: ListEvent }[] {
  const events: { id: string; what: ListEvent }[] = [];
  for (const [id, state] of before) {
    if (!after.has(id))
      events.push({ id, what: state === jobState.ended || state === jobState.aborted ? "cleared" : "cancelled" });
  }
  for (const [id, state] of after) {
    const was = before.get(id);
    if (was === undefined) events.push({ id, what: "stored" });
    const what = step(was ?? jobState.notAllowedToStart, state);
    if (what !== null) events.push({ id, what });
  }
  return events;
}

function step(from: number, to: number): ListEvent | null {
  if (from === to) return null;
  if (to === jobState.notAllowedToStart) return "revoked";
  if (to === jobState.allowedToStart) return "allowed";
  if (to === jobState.running) return from === jobState.interrupted ? "resumed" : "started";
  if (to === jobState.interrupted) return "paused";
  return to === jobState.ended ? "ended" : "aborted";
}

function snapshotOf(list: unknown): Snapshot {
  // The value's type is the machine's (ISA95JobOrderAndStateDataType), decoded by the vendor library from the machine's own description.
  const entries = (list ?? []) as readonly {
    jobOrder: { jobOrderID: string };
    state: readonly { stateNumber: number }[];
  }[];
  return new Map(entries.map((entry) => [entry.jobOrder.jobOrderID, entry.state[0]?.stateNumber ?? 0]));
}
