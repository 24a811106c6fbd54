/**
 * One message of an ERP: kept in its original bytes, understood, judged, and turned into job orders, or into
 * quarantine with a reason. A refusal is a verdict too and commits.
 */
import type { Clock } from "../base/clock.ts";
import type { Instant } from "../base/instant.ts";
import { postingKey, contentId } from "../base/id.ts";
import type { Fault, Result } from "../base/result.ts";
import type { ErpSession, InboundMessage } from "../erp/connector.ts";
import type { JobOrder, JobOrderState } from "../isa95/schedule/job-order.ts";
import type { OperationsRequest } from "../isa95/schedule/operations-request.ts";
import { judgeRequest } from "../operations/order/acceptance.ts";
import { decideOrder, isDispatched, isGone, isHeldByErp } from "../operations/order/change.ts";
import { dispatchKey, makeJobOrders, shareAgain, type SegmentPlace } from "../operations/order/job-order.ts";
import { isReleased } from "../operations/order/operation.ts";
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
  const { erp } = ports;
  const judged = await judgeMessage(ports, message);
  const now = ports.clock.now();
  return ports.store.transaction(async (tx) => {
    const id = await tx.inbox.receive(erp, message, now);
    if (id === null) return "known";
    const { verdict, fault } = await takeUp(tx, ports, judged, message, now);
    const kept = fault === null ? verdict : "quarantined";
    await tx.inbox.settle(id, kept, fault);
    const subject = `${erp}/${message.number}`;
    if (fault) await tx.attention.quarantine("order", subject, fault, { message: id, number: message.number }, now);
    else await tx.attention.resolve("order", subject, now);
    return kept;
  });
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
export async function judgeMessage(
  ports: Omit<AcceptPorts, "session"> & { readonly session: Pick<ErpSession, "interpret"> },
  message: InboundMessage,
): Promise<JudgedMessage> {
  const { site } = ports;
  const understood = ports.session.interpret(message);
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
  const open = await openRuns(tx, jobOrders);
  const begun = jobOrders.some((row) => hasBegun(row) || open.has(row.jobOrder.id));
  const decision = decideOrder(held?.request ?? null, request, begun);
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
      await applyNow(tx, { before: held?.request ?? null, request, jobOrders, open, places: places.value });
      return { verdict: "accepted", fault: null };
    case "cancel":
      await tx.requests.save(request, held, now);
      await cancel(tx, jobOrders);
      return { verdict: "accepted", fault: null };
  }
}

/** Ids of the job orders of which a run is open; one that is held does not show it. */
async function openRuns(tx: Tx, rows: readonly JobOrderRow[]): Promise<ReadonlySet<string>> {
  const open = new Set<string>();
  for (const { jobOrder } of rows) if ((await tx.runs.openCount(jobOrder.id)) > 0) open.add(jobOrder.id);
  return open;
}

interface Change {
  readonly before: OperationsRequest | null;
  readonly request: OperationsRequest;
  readonly jobOrders: readonly JobOrderRow[];
  readonly open: ReadonlySet<string>;
  readonly places: readonly SegmentPlace[];
}

/** What may change of an order that has begun, and what the ERP's hold, or the end of one, means for its job orders. */
async function applyNow(tx: Tx, now: Change): Promise<void> {
  const { before, request, jobOrders, open, places } = now;
  const isMade = (row: JobOrderRow): boolean => row.goodMicro > 0n && row.runsEnded > 0;
  const made = new Set(jobOrders.filter(isMade).map((row) => row.jobOrder.segment));
  const wanted = new Map(makeJobOrders(request, places).map((jobOrder) => [jobOrder.id, jobOrder]));
  for (const { row, isOver } of changed(now, wanted)) {
    const { id, segment: name, state } = row.jobOrder;
    const told = isOver ? "cancel" : commandOf(before, request, wanted.has(id));
    const after = told ? afterCommand(state, told) : state;
    const segment = request.segments.find((s) => s.id === name);
    const goesOn = told === "resume" || told === "reinstate";
    const mayGo = goesOn && segment !== undefined && isReleased(request, segment, (s) => made.has(s));
    const released = mayGo ? afterCommand(after, "release") : after;
    // It may have been held or taken back while it ran, and run still.
    await save(tx, row, goesOn && open.has(id) ? afterCommand(released, "start") : released);
  }
}

/** @param isWanted false for what an earlier change has made superfluous: it stays cancelled */
function commandOf(
  before: OperationsRequest | null,
  now: OperationsRequest,
  isWanted: boolean,
): "hold" | "resume" | "reinstate" | null {
  if (isHeldByErp(now)) return "hold";
  if (before && isGone(before)) return isWanted ? "reinstate" : null;
  return before && isDispatched(now) && !isDispatched(before) ? "resume" : null;
}

async function cancel(tx: Tx, rows: readonly JobOrderRow[]): Promise<void> {
  for (const row of rows) await save(tx, row, afterCommand(row.jobOrder.state, "cancel"));
}

function save(tx: Tx, row: JobOrderRow, state: JobOrderState): Promise<void> {
  return tx.jobOrders.save({ ...row, jobOrder: { ...row.jobOrder, state } });
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
  await cancel(tx, unwanted);
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

interface Changed {
  readonly row: JobOrderRow;
  /** Nothing is left to be made for it. */
  readonly isOver: boolean;
}

/** Job orders of an order that has begun keep their counts; what an operation asks for is shared among its parts anew. */
function changed(
  { before, request, jobOrders, open }: Change,
  wanted: ReadonlyMap<string, JobOrder>,
): readonly Changed[] {
  const goesOn = before !== null && isGone(before);
  const isCounted = ({ id, state }: JobOrder): boolean =>
    (state !== "cancelled" && state !== "aborted") || (goesOn && wanted.has(id));
  return request.segments.flatMap((segment) => {
    const own = jobOrders.filter(({ jobOrder }) => jobOrder.segment === segment.id);
    const parts = own.filter(({ jobOrder }) => isCounted(jobOrder)).toSorted((a, b) => partOf(a) - partOf(b));
    const held = parts.map((row) => ({
      micro: row.jobOrder.quantity.micro,
      madeMicro: row.goodMicro,
      hasBegun: hasBegun(row) || open.has(row.jobOrder.id),
    }));
    const shares = shareAgain(held, segment.quantity.micro);
    return own.map((row) => {
      const share = parts.includes(row) ? shares[parts.indexOf(row)] : row.jobOrder.quantity.micro;
      const micro = share ?? row.jobOrder.quantity.micro;
      const key = dispatchKey(request, segment, partOf(row));
      const setup = wanted.get(row.jobOrder.id)?.setup ?? row.jobOrder.setup;
      const jobOrder = { ...row.jobOrder, quantity: { ...row.jobOrder.quantity, micro }, dispatchKey: key, setup };
      return { row: { ...row, jobOrder }, isOver: share === null };
    });
  });
}

function partOf({ jobOrder }: JobOrderRow): number {
  return Number(jobOrder.dispatchKey.split("|").at(-1) ?? "0");
}

function hasBegun(row: JobOrderRow): boolean {
  const { state } = row.jobOrder;
  // A decision that it is final is not undone by a change of the order.
  if (state === "running" || state === "completed") return true;
  return row.runsEnded > 0 || [row.goodMicro, row.scrapMicro, row.reworkMicro].some((micro) => micro !== 0n);
}

function isWork(request: OperationsRequest): boolean {
  return isDispatched(request) || request.state === "Completed";
}
