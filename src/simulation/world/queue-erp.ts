/**
 * The connector of an ERP that takes what it is given into a queue (`erp-queue`), as D365 does: its answer says "queued"
 * and nothing about posting, so to us it is the same doubt as no answer. What became of it is asked by the reference
 * that messages and documents echo.
 */
import { makeFault, type Fault } from "../../base/result.ts";
import type { Envelope, ErpConnector, PushOutcome, ResolveOutcome } from "../../erp/connector.ts";
import type { AnswerLine } from "./answer-line.ts";
import { erpTimeoutMs, type SimulatedErp } from "./erp.ts";
import { deskConnector, lookUp, orderOf, postSlip, slipName, slipOf } from "./erp-desk.ts";
import type { ErpQueue, Given } from "./erp-queue.ts";
import type { Actor, Schedule } from "./schedule.ts";

interface QueueWorld {
  readonly erp: SimulatedErp;
  readonly queue: ErpQueue;
  readonly schedule: Schedule;
  readonly caller: Actor;
}

/** What "200" means there, and what is said of a message until it is posted or canceled. */
export const queued = makeFault("ambiguous", "exchange/push-failed", "The ERP has it in its queue, not posted yet.");
const other = makeFault("conflict", "erp/sap-content-differs", "The ERP's document with our key says something else.");
const silent = makeFault("ambiguous", "exchange/push-failed", "The ERP did not answer.");
const busy = makeFault("transient", "erp/sap-busy", "The ERP takes no call at the moment.");

/** @param orders  the connector by which orders are read; nothing else of it is used */
export function queueConnector(orders: ErpConnector, world: QueueWorld): ErpConnector {
  const line = world.erp.answerLine<PushOutcome>();
  return deskConnector("queue", orders, (reader) => ({
    push: (envelope) => push(world, line, envelope),
    resolve: (envelope) => resolve(world, envelope),
    documents: (request, stop) => reader.documents(request, stop),
  }));
}

async function push(world: QueueWorld, line: AnswerLine<PushOutcome>, envelope: Envelope): Promise<PushOutcome> {
  const { erp, queue, schedule, caller } = world;
  const fault = erp.gate.faults.take({ calls: "write", path: "/queue" });
  const clock = schedule.clock(erp.actor);
  await clock.sleep(40);
  if (fault?.kind === "unavailable" || fault?.kind === "too-many-calls") {
    await schedule.step(caller);
    const retryAfterMs = fault.kind === "too-many-calls" ? fault.retryAfterSeconds * 1000 : null;
    return line.pass({ outcome: "not-applied", fault: busy, retryAfterMs }, false);
  }
  if (fault?.kind === "late-commit") {
    // Whoever gives up waiting does not stop it.
    schedule.at(schedule.now + fault.ms, () => queue.take(givenOf(world, envelope, false)));
    await clock.sleep(erpTimeoutMs);
  } else if (fault?.kind !== "request-lost") queue.take(givenOf(world, envelope, false));
  await schedule.step(caller);
  const isSilent = fault !== null && silences.has(fault.kind);
  if (isSilent) return { outcome: "in-doubt", fault: silent };
  // It names no document: that of another one says the same.
  return line.pass({ outcome: "in-doubt", fault: queued }, true);
}

const silences: ReadonlySet<string> = new Set(["request-lost", "reply-lost", "late-commit", "failed-after"]);

/** @param isAgain  the line has brought it once more */
function givenOf(world: Pick<QueueWorld, "erp" | "queue">, envelope: Envelope, isAgain: boolean): Given {
  const { erp, queue } = world;
  const post: Given["post"] = () => {
    const posted = postSlip(erp.gate.books, envelope);
    erp.written();
    if (posted.outcome === "confirmed" && !isAgain)
      erp.done(slipName(envelope), async () => {
        queue.take(givenOf(world, envelope, true));
        return true;
      });
    return posted.outcome === "refused" ? posted : null;
  };
  return { reference: envelope.key, order: orderOf(envelope), post };
}

/** First the queue, then the documents: what leaves the queue between both questions is found by the second one. */
async function resolve({ erp, queue, schedule, caller }: QueueWorld, envelope: Envelope): Promise<ResolveOutcome> {
  const unasked = await call(erp, schedule);
  const messages = queue.of(envelope.key).map(({ state, refusal }) => ({ state, refusal }));
  await schedule.step(caller);
  if (unasked) return { outcome: "unknown", fault: unasked };
  if (messages.some(({ state }) => state === "queued" || state === "failed"))
    return { outcome: "unknown", fault: queued };
  const unread = await call(erp, schedule);
  const found = lookUp(erp.gate.books, slipOf(envelope.bytes));
  await schedule.step(caller);
  if (unread) return { outcome: "unknown", fault: unread };
  if (found && !found.isSame) return { outcome: "differs", fault: other };
  if (found) return { outcome: "applied", document: { number: found.number, kind: envelope.kind } };
  return messages.findLast(({ state }) => state === "canceled")?.refusal ?? { outcome: "absent" };
}

/** @returns why nothing can be read now */
async function call(erp: SimulatedErp, schedule: Schedule): Promise<Fault | null> {
  const fault = erp.gate.faults.take({ calls: "read", path: "/queue" });
  await schedule.clock(erp.actor).sleep(40);
  return fault ? busy : null;
}
