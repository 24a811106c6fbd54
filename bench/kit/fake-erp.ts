/** An ERP that takes every document at once: what is measured is the way to it, not the ERP. In this process, no wire. */
import { ok } from "../../src/base/result.ts";
import { toJson } from "../../src/base/json.ts";
import type { ErpSession } from "../../src/erp/connector.ts";

export interface FakeErp {
  readonly session: ErpSession;
  /** Documents taken, by key: one that came twice would show. */
  readonly taken: ReadonlyMap<string, number>;
}

export function fakeErp(concurrency: number): FakeErp {
  const taken = new Map<string, number>();
  const encoder = new TextEncoder();
  const session: ErpSession = {
    check: () => Promise.resolve(null),
    pull: () => Promise.resolve(ok({ messages: [], cursor: "", more: false })),
    interpret: () => {
      throw new Error("this ERP has no orders of its own");
    },
    compose: (key, _request, content) =>
      ok({ key, kind: content.kind, bytes: encoder.encode(toJson({ key, response: content.response })) }),
    push: (envelope) => {
      taken.set(envelope.key, (taken.get(envelope.key) ?? 0) + 1);
      const document = { number: `${4_900_000_000 + taken.size}/2026`, kind: envelope.kind };
      return Promise.resolve({ outcome: "confirmed", document });
    },
    resolve: () => Promise.resolve({ outcome: "absent" }),
    documents: () => Promise.resolve(ok([])),
    traits: { settleMs: 1000, idempotent: new Set(), concurrency },
    close: () => Promise.resolve(),
  };
  return { session, taken };
}
