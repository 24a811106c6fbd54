/** What the store keeps of notices: raised once, looked after, delivered, acknowledged. Implemented in `store/`. */
import type { Instant } from "../base/instant.ts";
import type { DeliverySettlement, NewNotice, Notice, NoticeDelivery, NoticeKind } from "../record/notice.ts";

/** A work unit that stands although it has a run. */
export interface Stop {
  readonly workUnit: string;
  readonly state: string;
  /** When it stopped, by event time; not before the run began. */
  readonly since: Instant;
  readonly job: string;
  readonly jobOrder: string | null;
  readonly request: string | null;
}

/** A notice that is new, was repeated, or has come to another point of its life. */
export interface NoticeChange {
  readonly id: string;
  readonly equipment: string;
}

export interface Raised {
  readonly id: string;
  /** False: one that was open counts up. */
  readonly isNew: boolean;
  readonly over: readonly NoticeChange[];
}

/** Used by the flows `notify`, `sweep-notices`, `notice-outbox` and `acknowledge-notice` alone. */
export interface NoticeRepository {
  /**
   * Each occurrence once; a further one of a subject whose notice is open counts up and says the newest, or ends that one when
   * it `isAnew`.
   *
   * @returns the notice that says it, and those that are over by it; null when the occurrence was told before
   */
  raise(id: string, notice: NewNotice, at: Instant): Promise<Raised | null>;
  plan(deliveries: readonly Omit<NoticeDelivery, "attempts" | "done" | "equipment">[], at: Instant): Promise<void>;
  /** @returns the notices that were open */
  resolve(kind: NoticeKind, subjects: readonly string[], at: Instant): Promise<readonly NoticeChange[]>;
  /** All open ones of the kind but these. */
  resolveOthers(kind: NoticeKind, still: readonly string[], at: Instant): Promise<readonly NoticeChange[]>;
  /** Those whose cause the record says is gone: mended, answered, booked, begun. */
  resolveGone(at: Instant): Promise<readonly NoticeChange[]>;
  /** Since when each of them is asked that waits for an answer. */
  openQuestions(subjects: readonly string[]): Promise<ReadonlyMap<string, Instant>>;
  /** Null when it was never there. */
  quarantineState(kind: string, subject: string): Promise<string | null>;
  postings(
    ids: readonly string[],
  ): Promise<readonly { id: string; kind: string; request: string; attempts: number; place: string | null }[]>;
  requestOf(jobOrder: string): Promise<string | null>;
  /** Of stops that somebody has given a reason for, nothing. */
  stops(at: Instant): Promise<readonly Stop[]>;
  /** Open, acknowledged by nobody, and due; locked. */
  escalatable(at: Instant, limit: number): Promise<readonly Notice[]>;
  escalate(id: string, at: Instant): Promise<void>;
  lock(id: string): Promise<Notice | null>;
  acknowledge(id: string, by: string, at: Instant): Promise<void>;
  /** Takes due deliveries for an attempt; nobody else gets them before `until`. @param besides channels that are left out */
  claim(at: Instant, until: Instant, limit: number, besides?: readonly string[]): Promise<readonly NoticeDelivery[]>;
  /** Writes what became of an attempt, unless a later one has begun meanwhile. */
  settle(settlement: DeliverySettlement, at: Instant): Promise<void>;
  nextDue(besides?: readonly string[]): Promise<Instant | null>;
}
