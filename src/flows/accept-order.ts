/**
 * One message of an ERP: kept in its original bytes, understood, judged, and turned into job orders, or into
 * quarantine with a reason. A refusal is a verdict too and commits.
 */
import type { Clock } from "../base/clock.ts";
import type { Instant } from "../base/instant.ts";
import { postingKey, contentId } from "../base/id.ts";
import type { Fault, Result } from "../base/result.ts";
import type { ErpSession, InboundMessage } from "../erp/connector.ts";
import type { OperationsRequest } from "../isa95/schedule/operations-request.ts";
import { judgeRequest } from "../operations/order/acceptance.ts";
import { decideOrder, isDispatched } from "../operations/order/change.ts";
import { dispatchKey, makeJobOrders, type SegmentPlace } from "../operations/order/job-order.ts";
import { afterCommand } from "../operations/execution/job-order-state.ts";
import type { Site } from "../site/site.ts";
import { placesOf, type Evaluate } from "./segment-place.ts";
import type { JobOrderRow, RequestRow, Store, Tx } from "./ports.ts";

export interface AcceptPorts {
  readonly store: Store;
  readonly site: Site;
  readonly clock: Clock;
  readonly erp: string;
  readonly session: ErpSession;
  readonly evaluate: Evaluate;
}

export type Verdict = "accepted" | "unchanged" | "quarantined" | "known";

/** @returns `known` when the very same message was taken before */
export async function acceptMessage(ports: AcceptPorts, message: InboundMessage): Promise<Verdict> {
  const judged = await judgeMessage(ports, message);
  const now = ports.clock.now();
  return ports.store.transaction(async (tx) => (await takeIn(tx, ports, judged, message, now)).verdict);
}

export interface TakenIn {
  readonly verdict: Verdict;
  /** Why it stands in quarantine. */
  readonly fault: Fault | null;
}

/** Keeps a judged message and takes it over, or puts it into quarantine. Part of the caller's transaction. */
export async function takeIn(
  tx: Tx,
  ports: Pick<AcceptPorts, "site" | "erp">,
  judged: JudgedMessage,
  message: InboundMessage,
  now: Instant,
): Promise<TakenIn> {
  const { erp } = ports;
  const id = await tx.inbox.receive(erp, message, now);
  if (id === null) return { verdict: "known", fault: null };
  const { verdict, fault } = await takeUp(tx, ports, judged, message, now);
  const kept = fault === null ? verdict : "quarantined";
  await tx.inbox.settle(id, kept, fault);
  const subject = `${erp}/${message.number}`;
  if (fault) await tx.attention.quarantine("order", subject, fault, { message: id, number: message.number }, now);
  else await tx.attention.resolve("order", subject, now);
  return { verdict: kept, fault };
}

/** A message as it was understood and judged, with the places where it is to be done. */
export interface JudgedMessage {
  readonly request: Result<OperationsRequest>;
  readonly places: Result<readonly SegmentPlace[]>;
}

/**
 * Understands and judges a message by the site as it is. Expressions are evaluated here, before any transaction.
 *
 * @throws when it could not be judged for a cause that goes away: it comes again
 */
export function judgeMessage(
  ports: JudgePorts & { readonly session: Pick<ErpSession, "interpret"> },
  message: InboundMessage,
): Promise<JudgedMessage> {
  return judgeRequestHere(ports, ports.session.interpret(message));
}

export type JudgePorts = Pick<AcceptPorts, "site" | "evaluate">;

/** The same for a request that is understood already. @throws see `judgeMessage` */
export async function judgeRequestHere(
  ports: JudgePorts,
  understood: Result<OperationsRequest>,
): Promise<JudgedMessage> {
  const { site } = ports;
  const scope = { isKnownWorkCenter: (id: string, code: string) => site.workCenterByErpCode(id, code) !== null };
  // Only an order that can be dispatched is judged as work; one that ended is judged as a change.
  const judged = understood.ok && isWork(understood.value) ? judgeRequest(understood.value, scope) : understood;
  // Expressions are evaluated before the transaction; their results are kept with the job orders.
  const places = judged.ok ? await placesOf(site, judged.value, ports.evaluate) : judged;
  // Not the order's fault: it is not settled now and comes again with the next pull.
  if (!places.ok && places.fault.kind === "transient") throw new Error(places.fault.message, { cause: places.fault });
  return { request: judged, places };
}

export interface Settled {
  readonly verdict: "accepted" | "unchanged";
  readonly fault: Fault | null;
}

/** Takes a judged message over: the order, its job orders, what a change means. Part of the caller's transaction. */
export async function takeUp(
  tx: Tx,
  ports: Pick<AcceptPorts, "site" | "erp">,
  { request: judged, places }: JudgedMessage,
  message: InboundMessage,
  now: Instant,
): Promise<Settled> {
  if (!judged.ok) return { verdict: "unchanged", fault: judged.fault };
  if (!places.ok) return { verdict: "unchanged", fault: places.fault };
  const request = judged.value;
  const held = await tx.requests.lock(request.id);
  const jobOrders = held ? await tx.jobOrders.ofRequest(request.id) : [];
  const decision = decideOrder(held?.request ?? null, request, jobOrders.some(hasBegun));
  switch (decision.decision) {
    case "unchanged":
      return { verdict: "unchanged", fault: null };
    case "refuse": {
      const text = `Order ${message.number} was not taken over: ${decision.why}`;
      return { verdict: "unchanged", fault: { kind: "conflict", code: "order/change-refused", message: text } };
    }
    case "accept":
    case "replace":
      await take(tx, ports, request, held, places.value, jobOrders, now);
      return { verdict: "accepted", fault: null };
    case "apply-now":
      await tx.requests.save(request, held, now);
      await change(tx, jobOrders, (row) => changed(row, jobOrders, request), command(held?.request ?? null, request));
      return { verdict: "accepted", fault: null };
    case "cancel":
      await tx.requests.save(request, held, now);
      await change(tx, jobOrders, (row) => row, "cancel");
      return { verdict: "accepted", fault: null };
  }
}

/** What the ERP's hold, or its end, means for the job orders. What is finally confirmed holds nothing that has begun. */
function command(before: OperationsRequest | null, now: OperationsRequest): "hold" | "resume" | null {
  if (isDispatched(now)) return before && !isDispatched(before) ? "resume" : null;
  return now.state === "Completed" ? null : "hold";
}

async function change(
  tx: Tx,
  rows: readonly JobOrderRow[],
  by: (row: JobOrderRow) => JobOrderRow,
  told: "hold" | "resume" | "cancel" | null,
): Promise<void> {
  for (const row of rows.map(by)) {
    const state = told ? afterCommand(row.jobOrder.state, told) : row.jobOrder.state;
    await tx.jobOrders.save({ ...row, jobOrder: { ...row.jobOrder, state } });
  }
}

async function take(
  tx: Tx,
  ports: Pick<AcceptPorts, "site" | "erp">,
  request: OperationsRequest,
  held: RequestRow | null,
  places: readonly SegmentPlace[],
  before: readonly JobOrderRow[],
  now: Instant,
): Promise<void> {
  await tx.requests.save(request, held, now);
  const wanted = makeJobOrders(request, places);
  // Machines and instructions may know the old ones: they are kept, and what is no longer wanted is cancelled.
  const isWanted = new Set(wanted.map((jobOrder) => jobOrder.id));
  const unwanted = before.filter((row) => !isWanted.has(row.jobOrder.id));
  await change(tx, unwanted, (row) => row, "cancel");
  await tx.jobOrders.insert(
    isDispatched(request) ? wanted : wanted.map((jobOrder) => ({ ...jobOrder, state: "held" })),
  );
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

/** A job order that has begun keeps its counts. Of a split operation the first one takes the difference. */
function changed(row: JobOrderRow, all: readonly JobOrderRow[], request: OperationsRequest): JobOrderRow {
  const segment = request.segments.find((s) => s.id === row.jobOrder.segment);
  if (!segment) return row;
  const part = Number(row.jobOrder.dispatchKey.split("|").at(-1) ?? "0");
  const others = all.filter((o) => o.jobOrder.segment === segment.id && o.jobOrder.id !== row.jobOrder.id);
  const left = others.reduce((micro, o) => micro - o.jobOrder.quantity.micro, segment.quantity.micro);
  const quantity = part === 0 && left > 0n ? { ...segment.quantity, micro: left } : row.jobOrder.quantity;
  return { ...row, jobOrder: { ...row.jobOrder, quantity, dispatchKey: dispatchKey(request, segment, part) } };
}

function hasBegun(row: JobOrderRow): boolean {
  const { state } = row.jobOrder;
  // A decision that it is final is not undone by a change of the order.
  if (state === "running" || state === "completed") return true;
  return row.runsEnded > 0 || row.goodMicro !== 0n || row.scrapMicro !== 0n;
}

function isWork(request: OperationsRequest): boolean {
  return isDispatched(request) || request.state === "Completed";
}
