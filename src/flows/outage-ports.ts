/** What the look after an outage needs of the store: when an ERP was lost, which orders were looked at, what was found. */
import type { Instant } from "../base/instant.ts";
import type { HandDocument, HandVerdict } from "../record/hand-document.ts";
import type { Posting } from "../record/posting.ts";

export interface Outage {
  readonly lostAt: Instant;
  readonly backAt: Instant;
}

/** An order with something to send whose documents were not read since an outage. */
export interface Unseen {
  readonly request: string;
  /** When the first one of these outages began. */
  readonly since: Instant;
  /** The newest of them, by number: what a look that begins now has seen. */
  readonly outage: number;
  /** Of the earliest posting that waits: its place among the others. */
  readonly ordinal: bigint;
  /** In one of them our record was put back from a backup: the ERP may have more of ours than we know. */
  readonly restored: boolean;
}

export interface OutageRepository {
  /**
   * The ERP has answered.
   *
   * @returns the outage that this ends; null when it was heard of within `silentMs`, or for the first time. A clock that was
   *          set back by more than that ends one too: nobody knows for how long the ERP was away. Heard of for the first time
   *          in a record that was put back, it may have been heard of after the backup: away since the restore.
   */
  heard(erp: string, at: Instant, silentMs: number): Promise<Outage | null>;
  /** It was heard of before, and not within `silentMs`: nothing is sent until it has answered. */
  isLost(erp: string, at: Instant, silentMs: number): Promise<boolean>;
  /**
   * By their places, those behind `after` first, then round again from the first one. Without orders whose documents could not
   * be read, as long as somebody is being asked about that.
   */
  unseen(erp: string, limit: number, after: bigint): Promise<readonly Unseen[]>;
  /** Keys of all postings of an order, whatever became of them. */
  keys(request: string): Promise<ReadonlySet<string>>;
  /** What has become of a question about documents that cannot be read. */
  asked(subject: string): Promise<"not-yet" | "open" | "settled">;
  /** Subjects of open questions about all orders of an ERP, of outages before this one. */
  askedBefore(erp: string, outage: number): Promise<readonly string[]>;
  /**
   * The order was looked at; what was found is open until somebody decides. Waits for a delivery that is taking one of the
   * order's postings.
   *
   * @returns those that were not known before
   */
  looked(order: Unseen, found: readonly HandDocument[], at: Instant): Promise<readonly HandDocument[]>;
  /** Which of these orders wait for somebody to decide what was keyed by hand for them. */
  held(requests: readonly string[]): Promise<ReadonlySet<string>>;
  /** Locked; null when there is none, or it is decided. */
  open(subject: string): Promise<HandDocument | null>;
  decide(hand: HandDocument, verdict: HandVerdict, command: string): Promise<void>;
  /** Postings of an order that are not in the ERP yet, or of which nobody knows; without a lock. */
  waiting(request: string): Promise<readonly Posting[]>;
  /** Says for which document dismissed postings stand back: one that was found, of their own order and kind. */
  standBack(postings: readonly string[], document: string): Promise<void>;
}
