/**
 * One message of an ERP: kept in its original bytes, understood, judged, and turned into job orders, or into
 * quarantine with a reason. A refusal is a verdict too and commits.
 */
import type { Clock } from "../base/clock.ts";
import { contentId } from "../base/id.ts";
import type { Instant } from "../base/instant.ts";
import { fail, ok, type Fault, type Result } from "../base/result.ts";
import type { Conversation, ErpSession, InboundMessage } from "../erp/connector.ts";
import type { OperationsRequest } from "../isa95/schedule/operations-request.ts";
import { judgeAmounts, judgeRequest, type AcceptanceScope } from "../operations/order/acceptance.ts";
import { decideOrder, isDispatched, isGone, type OrderDecision } from "../operations/order/change.ts";
import { makeJobOrders, type SegmentPlace } from "../operations/order/job-order.ts";
import { keptRequest } from "../operations/order/kept-request.ts";
import { isOlder } from "../operations/order/version.ts";
import type { Site } from "../site/site.ts";
import type { RefusedOrder } from "./attention-ports.ts";
import { changeOrder, heldOrder } from "./change-order.ts";
import { placesOf, type Evaluate } from "./segment-place.ts";
import type { Store, Tx } from "./ports.ts";

export interface AcceptPorts {
  readonly store: Store;
  readonly site: Site;
  readonly clock: Clock;
  readonly erp: string;
  readonly session: ErpSession;
  readonly evaluate: Evaluate;
}

export type Verdict = "accepted" | "unchanged" | "quarantined" | "known";

/**
 * What the database will not have of a message is that message's fault: it stands in quarantine, and the others go on.
 *
 * @returns `known` when the very same message was taken before
 */
export async function acceptMessage(ports: AcceptPorts, message: InboundMessage): Promise<Verdict> {
  const judged = await judgeMessage(ports, message);
  try {
    return await takeInAlone(ports, judged, message);
  } catch (error) {
    if (!isOfContent(error)) throw error;
    const refused = fail(
      "invalid",
      "order/unkeepable",
      `Order ${message.number} cannot be kept: ${error.message}.`,
      error,
    );
    return takeInAlone(ports, { version: judged.version, request: refused, places: refused }, message);
  }
}

function takeInAlone(ports: AcceptPorts, judged: JudgedMessage, message: InboundMessage): Promise<Verdict> {
  const now = ports.clock.now();
  const { site, erp, session } = ports;
  const taking = { site, erp, conversation: session.conversation };
  return ports.store.transaction(async (tx) =>
    (await isSaidAgain(tx, taking, message)) ? "known" : (await takeIn(tx, taking, judged, message, now)).verdict,
  );
}

/**
 * Of what is polled: what an order's last message said is nothing new. Many an ERP writes its document anew for each poll,
 * under another name.
 */
export async function isSaidAgain(tx: Tx, { erp, conversation }: TakePorts, message: InboundMessage): Promise<boolean> {
  const last = conversation ? await tx.inbox.last(erp, message.number) : null;
  // One that was refused for its name alone was not heard.
  if (last === null || last.idempotencyKey.includes(besideMark)) return false;
  return conversation?.reused(last, message) === null;
}

export interface TakePorts extends Pick<AcceptPorts, "site" | "erp"> {
  /** Of an ERP whose keys are its own word; see `Conversation`. */
  readonly conversation?: Pick<Conversation, "reused"> | undefined;
}

/** SQLSTATE classes: data that no column of that kind can hold, and more than the database's limits allow. */
function isOfContent(error: unknown): error is Error {
  return error instanceof Error && "code" in error && /^(22|54)[0-9A-Z]{3}$/.test(String(error.code));
}

export interface TakenIn {
  readonly verdict: Verdict;
  /** Why it stands in quarantine. */
  readonly fault: Fault | null;
}

/** Keeps a judged message and takes it over, or puts it into quarantine. Part of the caller's transaction. */
export async function takeIn(
  tx: Tx,
  ports: TakePorts,
  judged: JudgedMessage,
  message: InboundMessage,
  now: Instant,
): Promise<TakenIn> {
  const { erp } = ports;
  const { id, reused } = await received(tx, ports, message, now);
  if (id === null) return { verdict: "known", fault: reused };
  const { verdict, fault, decision } = reused
    ? { verdict: "unchanged" as const, fault: reused, decision: null }
    : await takeUp(tx, ports, judged, message, now);
  const kept = fault === null ? verdict : "quarantined";
  await tx.inbox.settle(id, kept, fault, decision);
  const subject = `${erp}/${message.number}`;
  const refused = await tx.attention.refusedVersion(subject);
  // What comes late says nothing about a newer version that was refused: that one still waits for people.
  if (refused !== null && isOlder(judged.version, refused)) return { verdict: kept, fault };
  if (fault) await tx.attention.quarantine("order", subject, fault, refusedOrder(judged, message, id), now);
  else await tx.attention.resolve("order", subject, now);
  return { verdict: kept, fault };
}

const besideMark = "#reused:";

/** Under the key of another message it is kept too, beside it: people decide what it means. */
async function received(
  tx: Tx,
  { erp, conversation }: TakePorts,
  message: InboundMessage,
  now: Instant,
): Promise<{ readonly id: number | null; readonly reused: Fault | null }> {
  const id = await tx.inbox.receive(erp, message, now);
  const kept = id === null && conversation ? await tx.inbox.kept(erp, message.idempotencyKey) : null;
  const reused = (kept && conversation?.reused(kept, message)) ?? null;
  if (reused === null) return { id, reused };
  const content = contentId("reused", Buffer.from(message.bytes).toString("latin1"));
  const beside = `${message.idempotencyKey}${besideMark}${content}`;
  return { id: await tx.inbox.receive(erp, { ...message, idempotencyKey: beside }, now), reused };
}

/** What quarantine keeps of an order: which message is to be read again, and how old it is. @param id of the message */
export function refusedOrder({ version }: JudgedMessage, { number }: InboundMessage, id: number): RefusedOrder {
  return { message: id, number, version };
}

/** A message as it was understood and judged, with the places where it is to be done. */
export interface JudgedMessage {
  /** The ERP's version of the order; empty for a message that names none, or was not understood. */
  readonly version: string;
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
  const kept = understood.ok ? keptRequest(understood.value) : understood;
  const judged = kept.ok ? judgeByState(kept.value, scope) : kept;
  // Expressions are evaluated before the transaction; their results are kept with the job orders.
  const places = judged.ok ? await placesOf(site, judged.value, ports.evaluate) : judged;
  // Not the order's fault: it is not settled now and comes again with the next pull.
  if (!places.ok && places.fault.kind === "transient") throw new Error(places.fault.message, { cause: places.fault });
  return { version: understood.ok ? understood.value.version : "", request: judged, places };
}

export interface Settled {
  readonly verdict: "accepted" | "unchanged";
  readonly fault: Fault | null;
  /** What was decided about the order; null when the message was not understood. */
  readonly decision: OrderDecision | null;
}

/** Takes a judged message over: the order, its job orders, what a change means. Part of the caller's transaction. */
export async function takeUp(
  tx: Tx,
  ports: Pick<AcceptPorts, "site" | "erp">,
  { request: judged, places }: JudgedMessage,
  message: InboundMessage,
  now: Instant,
): Promise<Settled> {
  if (!judged.ok) return { verdict: "unchanged", fault: judged.fault, decision: null };
  if (!places.ok) return { verdict: "unchanged", fault: places.fault, decision: null };
  const request = judged.value;
  const held = await heldOrder(tx, request.id);
  const wanted = makeJobOrders(request, places.value);
  const decision = decideOrder(held, request, wanted);
  if (decision.decision === "unchanged") return { verdict: "unchanged", fault: null, decision };
  if (decision.decision === "refuse") {
    const text = `Order ${message.number} was not taken over: ${decision.why ?? ""}`;
    const fault = { kind: "conflict", code: "order/change-refused", message: text } as const;
    return { verdict: "unchanged", fault, decision };
  }
  await changeOrder({ tx, ports, request, held, wanted, now }, decision);
  return { verdict: "accepted", fault: null, decision };
}

/**
 * Only an order that can be dispatched is judged as work. What else a version of one that has begun asks for is worked with
 * all the same; of one that ends the order nothing is taken over but that.
 */
function judgeByState(request: OperationsRequest, scope: AcceptanceScope): Result<OperationsRequest> {
  if (isDispatched(request) || request.state === "Completed") return judgeRequest(request, scope);
  return isGone(request) ? ok(request) : judgeAmounts(request);
}
