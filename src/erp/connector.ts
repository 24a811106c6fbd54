/**
 * The one interface of everything that ERPs speak. A connector maps and calls; it does not retry, queue, remove doubles
 * or sort: `exchange/` does that once, for all ERPs.
 */
import type { Fault, Result } from "../base/result.ts";
import type { TimeZone } from "../base/site-time.ts";
import type { Form, Received } from "../document/received.ts";
import type { Document } from "../isa95/b2mml/document.ts";
import type { OperationsRequest } from "../isa95/schedule/operations-request.ts";
import type { ErpCorrections } from "../record/correction.ts";
import type { DocumentKind, ErpDocument, PostingContent } from "../record/posting.ts";
import type { OperationsResponse } from "../isa95/response/operations-response.ts";

/** One order (or other message) as the ERP sent it, before any mapping. */
export interface InboundMessage {
  /** The same content of the same thing always has the same key; other content has another. */
  readonly idempotencyKey: string;
  readonly noun: "order";
  /** The order is not to be done any more: only its number counts, whatever else the message says or leaves out. */
  readonly withdraws?: boolean;
  /** The ERP's number of the thing, for people. */
  readonly number: string;
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}

export interface Page {
  readonly messages: readonly InboundMessage[];
  /** Where to go on; saved only after every message of the page is in the inbox. */
  readonly cursor: string;
  /** More is waiting: pull again at once. */
  readonly more: boolean;
}

/** Master data as the ERP has it now; what it says of a thing is taken field by field (`exchange/ownership.ts`). */
export interface MasterDataPage {
  readonly document: Document;
  /** Things that could not be read, each with the reason. */
  readonly left: readonly { readonly id: string; readonly fault: Fault }[];
  /** Where to go on; saved together with what is taken of the page. */
  readonly cursor: string;
  /** More is waiting: pull again at once. */
  readonly more: boolean;
}

/** Bytes that travel, frozen before the first of them leaves. */
export interface Envelope {
  readonly key: string;
  readonly kind: DocumentKind;
  readonly bytes: Uint8Array;
  /** W3C trace context to be sent along where the protocol has a place for it. No part of the document. */
  readonly traceparent?: string;
}

export type PushOutcome =
  | { readonly outcome: "confirmed"; readonly document: ErpDocument }
  /** `parked`: the cause can go away by itself (stock, lock, period): to be tried again, visibly, later. */
  | { readonly outcome: "refused"; readonly fault: Fault; readonly parked: boolean }
  /** Provably not applied; `retryAfterMs` when the ERP named a time. */
  | { readonly outcome: "not-applied"; readonly fault: Fault; readonly retryAfterMs: number | null }
  /** A fault of kind `conflict`: it answered, as if it had the document already or unclearly, which may be its way to refuse. */
  | { readonly outcome: "in-doubt"; readonly fault: Fault };

export type ResolveOutcome =
  | { readonly outcome: "applied"; readonly document: ErpDocument }
  /** The key is there, more than once or with other content: a person must look. */
  | { readonly outcome: "differs"; readonly fault: Fault }
  | { readonly outcome: "absent" }
  /**
   * It arrived, and the ERP will not post it, for certain: it answers before it has posted. `parked` as in `PushOutcome`.
   * It may be about an earlier attempt, so it counts only after `settleMs`; while another one with this key waits there, the
   * answer is `unknown`.
   */
  | { readonly outcome: "refused"; readonly fault: Fault; readonly parked: boolean }
  | { readonly outcome: "unknown"; readonly fault: Fault }
  /** There is no way to ask this ERP, now or later: only a person can look. Unlike `unknown`, which is asked again. */
  | { readonly outcome: "unanswerable" };

/** A document found in the ERP, with what it says. For reconciliation, and after an outage. */
export interface ErpDocumentContent {
  readonly document: ErpDocument;
  /** Our key; null when somebody else made it. */
  readonly key: string | null;
  /**
   * Taken back in the ERP: it counts nothing. What takes it back is no entry of its own. A document that was taken back in
   * part is two entries: what stands, and what was reversed. A return that takes back no document is an entry with negative
   * amounts.
   */
  readonly reversed: boolean;
  readonly response: OperationsResponse;
}

export interface ErpSession {
  /** Reachable, authorised, able to do what the connection is configured for. Writes nothing. */
  check(signal: AbortSignal): Promise<Fault | null>;
  /** Orders that are new or changed since the cursor; at least once. Null starts from the beginning. Ok only when the ERP answered. */
  pull(cursor: string | null, signal: AbortSignal): Promise<Result<Page>>;
  /** Pure: what the message means. Never called with a message of another connector. */
  interpret(message: InboundMessage): Result<OperationsRequest>;
  /**
   * Pure: the document as it will travel.
   *
   * @fault invalid    the content cannot be expressed
   * @fault transient  the ERP has not said yet how: nothing is sent, and it is composed again later
   */
  compose(key: string, request: OperationsRequest, content: PostingContent): Result<Envelope>;
  /** @param mayLeave  asked in the last moment before the document leaves: another process may deliver by now. No: it does not */
  push(envelope: Envelope, signal: AbortSignal, mayLeave?: () => boolean): Promise<PushOutcome>;
  /** Whether the ERP has the document of this envelope, by its key. Ends an ambiguous push. */
  resolve(envelope: Envelope, signal: AbortSignal): Promise<ResolveOutcome>;
  /** All confirmations and goods movements of an order, ours and others'. */
  documents(request: OperationsRequest, signal: AbortSignal): Promise<Result<readonly ErpDocumentContent[]>>;
  /**
   * Master data that are new or changed since the cursor; at least once. Null starts from the beginning. Left out by an ERP
   * that is not asked for them.
   */
  masterData?(cursor: string | null, signal: AbortSignal): Promise<Result<MasterDataPage>>;
  /** Of an ERP that gives us documents at our doors; left out by one that is only called. */
  readonly conversation?: Conversation;
  /** Properties of this ERP that the posting protocol needs. */
  readonly traits: ErpTraits;
  close(): Promise<void>;
}

/** An order inside of a document that was given to us. */
export interface GivenOrder {
  /** Keeps this order alone, in a form that `interpret` reads again. */
  readonly message: InboundMessage;
  readonly request: Result<OperationsRequest>;
}

/** How an ERP that speaks B2MML is known and understood when it comes to us. */
export interface Conversation {
  /** The LogicalID under which it sends; null: whatever no other connection is known by. */
  readonly logicalId: string | null;
  /** Folder in which it leaves files; null: none. */
  readonly folder: string | null;
  /**
   * Pure: the orders in a document; those that were refused on reading come last, each with its fault.
   *
   * @param id   of the document; two documents have two
   * @param file as its giver knows it, for messages
   */
  orders(received: Received, of: { readonly id: string; readonly file: string }): readonly GivenOrder[];
  /**
   * Pure: a message whose key was there before, beside what was kept under it: why it is refused when it says something
   * else, null when it says the same. The key follows from the sender's word, which need not be true.
   *
   * @fault conflict b2mml/bod-reused
   */
  reused(kept: InboundMessage, message: InboundMessage): Fault | null;
  /** Pure: an answer as it travels. @fault invalid b2mml/unwritable */
  write(document: Document, form: Form): Result<string>;
}

export interface ErpTraits {
  /**
   * How long after a lost reply the document may still arrive: `absent` counts only later, and when asked twice. Where there
   * is a queue it ends with the arrival there, however long that takes to post.
   */
  readonly settleMs: number;
  /** Kinds of which a repeat does nothing in the ERP; they may be sent again without asking. */
  readonly idempotent: ReadonlySet<DocumentKind>;
  /** Calls in flight at once, at most. */
  readonly concurrency: number;
  /** Its orders are all that it says of materials: those that they name are its master data. */
  readonly namesMaterials?: boolean;
}

export interface ErpConnector {
  /** Name in `site.yaml`, e.g. `sap`. */
  readonly product: string;
  /** How documents that were posted to it are corrected. */
  readonly corrections: ErpCorrections;
  /**
   * @param zone  of the site: its calendar says on which day of the books a moment is; UTC when left out
   * @fault invalid erp/config  the settings make no sense; says which and why
   */
  open(settings: unknown, signal: AbortSignal, zone?: TimeZone): Promise<Result<ErpSession>>;
}
