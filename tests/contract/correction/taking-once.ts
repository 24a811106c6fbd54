/** An ERP of which a repeat of any document does nothing, made of one that would take it twice. */
import type { ErpSession, PushOutcome } from "../../../src/erp/connector.ts";
import { documentKinds } from "../../../src/record/posting.ts";

const never = new AbortController().signal;

/** As a partner that is declared to be idempotent: what it has it says that it has. */
export function takingOnce(session: ErpSession): ErpSession {
  const push = async (...sent: Parameters<ErpSession["push"]>): Promise<PushOutcome> => {
    const there = await session.resolve(sent[0], never);
    return there.outcome === "applied" ? { outcome: "confirmed", document: there.document } : session.push(...sent);
  };
  return {
    traits: { ...session.traits, idempotent: new Set(documentKinds) },
    check: (signal) => session.check(signal),
    pull: (...of) => session.pull(...of),
    interpret: (message) => session.interpret(message),
    compose: (...of) => session.compose(...of),
    push,
    resolve: (...of) => session.resolve(...of),
    documents: (...of) => session.documents(...of),
    close: () => session.close(),
  };
}
