/**
 * What a machine that keeps job orders should hold: the next ones in dispatch order, as many as fit. Decides which to
 * store and which to remove; the gateway's instruction lane does it, with read-back.
 */
import { canonicalJson } from "../../base/json.ts";
import type { JobOrder, JobOrderState } from "../../isa95/schedule/job-order.ts";
import type { InstructionContent } from "../../record/instruction.ts";

/** A job order in the machine's own list. */
export interface HeldByMachine {
  readonly jobOrderId: string;
  readonly state: "waiting" | "running" | "ended";
}

export interface DispatchCandidate {
  readonly jobOrder: JobOrder;
  /** Good pieces so far reach what is asked. */
  readonly isMade: boolean;
  /** Runs of it that have ended: the ones not yet tried go first. */
  readonly runsEnded: number;
  /** Storing it failed a moment ago: it is not tried again yet. */
  readonly isResting: boolean;
  /** It belongs to another work unit now, or is done at another work center. */
  readonly isElsewhere: boolean;
}

export interface OpenInstruction {
  readonly jobOrderId: string;
  readonly kind: "store" | "remove";
}

/** The last armed store of each machine id: which of our job orders the machine's entry stands for. */
export interface ArmedEntry {
  readonly jobOrderId: string;
  readonly jobOrder: string;
  /** What the machine was told; null where our record of it was lost. */
  readonly told: Extract<InstructionContent, { readonly kind: "store" }> | null;
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
    const { jobOrder } = entry;
    if (held.state === "ended") return [{ jobOrderId: held.jobOrderId, jobOrder, because: "The run of it has ended." }];
    const candidate = wanted.get(jobOrder);
    if (candidate && !candidate.isMade && isStored(candidate.jobOrder.state)) {
      if (!isOutdated(entry, candidate)) return [];
      return [{ jobOrderId: held.jobOrderId, jobOrder, because: "The order has changed since it was stored." }];
    }
    return [{ jobOrderId: held.jobOrderId, jobOrder, because: "Nothing more is to be made for it." }];
  });
  return { store: nextToStore(view, busy), remove };
}

/** Whether the machine holds something else than is now asked. Its dates and its place in the list are not told. */
function isOutdated({ jobOrderId, told }: ArmedEntry, { jobOrder, isElsewhere }: DispatchCandidate): boolean {
  if (isElsewhere || jobOrder.machineName?.jobOrderId !== jobOrderId) return true;
  if (told === null) return false;
  const { quantity, material, machineName, setup } = jobOrder;
  const ordered = told.ordered ?? quantity;
  const asked = [quantity, material, machineName.job, setup];
  return canonicalJson(asked) !== canonicalJson([ordered, told.order.material, told.order.description, told.setup]);
}

/** Whether a machine may keep it: not what was cancelled, completed, or is held by a person or the ERP. */
function isStored(state: JobOrderState): boolean {
  return state === "ready" || state === "running";
}

function nextToStore(view: DispatchView, busy: ReadonlySet<string>): JobOrder[] {
  const taken = new Set([...view.held.map((h) => h.jobOrderId), ...busy]);
  let room = view.capacity - view.held.length - view.open.filter((i) => i.kind === "store").length;
  const store: JobOrder[] = [];
  for (const { jobOrder } of inDispatchOrder(view.candidates)) {
    const id = jobOrder.machineName?.jobOrderId;
    // Orders that share an id on the machine go in one after the other.
    if (room <= 0) break;
    if (id === undefined || taken.has(id)) continue;
    taken.add(id);
    store.push(jobOrder);
    room -= 1;
  }
  return store;
}

function inDispatchOrder(candidates: readonly DispatchCandidate[]): readonly DispatchCandidate[] {
  const ready = candidates.filter((c) => c.jobOrder.state === "ready" && !c.isMade && !c.isResting && !c.isElsewhere);
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
