/**
 * Recognises what is different in a newer version of an order and decides by the tables of `change-table.ts`. Every
 * change is a decision, which is kept with its message.
 * Spec: docs/spec/order-change.md
 */
import { canonicalJson } from "../../base/json.ts";
import type { JobOrder } from "../../isa95/schedule/job-order.ts";
import type {
  MaterialRequirement,
  OperationsRequest,
  SegmentRequirement,
} from "../../isa95/schedule/operations-request.ts";
import {
  contentChanges,
  contentTable,
  stateTable,
  strictness,
  type ChangeDecision,
  type ContentChange,
  type OrderChange,
  type OrderStage,
  type StateChange,
} from "./change-table.ts";
import { isOlder } from "./version.ts";

export interface OrderDecision {
  readonly decision: ChangeDecision;
  readonly stage: OrderStage;
  readonly what: readonly OrderChange[];
  /** For people; null where nothing is refused or asked. */
  readonly why: string | null;
}

/** An order that we hold, with what has become of it. */
export interface HeldOrder {
  readonly request: OperationsRequest;
  readonly jobOrders: readonly JobOrder[];
  /** Something was counted for it, or a run of it has ended. */
  readonly isMade: boolean;
  readonly isRunning: boolean;
  /** What machines were told of it and was not taken back. */
  readonly told: "nothing" | "planned" | "stored";
}

/** Whether what is open of it may be dispatched: not while the ERP holds it, nor once it has finally confirmed it. */
export function isDispatched(request: OperationsRequest): boolean {
  return changeOf[request.state] === "released";
}

/** Whether nothing more of it may be dispatched for now. What it has finally confirmed by our own doing is not held. */
export function isHeldByErp(request: OperationsRequest): boolean {
  return !isDispatched(request) && changeOf[request.state] !== "confirmed";
}

/** Whether the ERP has cancelled or closed it. */
export function isGone(request: OperationsRequest): boolean {
  return over.has(changeOf[request.state]);
}

const changeOf: Readonly<Record<OperationsRequest["state"], StateChange>> = {
  Released: "released",
  Ready: "released",
  Running: "released",
  Held: "locked",
  Suspended: "locked",
  Forecast: "withdrawn",
  Waiting: "withdrawn",
  Completed: "confirmed",
  Closed: "ended",
  Cancelled: "cancelled",
  Aborted: "cancelled",
};

/**
 * @param held    null for an order that was never accepted
 * @param wanted  the job orders that the new version would be given
 */
export function decideOrder(
  held: HeldOrder | null,
  now: OperationsRequest,
  wanted: readonly JobOrder[],
): OrderDecision {
  const state = changeOf[now.state];
  if (!held) {
    const decision = stateTable[state].unknown;
    const why = decision === "refuse" ? `The ERP holds it as ${now.state}; only released orders are dispatched.` : null;
    return { decision, stage: "unknown", what: [state], why };
  }
  const stage = orderStage(held);
  if (isOlder(now.version, held.request.version)) return { decision: "unchanged", stage, what: [], why: null };
  const parts = contentChangesOf(held, now, wanted);
  const isMoved = now.state !== held.request.state;
  const what: OrderChange[] = [...(isMoved ? [state] : []), ...parts];
  const byState: ChangeDecision = isMoved ? stateTable[state][stage] : "unchanged";
  // What the ERP ends is over, whatever else it has changed, and none of that is taken over; what stays ended changes nothing.
  const isOver = over.has(state);
  const reached = stage === "closed" ? progress(held) : stage;
  const byContent = isOver ? [] : parts.map((part) => contentTable[part][reached]);
  const decision = strictest([byState, ...byContent]);
  const about = parts.filter((part) => !isOver && contentTable[part][reached] === decision);
  return { decision, stage, what, why: whyOf(decision, about) };
}

const over: ReadonlySet<StateChange> = new Set(["ended", "cancelled"]);
const holding: ReadonlySet<StateChange> = new Set(["locked", "withdrawn", "confirmed"]);

function orderStage(held: HeldOrder): Exclude<OrderStage, "unknown"> {
  return isGone(held.request) ? "closed" : progress(held);
}

/** Something of it was made, runs, or is final: its job orders cannot be written anew. */
export function hasBegun(held: HeldOrder): boolean {
  return held.isMade || held.isRunning || held.jobOrders.some((jobOrder) => jobOrder.state === "completed");
}

function progress(held: HeldOrder): Exclude<OrderStage, "unknown" | "closed"> {
  if (held.jobOrders.some((jobOrder) => jobOrder.state === "completed")) return "final";
  if (held.isRunning) return "running";
  if (held.isMade) return "made";
  if (holding.has(changeOf[held.request.state])) return "held";
  return held.told === "nothing" ? "waiting" : held.told;
}

function strictest(decisions: readonly ChangeDecision[]): ChangeDecision {
  return strictness.find((decision) => decisions.includes(decision)) ?? "unchanged";
}

function whyOf(decision: ChangeDecision, about: readonly ContentChange[]): string | null {
  const parts = about.join(" and ");
  if (decision === "refuse") return `Its ${parts} changed after work had begun. Finish or stop the order first.`;
  if (decision === "ask")
    return `Its ${parts} came after an operation of it was final. Reopen the operation if more is to be made of it.`;
  return null;
}

/** What is different, apart from the state; each once, in the order of the table. */
function contentChangesOf(held: HeldOrder, now: OperationsRequest, wanted: readonly JobOrder[]): ContentChange[] {
  const was = held.request;
  const found = new Set<ContentChange>();
  const differs = (change: ContentChange, part: (request: OperationsRequest) => unknown): void => {
    if (!isSame(part(was), part(now))) found.add(change);
  };
  quantityChanges(was, now, found);
  differs("dates", (r) => [r.earliestStart, r.latestEnd]);
  differs("priority", (r) => r.priority);
  differs("material", (r) => r.material);
  differs("units", (r) => [r.materialFactors, r.quantity.uom]);
  differs("receipt", (r) => [r.plant, r.receiptLocation, r.receiptItem]);
  for (const [a, b] of paired(was.segments, now.segments, operationOf)) segmentChanges(a, b, found);
  for (const [a, b] of paired(held.jobOrders, wanted, (jobOrder) => jobOrder.id)) {
    if (!a || !b) continue;
    if (!isSame(a.machineName, b.machineName)) found.add("job name");
    if (!isSame(a.setup, b.setup)) found.add("set-up");
  }
  return contentChanges.filter((change) => found.has(change));
}

function quantityChanges(was: OperationsRequest, now: OperationsRequest, found: Set<ContentChange>): void {
  const amounts = paired(was.segments, now.segments, operationOf).map(([a, b]) => [a?.quantity, b?.quantity] as const);
  for (const [a, b] of [[was.quantity, now.quantity] as const, ...amounts]) {
    if (a && b && b.micro > a.micro) found.add("quantity up");
    if (a && b && b.micro < a.micro) found.add("quantity down");
  }
}

function segmentChanges(
  a: SegmentRequirement | undefined,
  b: SegmentRequirement | undefined,
  found: Set<ContentChange>,
): void {
  if (!a || !b) {
    found.add(a ? "operation removed" : "operation added");
    return;
  }
  if (a.quantity.uom !== b.quantity.uom) found.add("units");
  if (a.earliestStart !== b.earliestStart || a.latestEnd !== b.latestEnd) found.add("dates");
  if (a.workCenter !== b.workCenter) found.add("work center");
  if (!isSame(a.rule, b.rule)) found.add("operation rule");
  if (!isSame([a.description, a.parameters], [b.description, b.parameters])) found.add("operation text");
  for (const [x, y] of paired(a.materials, b.materials, (material) => material.id)) {
    if (!x) found.add("component added");
    else if (!y) found.add("component removed");
    else componentChanges({ was: x, of: a }, { was: y, of: b }, found);
  }
}

interface Component {
  readonly was: MaterialRequirement;
  readonly of: SegmentRequirement;
}

function componentChanges(a: Component, b: Component, found: Set<ContentChange>): void {
  const fixedParts = ({ was }: Component): unknown => [was.material, was.at, was.lot, was.mode];
  if (!isSame(fixedParts(a), fixedParts(b))) found.add("component changed");
  if (a.was.quantity.uom !== b.was.quantity.uom) found.add("units");
  const amounts = ({ was }: Component): unknown => [was.quantity, was.fixed, was.scrapPpm];
  // An amount that stays while the operation's quantity changes is another use for each piece, too.
  if (b.was.mode === "bill" && !isSameUse(a, b)) found.add("use by bill");
  else if (!isSame(amounts(a), amounts(b))) found.add("component amount");
}

/** ERPs keep amounts of components in thousandths: one that follows the order's quantity is rounded on the way. */
const roundingMicro = 1_000n;

/** Whether a piece uses as much by the new bill as by the old one. */
function isSameUse(a: Component, b: Component): boolean {
  const fixed = ({ was }: Component): bigint => was.fixed?.micro ?? 0n;
  if (fixed(a) !== fixed(b) || a.was.scrapPpm !== b.was.scrapPpm) return false;
  const [before, after] = [a.of.quantity.micro, b.of.quantity.micro];
  const [usedBefore, usedAfter] = [a.was.quantity.micro - fixed(a), b.was.quantity.micro - fixed(b)];
  const off = usedAfter * before - usedBefore * after;
  const room = before === after ? 0n : roundingMicro * (before + after);
  return (off < 0n ? -off : off) <= room;
}

function operationOf(segment: SegmentRequirement): string {
  return `${segment.sequence}/${segment.id}`;
}

/** Both sides of what has the same name, in their order; one of them is missing for what was added or taken away. */
function paired<T>(
  was: readonly T[],
  now: readonly T[],
  nameOf: (one: T) => string,
): readonly (readonly [T | undefined, T | undefined])[] {
  const before = Map.groupBy(was, nameOf);
  const after = Map.groupBy(now, nameOf);
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name) => {
    const [x, y] = [before.get(name) ?? [], after.get(name) ?? []];
    return Array.from({ length: Math.max(x.length, y.length) }, (_, i) => [x[i], y[i]] as const);
  });
}

function isSame(a: unknown, b: unknown): boolean {
  return canonicalJson(a) === canonicalJson(b);
}
