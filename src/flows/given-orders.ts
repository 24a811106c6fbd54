/**
 * Orders inside of a document that a partner gave us: judged before the transaction, taken over or withdrawn in it, each
 * for itself. A wrong one goes to quarantine and the others are accepted.
 */
import type { Instant } from "../base/instant.ts";
import { fail, ok, type Fault, type Result } from "../base/result.ts";
import type { GivenOrder, InboundMessage } from "../erp/connector.ts";
import type { Document } from "../isa95/b2mml/document.ts";
import type { Information } from "../isa95/b2mml/information.ts";
import type { MessageVerdict } from "../isa95/conversation/answer.ts";
import type { Intent } from "../isa95/conversation/offer.ts";
import { requestId } from "../isa95/schedule/operations-request.ts";
import {
  isSaidAgain,
  judgeRequestHere,
  takeIn,
  type AcceptPorts,
  type JudgedMessage,
  type JudgePorts,
  type TakenIn,
  type TakePorts,
  type Verdict,
} from "./accept-order.ts";
import type { Tx } from "./ports.ts";

export interface JudgedOrder extends GivenOrder {
  readonly judged: JudgedMessage;
}

/** What became of the orders of one message. */
export interface Outcome {
  readonly verdict: MessageVerdict;
  /** Why something was not done, a sentence each with its place. */
  readonly reasons: readonly string[];
  /** Numbers of the orders that were done. */
  readonly done: ReadonlySet<string>;
}

type On = TakePorts;

/**
 * Judges every order by the site as it is. What is to be withdrawn is not judged as work: it is known or it is not.
 *
 * @fault transient b2mml/not-judged  for a cause that goes away: nothing is settled, the message may come again
 */
export async function judgeOrders(
  ports: JudgePorts,
  orders: readonly GivenOrder[],
  intent: Intent,
): Promise<Result<readonly JudgedOrder[]>> {
  const judged: JudgedOrder[] = [];
  for (const order of orders) {
    if (intent === "withdraw") {
      judged.push({ ...order, judged: withdrawalOf(order.request) });
      continue;
    }
    try {
      judged.push({ ...order, judged: await judgeRequestHere(ports, order.request) });
    } catch (error) {
      const text = `Order ${order.message.number} could not be judged now; nothing was changed. Send it again in a minute.`;
      return fail("transient", "b2mml/not-judged", text, error);
    }
  }
  return ok(judged);
}

export function takeOrders(tx: Tx, on: On, orders: readonly JudgedOrder[], now: Instant): Promise<Outcome> {
  return forEach(orders, async ({ judged, message }) => (await takeIn(tx, on, judged, message, now)).fault);
}

/** Of an order that was refused on reading only its number is known, and that is enough to withdraw it. */
export function withdrawOrders(tx: Tx, on: On, orders: readonly JudgedOrder[], now: Instant): Promise<Outcome> {
  return forEach(orders, async ({ message }) => (await withdrawOrder(tx, on, message, now)).fault);
}

/** One that was polled. */
export async function withdrawMessage(ports: AcceptPorts, message: InboundMessage): Promise<Verdict> {
  const { store, clock, site, erp, session } = ports;
  const on = { site, erp, conversation: session.conversation };
  return store.transaction(async (tx) =>
    (await isSaidAgain(tx, on, message)) ? "known" : (await withdrawOrder(tx, on, message, clock.now())).verdict,
  );
}

async function withdrawOrder(tx: Tx, on: On, message: InboundMessage, now: Instant): Promise<TakenIn> {
  const company = on.site.erp(on.erp)?.company ?? "";
  const { number } = message;
  const held = await tx.requests.lock(requestId({ erp: on.erp, company, number }));
  if (held) return takeIn(tx, on, withdrawalOf(ok({ ...held.request, state: "Cancelled" })), message, now);
  const text = `There is no order ${number} to be cancelled: it was never taken over.`;
  return takeIn(tx, on, withdrawalOf(fail("refused", "b2mml/unknown-order", text)), message, now);
}

/** Whatever version the message shows, it means the order and not a version of it: it is older than none. */
function withdrawalOf(request: JudgedMessage["request"]): JudgedMessage {
  return { version: "", request, places: ok([]) };
}

async function forEach(
  orders: readonly JudgedOrder[],
  act: (order: JudgedOrder) => Promise<Fault | null>,
): Promise<Outcome> {
  const reasons: string[] = [];
  const done = new Set<string>();
  for (const order of orders) {
    const fault = await act(order);
    if (fault === null) done.add(order.message.number);
    else reasons.push(...reasonsOf(order.message.number, fault));
  }
  const verdict = reasons.length === 0 ? "whole" : done.size > 0 ? "part" : "none";
  return { verdict, reasons, done };
}

/** A sentence for each thing that is wrong, with its place where there is one. */
function reasonsOf(number: string, { message, errors }: Fault): readonly string[] {
  if (errors === undefined || errors.length === 0) return [`Order ${number}: ${message}`];
  return errors.map((error) => `Order ${number}: ${error.at}: ${error.message}`);
}

/** What an answer shows of a schedule: its head, and of each order that was done what names it. */
export function acceptedOf(document: Document, { done }: Outcome): readonly object[] {
  if (document.noun !== "OperationsSchedule") return [];
  return document.content.map((schedule: Information<"OperationsSchedule">) => ({
    ...schedule,
    OperationsRequest: schedule.OperationsRequest.filter(({ ID }) => done.has(ID)).map(namesOf),
  }));
}

function namesOf(request: Information<"OperationsRequest">): Information<"OperationsRequest"> {
  const { ID, Version, RequestState, SegmentRequirement } = request;
  return {
    ID,
    ...(Version !== undefined && { Version }),
    ...(RequestState !== undefined && { RequestState }),
    SegmentRequirement: SegmentRequirement.map(
      ({ ID: id, ProcessSegmentID, OperationsDefinitionID, OperationsSegmentID }) => ({
        ID: id,
        ProcessSegmentID,
        OperationsDefinitionID,
        OperationsSegmentID,
      }),
    ),
  };
}
