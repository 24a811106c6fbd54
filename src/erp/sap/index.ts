/** SAP S/4HANA as an ERP of Millrace: wires settings, session, maps and reading into the one connector interface. */
import { systemClock } from "../../base/clock.ts";
import { fail, ok, type Fault, type Result } from "../../base/result.ts";
import type { OperationsRequest } from "../../isa95/schedule/operations-request.ts";
import { reversalKinds, type PostingContent } from "../../record/posting.ts";
import type {
  Envelope,
  ErpConnector,
  ErpDocumentContent,
  ErpSession,
  ErpTraits,
  InboundMessage,
  MasterDataPage,
  Page,
  PushOutcome,
  ResolveOutcome,
} from "../connector.ts";
import { openHttp, type Http } from "../http.ts";
import { checkRights, loadModel } from "./check.ts";
import { openClient, type SapClient } from "./client.ts";
import { readConfig, type SapConfig } from "./config.ts";
import { composeConfirmation } from "./confirmation.map.ts";
import { composeConfirmationReversal } from "./confirmation-reversal.map.ts";
import { documents } from "./documents.ts";
import { sapCorrections } from "./correction.ts";
import { composeGoodsMovement } from "./goods-movement.map.ts";
import { composeMovementReversal } from "./movement-reversal.map.ts";
import { composeOrderAccepted } from "./order-accepted.map.ts";
import { interpret, pull } from "./pull.ts";
import { pullProducts } from "./product.ts";
import { push } from "./push.ts";
import { resolve } from "./resolve.ts";
import type { SapModel } from "./service.ts";

export const sapConnector: ErpConnector = sapConnectorOver({ lineTo: openHttp, monotonicMs: systemClock.monotonicMs });

/** How calls reach SAP: over the network, or within one process on a clock of its own, as the simulation does it. */
export interface SapLine {
  readonly lineTo: (config: SapConfig) => Http;
  readonly monotonicMs: () => number;
}

export function sapConnectorOver({ lineTo, monotonicMs }: SapLine): ErpConnector {
  return {
    product: "sap",
    corrections: sapCorrections,
    /**
     * Reads the services' metadata. When SAP cannot be reached at this moment the session opens all the same; every call then
     * tries again, and nothing is composed until one has read them.
     *
     * @fault invalid erp/config        settings that make no sense
     * @fault invalid erp/sap-metadata  this release lacks fields that Millrace needs; names them
     */
    async open(settings: unknown, signal: AbortSignal): Promise<Result<ErpSession>> {
      const config = readConfig(settings);
      if (!config.ok) return config;
      const session = new SapSession(config.value, openClient(config.value, monotonicMs, lineTo(config.value)));
      const model = await session.model(signal);
      if (model.ok || model.fault.kind !== "invalid") return ok(session);
      await session.close();
      return model;
    },
  };
}

/**
 * SAP has a state for these and refuses them when it is reached: an operation that is final, a document that is
 * reversed. When the refusal has that cause, and it was our document, the document is there.
 */
const refusedWhenThere: ReadonlySet<Envelope["kind"]> = new Set(["final-confirmation", ...reversalKinds]);
/** SAP takes back whatever has the number, so what has it is looked at first. */
const takesBack: ReadonlySet<Envelope["kind"]> = new Set(reversalKinds);

class SapSession implements ErpSession {
  readonly traits: ErpTraits;
  readonly masterData?: (cursor: string | null, signal: AbortSignal) => Promise<Result<MasterDataPage>>;
  readonly #config: SapConfig;
  readonly #client: SapClient;
  #model: SapModel | null = null;
  /** Why it was not read when it was last tried. */
  #unread = "they were not read";
  #loading: Promise<Result<SapModel>> | null = null;

  constructor(config: SapConfig, client: SapClient) {
    this.#config = config;
    this.#client = client;
    if (config.products) this.masterData = (cursor, signal) => pullProducts(client, config, cursor, signal);
    this.traits = {
      settleMs: config.settleMs,
      idempotent: new Set(["order-accepted"]),
      concurrency: config.concurrency,
      namesMaterials: !config.products,
    };
  }

  /** Loaded once; a failed load is forgotten, so that the next call tries again. */
  async model(signal: AbortSignal): Promise<Result<SapModel>> {
    if (this.#model) return ok(this.#model);
    this.#loading ??= loadModel(this.#client, this.#config, signal).finally(() => {
      this.#loading = null;
    });
    const loaded = await this.#loading;
    if (loaded.ok) this.#model = loaded.value;
    else this.#unread = loaded.fault.message;
    return loaded;
  }

  async check(signal: AbortSignal): Promise<Fault | null> {
    // What SAP offers now, not when the session opened; a check that fails leaves what was known.
    const model = await loadModel(this.#client, this.#config, signal);
    if (!model.ok) return model.fault;
    this.#model = model.value;
    return checkRights(this.#client, this.#config, signal);
  }

  async pull(cursor: string | null, signal: AbortSignal): Promise<Result<Page>> {
    const model = await this.model(signal);
    return model.ok ? pull({ client: this.#client, config: this.#config, model: model.value }, cursor, signal) : model;
  }

  interpret(message: InboundMessage): Result<OperationsRequest> {
    return interpret(message, this.#config);
  }

  compose(key: string, request: OperationsRequest, content: PostingContent): Result<Envelope> {
    if (content.kind === "order-accepted") return composeOrderAccepted(key, request, this.#config);
    // Its bytes are frozen: what this release does not have, or would cut, could not be taken out of them any more.
    if (!this.#model) {
      const words = `${content.kind} ${key} waits until SAP's services are described`;
      return fail("transient", "erp/sap-undescribed", `${words}: ${this.#unread}`);
    }
    const around = { config: this.#config, model: this.#model };
    switch (content.kind) {
      case "confirmation":
      case "final-confirmation":
        return composeConfirmation(key, request, content.response, { ...around, kind: content.kind });
      case "confirmation-reversal":
        return composeConfirmationReversal(key, content.reversal, around);
      case "movement-reversal":
        return composeMovementReversal(key, content.reversal, around);
      case "goods-receipt":
      case "goods-issue":
        return composeGoodsMovement(key, request, { kind: content.kind, response: content.response }, around);
    }
  }

  async push(envelope: Envelope, signal: AbortSignal, mayLeave?: () => boolean): Promise<PushOutcome> {
    const answer = takesBack.has(envelope.kind) ? await this.#whatIsThere(envelope, signal) : null;
    if (answer) return answer;
    const outcome = await push(this.#client, envelope, { signal, mayLeave });
    if (outcome.outcome !== "refused" || !refusedWhenThere.has(envelope.kind)) return outcome;
    const asked = await this.resolve(envelope, signal);
    if (asked.outcome === "applied") return { outcome: "confirmed", document: asked.document };
    // Its state is reached; by whom nobody can say now.
    return asked.outcome === "unknown" ? { outcome: "in-doubt", fault: asked.fault } : outcome;
  }

  /** Null: the document that is to be taken back is there, and stands. */
  async #whatIsThere(envelope: Envelope, signal: AbortSignal): Promise<PushOutcome | null> {
    const asked = await this.resolve(envelope, signal);
    switch (asked.outcome) {
      case "applied":
        return { outcome: "confirmed", document: asked.document };
      case "differs":
        return { outcome: "refused", fault: asked.fault, parked: false };
      case "unknown":
        return { outcome: "not-applied", fault: asked.fault, retryAfterMs: null };
      default:
        return null;
    }
  }

  async resolve(envelope: Envelope, signal: AbortSignal): Promise<ResolveOutcome> {
    const model = await this.model(signal);
    if (!model.ok) return { outcome: "unknown", fault: model.fault };
    return resolve({ client: this.#client, config: this.#config, model: model.value }, envelope, signal);
  }

  async documents(request: OperationsRequest, signal: AbortSignal): Promise<Result<readonly ErpDocumentContent[]>> {
    const model = await this.model(signal);
    return model.ok
      ? documents({ client: this.#client, config: this.#config, model: model.value }, request, signal)
      : model;
  }

  close(): Promise<void> {
    this.#client.close();
    return Promise.resolve();
  }
}
