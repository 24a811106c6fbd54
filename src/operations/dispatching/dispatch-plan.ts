/**
 * What a machine that keeps job orders should hold: the next ones in dispatch order, as many as fit. Decides which to
 * store and which to remove; the gateway's instruction lane does it, with read-back.
 */
import { canonicalJson } from "../../base/json.ts";
import type { Quantity } from "../../base/quantity.ts";
import type { JobOrder, JobOrderState, SetupValue } from "../../isa95/schedule/job-order.ts";

/** A job order in the machine's own list. */
export interface HeldByMachine {
  readonly jobOrderId: string;
  readonly state: "waiting" | "running" | "ended";
}

export interface DispatchCandidate {
  readonly jobOrder: JobOrder;
  /** Its work center is that of this machine, and no other work unit has it. */
  readonly isHere: boolean;
  /** Good pieces so far reach what is asked. */
  readonly isMade: boolean;
  /** Runs of it that have ended: the ones not yet tried go first. */
  readonly runsEnded: number;
  /** Storing it failed a moment ago: it is not tried again yet. */
  readonly isResting: boolean;
}

export interface OpenInstruction {
  readonly jobOrderId: string;
  readonly jobOrder: string;
  readonly kind: "store" | "remove";
}

/** What a job order was when a machine was told it. */
export interface ToldJob {
  /** What it asked for in all, also when only a part was still to be made; null where that was not kept. */
  readonly asked: Quantity | null;
  readonly material: string;
  readonly description: string;
  readonly setup: readonly SetupValue[];
}

/** The last armed store of each machine id: which of our job orders the machine's entry stands for. */
export interface ArmedEntry {
  readonly jobOrderId: string;
  readonly jobOrder: string;
  /** Null where the record was lost and only the entry itself names our job order. */
  readonly told: ToldJob | null;
}

export interface DispatchPlan {
  readonly store: readonly JobOrder[];
  readonly remove: readonly { readonly jobOrderId: string; readonly jobOrder: string; readonly because: string }[];
}

export interface DispatchView {
  readonly capacity: number;
  readonly held: readonly HeldByMachine[];
  readonly armed: readonly ArmedEntry[];
  readonly open: readonly OpenInstruction[];
  readonly candidates: readonly DispatchCandidate[];
}

export function planDispatch(view: DispatchView): DispatchPlan {
  const busy = new Set(view.open.map((i) => i.jobOrderId));
  const wanted = new Map(view.candidates.map((c) => [c.jobOrder.id, c]));
  const armed = new Map(view.armed.map((a) => [a.jobOrderId, a]));
  const remove = view.held.flatMap((held) => {
    const entry = armed.get(held.jobOrderId);
    // What somebody else has stored there is not ours to take away.
    if (entry === undefined || busy.has(held.jobOrderId) || held.state === "running") return [];
    const because = whyRemoved(entry, held, wanted.get(entry.jobOrder));
    return because === null ? [] : [{ jobOrderId: held.jobOrderId, jobOrder: entry.jobOrder, because }];
  });
  return { store: nextToStore(view, busy, armed), remove };
}

function whyRemoved(entry: ArmedEntry, held: HeldByMachine, candidate: DispatchCandidate | undefined): string | null {
  if (held.state === "ended") return "The run of it has ended.";
  if (!candidate || candidate.isMade || !isStored(candidate.jobOrder.state))
    return "Nothing more is to be made for it.";
  if (!candidate.isHere) return "It is to be made elsewhere.";
  return isAsTold(entry, candidate.jobOrder) ? null : "The order has changed since the machine was told it.";
}

/** When it starts is not compared: the machine is asked to keep the order, not to plan it. */
function isAsTold({ jobOrderId, told }: ArmedEntry, { machineName, material, quantity, setup }: JobOrder): boolean {
  if (!told) return true;
  if (machineName?.jobOrderId !== jobOrderId || machineName.job !== told.description) return false;
  const isAsked = told.asked === null || canonicalJson(told.asked) === canonicalJson(quantity);
  return isAsked && told.material === material && canonicalJson(told.setup) === canonicalJson(setup);
}

/** Whether a machine may keep it: not what was cancelled, completed, or is held by a person or the ERP. */
function isStored(state: JobOrderState): boolean {
  return state === "ready" || state === "running";
}

function nextToStore(
  view: DispatchView,
  busy: ReadonlySet<string>,
  armed: ReadonlyMap<string, ArmedEntry>,
): JobOrder[] {
  const taken = new Set([...view.held.map((h) => h.jobOrderId), ...busy]);
  // Also under an id that it had before: a machine never holds a job order twice.
  const told = new Set([
    ...view.held.map((h) => armed.get(h.jobOrderId)?.jobOrder),
    ...view.open.map((i) => i.jobOrder),
  ]);
  let room = view.capacity - view.held.length - view.open.filter((i) => i.kind === "store").length;
  const store: JobOrder[] = [];
  for (const { jobOrder } of inDispatchOrder(view.candidates)) {
    const id = jobOrder.machineName?.jobOrderId;
    // Orders that share an id on the machine go in one after the other.
    if (room <= 0) break;
    if (id === undefined || taken.has(id) || told.has(jobOrder.id)) continue;
    taken.add(id);
    store.push(jobOrder);
    room -= 1;
  }
  return store;
}

function inDispatchOrder(candidates: readonly DispatchCandidate[]): readonly DispatchCandidate[] {
  const ready = candidates.filter((c) => c.jobOrder.state === "ready" && c.isHere && !c.isMade && !c.isResting);
  const key = (c: DispatchCandidate): string => `${c.runsEnded > 0 ? 1 : 0}|${c.jobOrder.dispatchKey}`;
  return ready.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** Why a job order was not in the machine when a run of it began; for people. */
export function whyNotStored(
  jobOrder: JobOrder,
  view: Pick<DispatchView, "held" | "armed" | "open" | "capacity">,
): string {
  const id = jobOrder.machineName?.jobOrderId;
  if (id === undefined) return "the machine keeps no job orders";
  const other = view.armed.find((a) => a.jobOrderId === id && a.jobOrder !== jobOrder.id);
  if (other) return `another order with the same job number ${id} was stored in the machine`;
  if (view.open.some((i) => i.jobOrderId === id)) return `an instruction for job number ${id} was still under way`;
  if (view.held.length >= view.capacity) return `the machine's list was full (${view.capacity})`;
  return "the machine began it before it was stored";
}
