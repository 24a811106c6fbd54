/** Sending a frozen document once and reading what the ERP made of it: taken over, refused, or doubt. */
import { guidOf } from "../../base/id.ts";
import { makeFault, type Fault } from "../../base/result.ts";
import type { Received } from "../../document/received.ts";
import type { Envelope, PushOutcome } from "../connector.ts";
import type { Answered, B2mmlClient } from "./client.ts";
import { retryAfterMs, type Sending } from "../http.ts";
import type { B2mmlConfig } from "./config.ts";
import { saidIn, type Said } from "./verdict.ts";

export async function push(
  client: B2mmlClient,
  config: B2mmlConfig,
  envelope: Envelope,
  sending: Sending,
): Promise<PushOutcome> {
  const { traceparent } = envelope;
  const headers = traceparent === undefined ? {} : { traceparent };
  return outcomeOf(await client.post(envelope.bytes, sending, headers), envelope, config);
}

function outcomeOf(answered: Answered, envelope: Envelope, { partner }: B2mmlConfig): PushOutcome {
  switch (answered.kind) {
    case "lost":
      return answered.sent
        ? { outcome: "in-doubt", fault: answered.fault }
        : { outcome: "not-applied", fault: answered.fault, retryAfterMs: null };
    case "unreadable":
      return { outcome: "in-doubt", fault: answered.fault };
    case "status":
      return ofStatus(answered, envelope);
    case "answer": {
      const said = saidOfOurs(answered.answer);
      if (said) return ofWords(said, envelope);
      if (answered.answer?.document.noun === "ErrorMessage")
        return { outcome: "in-doubt", fault: doubt("The ERP answered with an ErrorMessage.") };
      if (!partner.acknowledges) return confirmed(envelope);
      return { outcome: "in-doubt", fault: doubt("The ERP took the document and does not say what became of it.") };
    }
  }
}

function ofStatus({ reply, answer, fault }: Extract<Answered, { kind: "status" }>, envelope: Envelope): PushOutcome {
  const said = saidOfOurs(answer);
  if (said?.code === "rejected") return ofWords(said, envelope);
  if (fault.kind === "transient") return { outcome: "not-applied", fault, retryAfterMs: retryAfterMs(reply) };
  if (fault.kind === "ambiguous") return { outcome: "in-doubt", fault };
  // What is in conflict with what the ERP has may be in conflict with itself; so may be a status with what is said.
  if (said || reply.status === 409 || isNamedIn(reply.text, envelope))
    return { outcome: "in-doubt", fault: known(fault.message) };
  // A login that is refused can be mended without touching the document.
  return { outcome: "refused", fault, parked: fault.code === "erp/b2mml-login" };
}

/** A Show answers a question, and an answer about another noun something that we have not sent. */
function saidOfOurs(answer: Received | null): Said | null {
  const said = answer && saidIn(answer);
  const isOurs = said?.verb !== "Show" && (said?.noun === null || said?.noun === "OperationsPerformance");
  return isOurs ? said : null;
}

function ofWords({ code, word, why, about }: Said, envelope: Envelope): PushOutcome {
  const bodId = guidOf(envelope.key);
  if (about !== "" && about.toLowerCase() !== bodId) {
    return { outcome: "in-doubt", fault: doubt(`The ERP answered about ${about}, and ${bodId} was sent.`) };
  }
  switch (code) {
    case "accepted":
      return confirmed(envelope);
    case "unclear":
      return { outcome: "in-doubt", fault: known(`The ERP says "${word}", of which nobody knows what it means.`) };
    case "modified": {
      const text = `The ERP took ${envelope.kind} ${envelope.key} over and changed it${why === "" ? "" : `: ${why}`}.`;
      return { outcome: "in-doubt", fault: known(text) };
    }
    case "rejected": {
      if (isNamedIn(why, envelope)) return { outcome: "in-doubt", fault: known(`The ERP says: ${why}.`) };
      const text = `The ERP refuses ${envelope.kind} ${envelope.key}: ${why === "" ? "it gives no reason" : why}`;
      return { outcome: "refused", fault: makeFault("refused", "erp/b2mml-rejected", text), parked: false };
    }
  }
}

/** Who says no and names the document may say that it has it: "duplicate message …". */
function isNamedIn(words: string, { key }: Envelope): boolean {
  return [key, guidOf(key)].some((name) => words.toLowerCase().includes(name.toLowerCase()));
}

/** The ERP knows the document by our key: it has no number of its own in B2MML. */
function confirmed({ kind, key }: Envelope): PushOutcome {
  return { outcome: "confirmed", document: { kind, number: key } };
}

function doubt(words: string): Fault {
  return makeFault("ambiguous", "erp/b2mml-reply", asking(words));
}

/** It answers neither yes nor no for certain, and may have the document. */
function known(words: string): Fault {
  return makeFault("conflict", "erp/b2mml-known", asking(words));
}

function asking(words: string): string {
  return `${words} It is asked by key what it has.`;
}
