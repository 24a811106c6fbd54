/** An ERP that speaks B2MML as an ERP of Millrace: wires settings, maps and client into the one connector interface. */
import { ok, type Fault, type Result } from "../../base/result.ts";
import { utc, type TimeZone } from "../../base/site-time.ts";
import type { B2mml } from "../../document/b2mml.ts";
import type { OperationsRequest } from "../../isa95/schedule/operations-request.ts";
import { documentKinds, type PostingContent } from "../../record/posting.ts";
import type {
  Conversation,
  Envelope,
  ErpConnector,
  ErpDocumentContent,
  ErpSession,
  ErpTraits,
  InboundMessage,
  Page,
  PushOutcome,
  ResolveOutcome,
} from "../connector.ts";
import { B2mmlClient } from "./client.ts";
import { readConfig, type B2mmlConfig } from "./config.ts";
import { b2mmlCorrections } from "./correction.ts";
import { openDocuments } from "./documents.ts";
import { interpret, ordersIn, reused, rulesOf } from "./order.map.ts";
import { composePerformance } from "./performance.map.ts";
import { checkAsking, documents, resolve, type Asking } from "./posted.ts";
import { pull } from "./pull.ts";
import { push } from "./push.ts";

export const b2mmlConnector: ErpConnector = {
  product: "b2mml",
  corrections: b2mmlCorrections,
  /**
   * Opens without calling the ERP, which may be away.
   *
   * @fault invalid erp/config  settings that make no sense
   */
  async open(settings: unknown, _signal: AbortSignal, zone: TimeZone = utc): Promise<Result<ErpSession>> {
    const config = readConfig(settings);
    return config.ok ? ok(new B2mmlSession(config.value, await openDocuments(), zone)) : config;
  },
};

class B2mmlSession implements ErpSession {
  readonly traits: ErpTraits;
  readonly conversation: Conversation;
  readonly #asking: Asking;

  constructor(config: B2mmlConfig, b2mml: B2mml, zone: TimeZone) {
    this.#asking = { client: new B2mmlClient(config, b2mml), config, b2mml, zone };
    this.traits = {
      settleMs: config.settleMs,
      idempotent: new Set(config.partner.idempotent ? documentKinds : []),
      concurrency: config.concurrency,
    };
    this.conversation = {
      logicalId: config.logicalId ?? null,
      folder: config.folder ?? null,
      orders: (received, of) => ordersIn(received, of, rulesOf(config)),
      reused: (kept, message) => reused(b2mml, { kept, message }, rulesOf(config)),
      write: (document, form) => b2mml.write(document, { form, extensions: "leave" }),
    };
  }

  async check(signal: AbortSignal): Promise<Fault | null> {
    const asked = await checkAsking(this.#asking, signal);
    if (asked || this.#asking.config.pullUrl === undefined) return asked;
    const pulled = await pull(this.#asking, null, signal);
    return pulled.ok ? null : pulled.fault;
  }

  pull(cursor: string | null, signal: AbortSignal): Promise<Result<Page>> {
    return pull(this.#asking, cursor, signal);
  }

  interpret(message: InboundMessage): Result<OperationsRequest> {
    const { b2mml, config } = this.#asking;
    return interpret(b2mml, message, rulesOf(config));
  }

  compose(key: string, _request: OperationsRequest, content: PostingContent): Result<Envelope> {
    const { b2mml, config } = this.#asking;
    return composePerformance(b2mml, config, key, content);
  }

  push(envelope: Envelope, signal: AbortSignal, mayLeave?: () => boolean): Promise<PushOutcome> {
    const { client, config } = this.#asking;
    return push(client, config, envelope, { signal, mayLeave });
  }

  resolve(envelope: Envelope, signal: AbortSignal): Promise<ResolveOutcome> {
    return resolve(this.#asking, envelope, signal);
  }

  documents(request: OperationsRequest, signal: AbortSignal): Promise<Result<readonly ErpDocumentContent[]>> {
    return documents(this.#asking, request, signal);
  }

  close(): Promise<void> {
    this.#asking.client.close();
    return Promise.resolve();
  }
}
