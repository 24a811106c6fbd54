/**
 * An ERP whose transactions are POST-only, as Oracle's are: nothing that was posted can be read back, a lost answer stays a
 * doubt until a person has looked, and a refusal comes inside of an answer that says "created".
 */
import { fail, makeFault } from "../../base/result.ts";
import type { Envelope, ErpConnector, PushOutcome } from "../../erp/connector.ts";
import type { AnswerLine } from "./answer-line.ts";
import { erpTimeoutMs, type SimulatedErp } from "./erp.ts";
import { deskConnector, postSlip, slipName } from "./erp-desk.ts";
import type { Actor, Schedule } from "./schedule.ts";

/** @param orders  the connector by which orders are read; nothing else of it is used */
export function blindConnector(
  orders: ErpConnector,
  world: { readonly erp: SimulatedErp; readonly schedule: Schedule; readonly caller: Actor },
): ErpConnector {
  const line = world.erp.answerLine<Answer>();
  return deskConnector("blind", orders, () => ({
    push: (envelope) => push(world, line, envelope),
    resolve: () => Promise.resolve({ outcome: "unanswerable" }),
    documents: async () => fail("invalid", "erp/sap-request", "This ERP does not show what was posted."),
  }));
}

/** What it answers to a document: its reference, and what became of it. */
interface Answer {
  readonly reference: string;
  readonly outcome: PushOutcome;
}

/** As a caller sees it: after a while nobody waits any more, whatever the ERP still does. */
async function push(
  { erp, schedule, caller }: Parameters<typeof blindConnector>[1],
  line: AnswerLine<Answer>,
  envelope: Envelope,
): Promise<PushOutcome> {
  const clock = schedule.clock(erp.actor);
  const over = new AbortController();
  const answered = answer(erp, clock, envelope).then((outcome) => {
    if (outcome === silent || over.signal.aborted) return outcome;
    const heard = line.pass({ reference: envelope.key, outcome }, outcome.outcome === "confirmed");
    // What is about another document says nothing of this one.
    return heard.reference === envelope.key ? heard.outcome : silent;
  });
  const tooLate = clock.sleep(erpTimeoutMs, over.signal).then(() => silent);
  const outcome = await Promise.race([answered, tooLate]);
  over.abort("answered");
  await schedule.step(caller);
  return outcome;
}

const silent: PushOutcome = {
  outcome: "in-doubt",
  fault: makeFault("ambiguous", "exchange/push-failed", "The ERP did not answer."),
};

async function answer(
  erp: SimulatedErp,
  clock: { sleep(ms: number): Promise<void> },
  envelope: Envelope,
): Promise<PushOutcome> {
  const fault = erp.gate.faults.take({ calls: "write", path: "/transactions" });
  await clock.sleep(40);
  if (fault?.kind === "request-lost") return silent;
  const retryAfterMs = fault?.kind === "too-many-calls" ? fault.retryAfterSeconds * 1000 : null;
  if (retryAfterMs !== null || fault?.kind === "unavailable" || fault?.kind === "locked") {
    const busy = makeFault("transient", "erp/sap-busy", "The ERP takes no call at the moment.");
    return { outcome: "not-applied", fault: busy, retryAfterMs };
  }
  if (fault?.kind === "late-commit") await clock.sleep(fault.ms);
  const posted = postSlip(erp.gate.books, envelope);
  erp.written();
  if (posted.outcome === "confirmed")
    erp.done(slipName(envelope), async () => postSlip(erp.gate.books, envelope).outcome === "confirmed");
  const isLost = fault?.kind === "reply-lost" || fault?.kind === "failed-after" || fault?.kind === "late-commit";
  return isLost ? silent : posted;
}
