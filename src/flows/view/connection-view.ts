/** What the health of connections needs of the store: what is kept, beside what the running process knows itself. */
import type { Instant } from "../../base/instant.ts";

export interface ErpOutbox {
  readonly erp: string;
  readonly lastPullAt: Instant | null;
  /** Planned and being sent. */
  readonly pending: number;
  readonly inDoubt: number;
  readonly parked: number;
  /** Refused for good, or waiting for a person. */
  readonly refused: number;
  /** When the oldest one that is not settled was planned. */
  readonly oldestPendingAt: Instant | null;
}

/** Values that a machine said, that are kept and were not read. */
export interface UnreadValues {
  /** 10,000 at most. */
  readonly count: number;
  /** Of the newest of them. */
  readonly recordedAt: Instant;
  readonly item: string;
  readonly why: string;
}

export interface ConnectionView {
  erps(): Promise<readonly ErpOutbox[]>;
  /** By source, where there are any since then. */
  unread(since: Instant): Promise<ReadonlyMap<string, UnreadValues>>;
  isRecovering(): Promise<boolean>;
}
