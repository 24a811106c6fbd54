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

export interface ConnectionView {
  erps(): Promise<readonly ErpOutbox[]>;
  isRecovering(): Promise<boolean>;
}
