/**
 * Carries out what was decided about an order: its new version and its job orders, in the transaction that keeps the
 * message. What is decided is `operations/order/change.ts`.
 */
import { contentId, postingKey } from "../base/id.ts";
import type { Instant } from "../base/instant.ts";
import { assert } from "../base/result.ts";
import type { JobOrder } from "../isa95/schedule/job-order.ts";
import type { OperationsRequest } from "../isa95/schedule/operations-request.ts";
import {
  hasBegun,
  isDispatched,
  isGone,
  isHeldByErp,
  type HeldOrder,
  type OrderDecision,
} from "../operations/order/change.ts";
import { dispatchKey, shareAgain } from "../operations/order/job-order.ts";
import { hasMade, isReleased } from "../operations/order/operation.ts";
import { afterCommand, type JobOrderCommand } from "../operations/execution/job-order-state.ts";
import type { Site } from "../site/site.ts";
import type { JobOrderRow, RequestRow, Tx } from "./ports.ts";

export interface Changing {
  readonly tx: Tx;
  readonly ports: { readonly site: Site; readonly erp: string };
  readonly request: OperationsRequest;
  readonly held: LockedOrder | null;
  readonly wanted: readonly JobOrder[];
  readonly now: Instant;
}

export interface LockedOrder extends HeldOrder {
  readonly row: RequestRow;
  readonly rows: readonly JobOrderRow[];
  /** Job orders with an open run; one that is held does not show it. */
  readonly running: ReadonlySet<string>;
}

/** The order as it is held, locked, with what has become of it. */
export async function heldOrder(tx: Tx, id: string): Promise<LockedOrder | null> {
  // Job orders first, as collecting locks them.
  await tx.jobOrders.ofRequest(id);
  const row = await tx.requests.lock(id);
  if (!row) return null;
  // What was added while the order's lock was waited for is seen now.
  const rows = await tx.jobOrders.ofRequest(id);
  const running = new Set<string>();
  for (const { jobOrder } of rows) if ((await tx.runs.openCount(jobOrder.id)) > 0) running.add(jobOrder.id);
  return {
    row,
    rows,
    running,
    request: row.request,
    jobOrders: rows.map(({ jobOrder }) => jobOrder),
    isMade: rows.some(isCountedFor),
    isRunning: running.size > 0 || rows.some(({ jobOrder }) => jobOrder.state === "running"),
    told: await tx.instructions.told(id),
  };
}

/** @param decision  one that changes something */
export async function changeOrder(changing: Changing, decision: OrderDecision): Promise<void> {
  const { tx, held, request } = changing;
  await carryOut(changing, decision);
  // What was corrected while the ERP took nothing of the order is a question to people: it can be corrected after all.
  if (held && isGone(held.request) && !isGone(request)) await tx.corrections.resume(request.id);
}

async function carryOut(changing: Changing, decision: OrderDecision): Promise<void> {
  const { held } = changing;
  switch (decision.decision) {
    case "accept":
    case "replace":
      return take(changing);
    case "reinstate":
      // Ended before anything was made of it, it is as good as new.
      return held && !hasBegun(held) ? take(changing) : apply(changing);
    case "apply-now":
    case "next-batch":
      return apply(changing);
    case "ask":
      await apply(changing);
      return askAbout(changing, decision);
    case "cancel":
      return cancel(changing);
    case "refuse":
    case "unchanged":
      assert(false, "nothing is changed by a decision to change nothing");
  }
}

/**
 * By its state alone: what runs goes on, and what was made is posted and taken back, by what it was begun with. What else
 * such a version says nobody has judged; the one that releases the order again is compared with what we work by.
 */
async function cancel({ tx, request: { version, state }, held, now }: Changing): Promise<void> {
  if (!held) return;
  await tx.requests.save({ ...held.request, version, state }, held.row, now);
  for (const row of held.rows) await tell(tx, row, "cancel");
}

async function tell(tx: Tx, row: JobOrderRow, told: JobOrderCommand): Promise<void> {
  await tx.jobOrders.save([{ ...row, jobOrder: { ...row.jobOrder, state: afterCommand(row.jobOrder.state, told) } }]);
}

/**
 * The new version where something was made or runs: job orders keep their counts, and what runs goes on. What the ERP's
 * hold, or the end of one, means for them.
 */
async function apply({ tx, request, held, wanted, now }: Changing): Promise<void> {
  if (!held) return;
  await tx.requests.save(request, held.row, now);
  const made = new Set(held.rows.filter(hasMade).map((row) => row.jobOrder.segment));
  const isWanted = new Set(wanted.map((jobOrder) => jobOrder.id));
  for (const { row, isOver } of sharedAgain(held, request, wanted)) {
    const { id, segment: name, state } = row.jobOrder;
    const commands: readonly JobOrderCommand[] = isOver
      ? ["cancel"]
      : commandsFor(held.request, request, isWanted.has(id));
    const after = commands.reduce(afterCommand, state);
    const segment = request.segments.find((s) => s.id === name);
    const goesOn = commands.includes("resume");
    const mayGo = goesOn && segment !== undefined && isReleased(request, segment, (s) => made.has(s));
    const released = mayGo ? afterCommand(after, "release") : after;
    // It may have been held or taken back while it ran, and run still.
    const isOpen = goesOn && held.running.has(id);
    await tx.jobOrders.save([
      { ...row, jobOrder: { ...row.jobOrder, state: isOpen ? afterCommand(released, "start") : released } },
    ]);
  }
}

/**
 * What the ERP's state of the order says to a job order. What it finally confirms by our own doing holds nothing; an order
 * that it had ended is held until it is released again.
 *
 * @param isWanted false for what an earlier change has made superfluous: it stays cancelled
 */
function commandsFor(before: OperationsRequest, now: OperationsRequest, isWanted: boolean): readonly JobOrderCommand[] {
  const back: readonly JobOrderCommand[] = isGone(before) && isWanted ? ["reinstate"] : [];
  if (isDispatched(now)) return isDispatched(before) ? [] : [...back, "resume"];
  return isHeldByErp(now) || isGone(before) ? [...back, "hold"] : [];
}

interface Shared {
  readonly row: JobOrderRow;
  /** Nothing is left to be made for it. */
  readonly isOver: boolean;
}

/** Job orders of an order that has begun keep their counts; what an operation asks for is shared among its parts anew. */
function sharedAgain(held: LockedOrder, request: OperationsRequest, wanted: readonly JobOrder[]): readonly Shared[] {
  const isWanted = new Set(wanted.map((jobOrder) => jobOrder.id));
  const goesOn = isGone(held.request);
  const isCounted = ({ id, state }: JobOrder): boolean =>
    (state !== "cancelled" && state !== "aborted") || (goesOn && isWanted.has(id));
  return request.segments.flatMap((segment) => {
    const own = held.rows.filter(({ jobOrder }) => jobOrder.segment === segment.id);
    const parts = own.filter(({ jobOrder }) => isCounted(jobOrder)).toSorted((a, b) => partOf(a) - partOf(b));
    const asked = parts.map((row) => ({
      micro: row.jobOrder.quantity.micro,
      madeMicro: row.goodMicro,
      hasBegun: isBegun(row) || held.running.has(row.jobOrder.id),
    }));
    const shares = shareAgain(asked, segment.quantity.micro);
    // Apart from their amounts the parts of an operation are asked alike.
    const like = wanted.find((jobOrder) => jobOrder.segment === segment.id);
    return own.map((row) => {
      const share = parts.includes(row) ? shares[parts.indexOf(row)] : row.jobOrder.quantity.micro;
      const micro = share ?? row.jobOrder.quantity.micro;
      const { earliestStart, machineName, setup, material } = like ?? row.jobOrder;
      const key = dispatchKey(request, segment, partOf(row));
      const changed = { dispatchKey: key, earliestStart, machineName, setup, material };
      const jobOrder = { ...row.jobOrder, ...changed, quantity: { ...row.jobOrder.quantity, micro } };
      return { row: { ...row, jobOrder }, isOver: share === null };
    });
  });
}

/** The part of a split operation stands at the end of its dispatch key. */
function partOf({ jobOrder }: JobOrderRow): number {
  return Number(jobOrder.dispatchKey.split("|").at(-1) ?? "0");
}

function isBegun({ jobOrder: { state }, ...row }: JobOrderRow): boolean {
  // A decision that it is final is not undone by a change of the order.
  return state === "running" || state === "completed" || isCountedFor(row);
}

function isCountedFor(row: Omit<JobOrderRow, "jobOrder">): boolean {
  return row.runsEnded > 0 || [row.goodMicro, row.scrapMicro, row.reworkMicro].some((micro) => micro !== 0n);
}

function dispatchable(request: OperationsRequest, jobOrders: readonly JobOrder[]): readonly JobOrder[] {
  return isDispatched(request) ? jobOrders : jobOrders.map((jobOrder) => ({ ...jobOrder, state: "held" }));
}

/** What is final stays so until a person decides otherwise. */
async function askAbout({ tx, request, now }: Changing, { why }: OrderDecision): Promise<void> {
  const text = `Order ${request.reference.number} changed in the ERP. ${why ?? ""}`;
  await tx.attention.ask([{ subject: `order-change/${request.id}/${request.version}`, text, evidence: [] }], now);
}

async function take({ tx, ports, request, held, wanted, now }: Changing): Promise<void> {
  await tx.requests.save(request, held?.row ?? null, now);
  // Machines and instructions may know the old ones: they are kept, and what is no longer wanted is cancelled.
  const before = new Map((held?.rows ?? []).map((row) => [row.jobOrder.id, row]));
  const isWanted = new Set(wanted.map((jobOrder) => jobOrder.id));
  for (const [id, row] of before) if (!isWanted.has(id)) await tell(tx, row, "cancel");
  const placed = wanted.map((jobOrder) => ({ ...jobOrder, workUnit: unitOf(jobOrder, before.get(jobOrder.id)) }));
  await tx.jobOrders.insert(dispatchable(request, placed));
  if (held || !ports.site.posting(ports.erp).announceRelease) return;
  const parts = [request.id, "order-accepted", request.version];
  const posting = {
    id: contentId("posting", ...parts),
    key: postingKey("posting", ...parts),
    erp: ports.erp,
    kind: "order-accepted" as const,
    request: request.id,
    segment: "",
    run: null,
    content: { kind: "order-accepted" as const, response: null },
    facts: [],
    lanes: [`order:${request.id}`],
    sequenceKey: null,
  };
  await tx.postings.plan([posting], now, await tx.site.isRecovering());
}

/** A job order that one work unit was told stays with that unit as long as it is done there at all. */
function unitOf(asked: JobOrder, before: JobOrderRow | undefined): string | null {
  const isThere = before?.jobOrder.workCenter === asked.workCenter;
  return asked.workUnit ?? (isThere ? before.jobOrder.workUnit : null);
}
