/** What comparisons by schedule need of the store. What is looked at after an outage: `outage-ports.ts`. */
import type { Instant, LocalDate } from "../base/instant.ts";
import type { Fault } from "../base/result.ts";
import type { ClassCounts } from "../record/reconciliation.ts";
import type { OutageRepository } from "./outage-ports.ts";
import type { Finding } from "./reconcile-evidence.ts";

/** One comparison that was due on a day. */
export interface Reconciliation {
  readonly day: LocalDate;
  readonly beganAt: Instant;
  readonly endedAt: Instant;
  /** Null when it could not be made. */
  readonly unexplained: number | null;
  readonly orders: number;
  readonly counts: ClassCounts;
  readonly findings: readonly Finding[];
  readonly fault: Fault | null;
}

/** A day whose question is open. */
export interface OpenDay {
  readonly day: LocalDate;
  /** Numbers of the orders that its findings are about. */
  readonly orders: readonly string[];
  /** Every finding was kept, so that these are all of them. */
  readonly isWhole: boolean;
}

export interface ReconciliationRepository {
  /** @returns false when the day has been compared before: nothing is kept then */
  save(reconciliation: Reconciliation): Promise<boolean>;
  /** The newest that could be made; null before the first. */
  newest(): Promise<Pick<Reconciliation, "day" | "endedAt" | "unexplained"> | null>;
  /** Days before this one whose question is open; the newest ones. */
  openDays(before: LocalDate): Promise<readonly OpenDay[]>;
}

export interface ReconcileRepositories {
  readonly reconciliations: ReconciliationRepository;
  readonly outages: OutageRepository;
}
