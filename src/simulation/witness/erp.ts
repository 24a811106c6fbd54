/** An ERP connector with a witness beside it: what is sent and what the ERP answers is told; nothing is changed. */
import type { Envelope, ErpConnector, ErpSession, PushOutcome } from "../../erp/connector.ts";
import { ok } from "../../base/result.ts";
import type { Sent, Tell } from "./event.ts";

export function witnessErp(connector: ErpConnector, tell: Tell): ErpConnector {
  return {
    ...connector,
    open: async (settings, signal) => {
      const opened = await connector.open(settings, signal);
      return opened.ok ? ok(witnessed(opened.value, tell)) : opened;
    },
  };
}

function witnessed(session: ErpSession, tell: Tell): ErpSession {
  const composed = new Map<string, Omit<Sent, "attempt">>();
  const attempts = new Map<string, number>();
  return {
    traits: session.traits,
    check: (signal) => session.check(signal),
    pull: (cursor, signal) => session.pull(cursor, signal),
    interpret: (message) => session.interpret(message),
    compose: (key, request, content) => {
      composed.set(key, { documentKind: content.kind, order: request.reference.number, response: content.response });
      return session.compose(key, request, content);
    },
    push: async (envelope, signal, mayLeave) => {
      const attempt = (attempts.get(envelope.key) ?? 0) + 1;
      attempts.set(envelope.key, attempt);
      const outcome = await session.push(envelope, signal, mayLeave);
      report(outcome, { ...sentOf(envelope, composed), attempt }, tell);
      return outcome;
    },
    resolve: (envelope, signal) => session.resolve(envelope, signal),
    documents: (request, signal) => session.documents(request, signal),
    close: () => session.close(),
  };
}

function sentOf(envelope: Envelope, composed: ReadonlyMap<string, Omit<Sent, "attempt">>): Omit<Sent, "attempt"> {
  return composed.get(envelope.key) ?? { documentKind: envelope.kind, order: "", response: null };
}

function report(outcome: PushOutcome, sent: Sent, tell: Tell): void {
  switch (outcome.outcome) {
    case "confirmed":
      return tell({ kind: "posted", document: outcome.document.number, ...sent });
    case "refused":
      return tell({ kind: "refused", text: outcome.fault.message, parked: outcome.parked, ...sent });
    case "not-applied":
      return tell({ kind: "not-applied", text: outcome.fault.message, ...sent });
    case "in-doubt":
      return tell({ kind: "in-doubt", text: outcome.fault.message, ...sent });
  }
}
