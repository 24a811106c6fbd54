/**
 * Carries out what was decided about an order: its new version and its job orders, in the transaction that keeps the
 * message. What is decided is `operations/order/change.ts`.
 */
import { contentId, postingKey } from "../base/id.ts";
import type { Instant } from "../base/instant.ts";
import { assert } from "../base/result.ts";
import type { JobOrder } from "../isa95/schedule/job-order.ts";
import type { OperationsRequest } from "../isa95/schedule/operations-request.ts";
import { hasBegun, isDispatched, orderStage, type HeldOrder, type OrderDecision } from "../operations/order/change.ts";
import { predecessor } from "../operations/order/operation.ts";
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
  /** Job orders with an open run. */
  readonly running: ReadonlySet<string>;
}

/** The order as it is held, locked, with what has become of it. */
export async function heldOrder(tx: Tx, id: string): Promise<LockedOrder | null> {
  const row = await tx.requests.lock(id);
  if (!row) return null;
  const rows = await tx.jobOrders.ofRequest(id);
  const running = new Set<string>();
  for (const { jobOrder } of rows) if ((await tx.runs.openCount(jobOrder.id)) > 0) running.add(jobOrder.id);
  return {
    row,
    rows,
    running,
    request: row.request,
    jobOrders: rows.map(({ jobOrder }) => jobOrder),
    isMade: rows.some((r) => r.runsEnded > 0 || r.goodMicro !== 0n || r.scrapMicro !== 0n || r.reworkMicro !== 0n),
    isRunning: running.size > 0,
    told: await tx.instructions.told(id),
  };
}

/** @param decision  one that changes something */
export async function changeOrder(changing: Changing, decision: OrderDecision): Promise<void> {
  const { tx, request, held, now } = changing;
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
      await tx.requests.save(request, held?.row ?? null, now);
      for (const row of held?.rows ?? []) await tell(tx, row, "cancel");
      return;
    case "refuse":
    case "unchanged":
      assert(false, "nothing is changed by a decision to change nothing");
  }
}

/** What the ERP's hold means for the job orders. What is finally confirmed there holds nothing that has begun here. */
function command(held: HeldOrder, now: OperationsRequest): "hold" | "resume" | null {
  if (isDispatched(now)) return isDispatched(held.request) ? null : "resume";
  return now.state === "Completed" && orderStage(held) !== "closed" ? null : "hold";
}

async function tell(tx: Tx, row: JobOrderRow, told: JobOrderCommand): Promise<void> {
  await tx.jobOrders.save({ ...row, jobOrder: { ...row.jobOrder, state: afterCommand(row.jobOrder.state, told) } });
}

/** The new version where something was made or runs: job orders keep their counts, and what runs goes on. */
async function apply({ tx, request, held, wanted, now }: Changing): Promise<void> {
  if (!held) return;
  await tx.requests.save(request, held.row, now);
  const told = command(held, request);
  const next = new Map(wanted.map((jobOrder) => [jobOrder.id, jobOrder]));
  const wasEnded = orderStage(held) === "closed";
  for (const row of held.rows) {
    const asked = next.get(row.jobOrder.id);
    const changed = asked ? changedJobOrder(row, asked, held.rows, request) : row.jobOrder;
    const back = wasEnded && asked ? reinstated(changed, asked, held, request) : changed.state;
    const state = told ? afterCommand(back, told) : back;
    await tx.jobOrders.save({ ...row, jobOrder: { ...changed, state } });
  }
}

/** An order that the ERP has ended is released again: what was cancelled with it may be made. */
function reinstated(
  jobOrder: JobOrder,
  asked: JobOrder,
  held: LockedOrder,
  request: OperationsRequest,
): JobOrder["state"] {
  if (jobOrder.state !== "cancelled") return jobOrder.state;
  const back = afterCommand(jobOrder.state, "reinstate");
  if (held.running.has(jobOrder.id)) return afterCommand(back, "start");
  const segment = request.segments.find((s) => s.id === jobOrder.segment);
  const before = segment && predecessor(request, segment);
  const isWaiting =
    asked.state === "waiting" && !held.rows.some((r) => r.jobOrder.segment === before?.id && r.goodMicro > 0n);
  return isWaiting ? "waiting" : back;
}

/** A job order that has begun keeps its counts. Of a split operation the first one takes the difference. */
function changedJobOrder(
  { jobOrder }: JobOrderRow,
  asked: JobOrder,
  all: readonly JobOrderRow[],
  request: OperationsRequest,
): JobOrder {
  const segment = request.segments.find((s) => s.id === jobOrder.segment);
  if (!segment) return jobOrder;
  const others = all.filter((o) => o.jobOrder.segment === segment.id && o.jobOrder.id !== jobOrder.id);
  const left = others.reduce((micro, o) => micro - o.jobOrder.quantity.micro, segment.quantity.micro);
  const quantity = isFirstPart(asked) && left > 0n ? { ...segment.quantity, micro: left } : jobOrder.quantity;
  const { dispatchKey, earliestStart, machineName, setup, material } = asked;
  return { ...jobOrder, quantity, dispatchKey, earliestStart, machineName, setup, material };
}

/** The part of a split operation stands at the end of its dispatch key. */
function isFirstPart({ dispatchKey }: JobOrder): boolean {
  return dispatchKey.endsWith("|0");
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
