/**
 * A call that hands a document over an ERP's desk, as a caller sees it: it takes time, it may be lost on its way or on its
 * way back, and after a while nobody waits any more, whatever the ERP still does.
 */
import { makeFault } from "../../base/result.ts";
import type { Envelope, PushOutcome } from "../../erp/connector.ts";
import type { Books } from "../erp/books.ts";
import type { AnswerLine } from "./answer-line.ts";
import { erpTimeoutMs, type SimulatedErp } from "./erp.ts";
import { slipName } from "./erp-desk.ts";
import type { Actor, Schedule } from "./schedule.ts";

export interface DeskWorld {
  readonly erp: SimulatedErp;
  readonly schedule: Schedule;
  readonly caller: Actor;
}

/** What it answers to a document: its reference, and what became of it. */
export interface DeskAnswer {
  readonly reference: string;
  readonly outcome: PushOutcome;
}

/** What the desk does with a document that has come to it. */
interface Desk {
  readonly post: (books: Books, envelope: Envelope) => PushOutcome;
  /** The line has brought it once more. @returns whether it was done once more */
  readonly again: (books: Books, envelope: Envelope) => boolean;
}

export async function callDesk(
  { erp, schedule, caller }: DeskWorld,
  line: AnswerLine<DeskAnswer>,
  desk: Desk,
  envelope: Envelope,
): Promise<PushOutcome> {
  const clock = schedule.clock(erp.actor);
  const over = new AbortController();
  const answered = answer(erp, clock, desk, envelope).then((outcome) => {
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

/** Nobody has heard what became of it. */
export const silent: PushOutcome = {
  outcome: "in-doubt",
  fault: makeFault("ambiguous", "exchange/push-failed", "The ERP did not answer."),
};
export const busy = makeFault("transient", "erp/sap-busy", "The ERP takes no call at the moment.");

async function answer(
  erp: SimulatedErp,
  clock: { sleep(ms: number): Promise<void> },
  desk: Desk,
  envelope: Envelope,
): Promise<PushOutcome> {
  const fault = erp.gate.faults.take({ calls: "write", path: "/transactions" });
  await clock.sleep(40);
  if (fault?.kind === "request-lost") return silent;
  const retryAfterMs = fault?.kind === "too-many-calls" ? fault.retryAfterSeconds * 1000 : null;
  if (retryAfterMs !== null || fault?.kind === "unavailable" || fault?.kind === "locked")
    return { outcome: "not-applied", fault: busy, retryAfterMs };
  if (fault?.kind === "late-commit") await clock.sleep(fault.ms);
  const posted = desk.post(erp.gate.books, envelope);
  erp.written();
  if (posted.outcome === "confirmed") erp.done(slipName(envelope), async () => desk.again(erp.gate.books, envelope));
  const isLost = fault?.kind === "reply-lost" || fault?.kind === "failed-after" || fault?.kind === "late-commit";
  return isLost ? silent : posted;
}
