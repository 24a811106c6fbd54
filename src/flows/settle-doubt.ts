/**
 * A posting about which nobody knows whether the ERP has it: a person says so, and the ERP is asked once more before it
 * counts. The question to the ERP is asked with no transaction open.
 */
import { isCutOtherwise } from "../exchange/settlement.ts";
import { fail, makeFault, type Fault, type Result } from "../base/result.ts";
import type { Envelope, ResolveOutcome } from "../erp/connector.ts";
import { change, decidePosting, type DecidedPosting, type DecidePosting } from "./decide-posting.ts";
import type { DecidablePosting } from "./decision-ports.ts";
import type { MendPorts } from "./mend-ports.ts";

export interface ConfirmPosting extends DecidePosting {
  /** The ERP's document number, as a person reads it there. */
  readonly document: string;
}

type DoubtPorts = Pick<MendPorts, "store" | "site" | "clock" | "session">;

/**
 * "It is there": confirmed with the ERP's document number. What the ERP itself says under our key goes before what the
 * person says; a document that the ERP has with another content, or about which it cannot be asked, is the person's to judge.
 *
 * @fault invalid   decision/no-document     no number was given
 * @fault transient decision/erp-unasked     the ERP could not be asked: wait for it, then decide again
 * @fault conflict  decision/not-in-erp      the ERP says that it has nothing under our key
 * @fault conflict  decision/other-document  the ERP has it under another number
 * @fault conflict  decision/changed, decision/not-possible
 */
export async function confirmPosting(
  ports: DoubtPorts,
  command: ConfirmPosting,
  signal: AbortSignal,
): Promise<Result<DecidedPosting>> {
  const answer = await askErp(ports, command.posting, signal);
  return decidePosting(ports, "there", command, ({ tx, posting, now }) => {
    const document = documentOf(command.document.trim(), answer);
    return document.ok
      ? change(tx, posting, "confirm", { document: document.value }, command.id, now)
      : Promise.resolve(document);
  });
}

/**
 * "It is not there": the ERP is asked, and when it says the same twice after its settle time, it is sent again. Of an ERP
 * that cannot be asked the person's word counts, once the settle time is over; so it does where the ERP does not have it, and
 * the question was whether another document of its run holds part of it.
 *
 * @fault conflict decision/changed, decision/not-possible
 */
export async function denyPosting(
  ports: DoubtPorts,
  command: DecidePosting,
  signal: AbortSignal,
): Promise<Result<DecidedPosting>> {
  const answer = await askErp(ports, command.posting, signal);
  return decidePosting(ports, "not-there", command, ({ tx, posting, now }) => {
    // It is with a person only when the settle time is over: see `exchange/settlement`.
    const isTheirs =
      posting.state === "needs-person" &&
      (answer.outcome === "unanswerable" || (answer.outcome === "absent" && isCutOtherwise(posting)));
    return change(tx, posting, isTheirs ? "retry" : "doubt", { dueAt: now }, command.id, now);
  });
}

function documentOf(said: string, answer: ResolveOutcome): Result<string> {
  if (said === "") {
    return fail("invalid", "decision/no-document", "Give the number of the document as the ERP shows it.");
  }
  switch (answer.outcome) {
    case "applied": {
      const { number } = answer.document;
      if (number === said) return { ok: true, value: number };
      const text = `The ERP has it under the number ${number}, not ${said}. Give that number, or look there again.`;
      return fail("conflict", "decision/other-document", text);
    }
    case "differs":
    case "unanswerable":
      return { ok: true, value: said };
    case "refused":
    case "absent": {
      const text =
        'The ERP has nothing under our key. Say "it is not there"; a document that somebody posted by hand is a reason to dismiss.';
      return fail("conflict", "decision/not-in-erp", text);
    }
    case "unknown":
      return fail("transient", "decision/erp-unasked", `${answer.fault.message} Decide again when the ERP answers.`);
  }
}

async function askErp(ports: DoubtPorts, id: string, signal: AbortSignal): Promise<ResolveOutcome> {
  const asked = await ports.store.transaction(async (tx) => {
    const posting = await tx.decisions.posting(id);
    const [request] = posting ? await tx.requests.get([posting.request]) : [];
    return posting && request ? { posting, request } : null;
  });
  // An unknown posting, or one that is not in doubt, is refused in the transaction that decides.
  if (!asked || (asked.posting.state !== "in-doubt" && asked.posting.state !== "needs-person")) {
    return unasked(makeFault("transient", "decision/erp-unasked", "The ERP was not asked."));
  }
  const session = ports.session(asked.posting.erp);
  if (!session) {
    return unasked(makeFault("transient", "decision/erp-unasked", `${asked.posting.erp} is not connected now.`));
  }
  const envelope = envelopeOf(asked.posting);
  const composed = envelope
    ? { ok: true as const, value: envelope }
    : session.compose(asked.posting.key, asked.request, asked.posting.content);
  if (!composed.ok) return unasked(composed.fault);
  try {
    return await session.resolve(composed.value, signal);
  } catch (error) {
    return unasked(makeFault("transient", "decision/erp-unasked", "The ERP could not be asked.", error));
  }
}

function envelopeOf({ key, kind, envelope }: DecidablePosting): Envelope | null {
  return envelope && { key, kind, bytes: envelope };
}

function unasked(fault: Fault): ResolveOutcome {
  return { outcome: "unknown", fault };
}
