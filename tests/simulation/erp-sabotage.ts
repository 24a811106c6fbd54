/** Mistakes of a connector, and of what is believed of its answers: each is one of the canaries of `sabotage`. */
import { toJson } from "../../src/base/json.ts";
import type { Envelope, ErpDocumentContent, ErpSession } from "../../src/erp/connector.ts";
import type { Store } from "../../src/flows/ports.ts";
import { isSentAgain } from "../../src/record/posting.ts";
import { queued } from "../../src/simulation/world/queue-erp.ts";
import { changed, withRepository } from "./changed.ts";

/** Whatever is in doubt is taken for absent at once, and sent again. */
export function blindResend(session: ErpSession): ErpSession {
  return changed(session, {
    resolve: () => Promise.resolve({ outcome: "absent" }),
    traits: { ...session.traits, settleMs: 0 },
  });
}

/** An operation that its milestone confirms is confirmed for itself as well. */
export function milestoneTwice(session: ErpSession): ErpSession {
  return changed(session, {
    interpret: (message) => {
      const read = session.interpret(message);
      if (!read.ok) return read;
      const segments = read.value.segments.map((segment) =>
        segment.rule.confirmation === "optional"
          ? { ...segment, rule: { ...segment.rule, confirmation: "required" as const } }
          : segment,
      );
      return { ok: true, value: { ...read.value, segments } };
    },
  });
}

/** What the ERP says no to, for good, counts as done. */
export function refusedIsConfirmed(session: ErpSession): ErpSession {
  return changed(session, {
    push: async (envelope, signal) => {
      const outcome = await session.push(envelope, signal);
      return outcome.outcome === "refused" && !outcome.parked
        ? { outcome: "confirmed", document: { kind: envelope.kind, number: "0/0" } }
        : outcome;
    },
  });
}

/** An answer with a document is taken for that of the call on which it came, whatever it is about. */
export function anyAnswerBelieved(session: ErpSession): ErpSession {
  return changed(session, {
    push: async (envelope, signal) => {
      const outcome = await session.push(envelope, signal);
      const cause = outcome.outcome === "in-doubt" ? toJson(outcome.fault.cause ?? null) : "";
      const [, group, count] = /ConfirmationGroup[\\":]+(\d+).*?ConfirmationCount[\\":]+(\d+)/.exec(cause) ?? [];
      return group && count
        ? { outcome: "confirmed", document: { kind: envelope.kind, number: `${Number(group)}/${Number(count)}` } }
        : outcome;
    },
  });
}

/** What an order's state says to whoever looks only at whether it was released once. */
export function cancelledIsReleased(session: ErpSession): ErpSession {
  return changed(session, {
    interpret: (message) => {
      const read = session.interpret(message);
      return read.ok && read.value.state === "Cancelled"
        ? { ok: true, value: { ...read.value, state: "Released" } }
        : read;
    },
  });
}

/** An order that the ERP has held once goes on to be held. */
export function heldForGood(session: ErpSession): ErpSession {
  const held = new Set<string>();
  return changed(session, {
    interpret: (message) => {
      const read = session.interpret(message);
      if (!read.ok) return read;
      if (read.value.state === "Held") held.add(read.value.id);
      return held.has(read.value.id) ? { ok: true, value: { ...read.value, state: "Held" } } : read;
    },
  });
}

/** What is more than the ERP takes is thought to go by itself later. */
export function tooMuchTriedAgain(session: ErpSession): ErpSession {
  return changed(session, {
    push: async (envelope, signal) => {
      const outcome = await session.push(envelope, signal);
      return outcome.outcome === "refused" && /exceed/.test(outcome.fault.message)
        ? { ...outcome, parked: true }
        : outcome;
    },
  });
}

/** Whatever the ERP has confirmed and does not have any more is sent once more. */
export function missingSentAgain(session: ErpSession): ErpSession {
  const confirmed: Envelope[] = [];
  return changed(session, {
    push: async (envelope, signal) => {
      const outcome = await session.push(envelope, signal);
      if (outcome.outcome === "confirmed") confirmed.push(envelope);
      return outcome;
    },
    pull: async (cursor, signal) => {
      for (const envelope of confirmed) {
        const asked = await session.resolve(envelope, signal);
        if (asked.outcome === "absent") await session.push(envelope, signal);
      }
      return session.pull(cursor, signal);
    },
  });
}

/** The documents of an order, as somebody lists them who makes a mistake. */
export function listed(
  session: ErpSession,
  mistake: (all: readonly ErpDocumentContent[]) => readonly ErpDocumentContent[],
): ErpSession {
  return changed(session, {
    documents: async (request, signal) => {
      const all = await session.documents(request, signal);
      return all.ok ? { ok: true, value: mistake(all.value) } : all;
    },
  });
}

/** A document counts as reversed as soon as that was decided. */
export function unsentReversal(session: ErpSession): ErpSession {
  return changed(session, {
    push: async (envelope, signal) =>
      envelope.kind === "movement-reversal"
        ? { outcome: "confirmed", document: { kind: envelope.kind, number: "0/0" } }
        : session.push(envelope, signal),
  });
}

/** What the ERP has put into its queue counts as posted. */
export function queuedIsPosted(session: ErpSession): ErpSession {
  return changed(session, {
    push: async (envelope, signal) => {
      const pushed = await session.push(envelope, signal);
      return pushed.outcome === "in-doubt" && pushed.fault === queued
        ? { outcome: "confirmed", document: { kind: envelope.kind, number: envelope.key } }
        : pushed;
    },
  });
}

/** What is no longer in the queue counts as posted. */
export function canceledIsPosted(session: ErpSession): ErpSession {
  return changed(session, {
    resolve: async (envelope, signal) => {
      const answer = await session.resolve(envelope, signal);
      return answer.outcome === "refused"
        ? { outcome: "applied", document: { kind: envelope.kind, number: envelope.key } }
        : answer;
    },
  });
}

/** Only documents are looked for: what is still in the queue counts as absent, whatever time has passed. */
export function resentWhileQueued(session: ErpSession): ErpSession {
  return changed(session, {
    resolve: async (envelope, signal) => {
      const answer = await session.resolve(envelope, signal);
      return answer.outcome === "unknown" && answer.fault === queued ? { outcome: "absent" } : answer;
    },
  });
}

/** What is planned to be sent again counts as never sent: that the ERP may have it is forgotten. */
export function repeatTakenForNew(store: Store): Store {
  return withRepository(store, "postings", (postings) => ({
    settle: (decisions, ...rest) =>
      postings.settle(
        decisions.map((one) => (one.to === "planned" && isSentAgain(one) ? { ...one, fault: null } : one)),
        ...rest,
      ),
  }));
}
