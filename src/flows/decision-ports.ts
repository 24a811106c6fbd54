/** What decisions of people need of the store: what waits, locked with its version, and what became of it. */
import type { Instant } from "../base/instant.ts";
import type { Fault } from "../base/result.ts";
import type { InboundMessage } from "../erp/connector.ts";
import type { OrderDecision } from "../operations/order/change.ts";
import type { OrderState, QuestionState } from "../record/decision.ts";
import type { CounterAnswer, CounterDoubt } from "../record/counter-answer.ts";
import type { Posting, PostingContent, PostingState } from "../record/posting.ts";
import type { SampleReference } from "../record/sample.ts";

/** An order's message that was not taken over. */
export interface QuarantinedOrder {
  readonly id: number;
  /** `erp/number`. */
  readonly subject: string;
  readonly state: OrderState;
  /** Id in the inbox of the message that is read again: that of the newest version that was refused. */
  readonly message: number;
  readonly version: number;
}

export interface QuestionRow {
  readonly id: number;
  readonly subject: string;
  readonly text: string;
  readonly state: QuestionState;
  readonly evidence: readonly SampleReference[];
  /** What a counter's question is about; null for any other. */
  readonly about: CounterDoubt | null;
  readonly askedAt: Instant;
  readonly version: number;
}

/** A posting with what decides about it. */
export interface DecidablePosting extends Posting {
  /** The frozen bytes; null before the first attempt. */
  readonly envelope: Uint8Array | null;
  readonly sentAt: Instant | null;
  readonly plannedAt: Instant;
  /** See `mayHaveArrived`. */
  readonly isDismissedInDoubt: boolean;
  /** Number of the document, keyed by hand in the ERP, for which it was dismissed. */
  readonly standsBackFor: string | null;
  /** Settled before the last restore: see `mayHaveArrived`. */
  readonly isOlderThanRestore: boolean;
  /** Planned before the last restore: what follows from it may have been done before, in what was lost. */
  readonly isFromBackup: boolean;
  /** Whether its facts are still spoken for by it. */
  readonly holdsFacts: boolean;
}

/** What stands in the place of a refused posting: the same but for this. */
export interface Superseding {
  readonly id: string;
  readonly key: string;
  readonly content: PostingContent;
  /** The ERP is asked before the first send. */
  readonly inDoubt: boolean;
}

export interface PostingChange {
  readonly to: PostingState;
  readonly dueAt: Instant | null;
  readonly document: string | null;
  /** Lets go of its facts: they are owed again. */
  readonly letsGo: boolean;
}

export interface DecisionRepository {
  /** Locked. */
  order(id: number): Promise<QuarantinedOrder | null>;
  settleOrder(id: number, state: OrderState, command: string, at: Instant): Promise<void>;
  message(id: number): Promise<{ readonly erp: string; readonly message: InboundMessage } | null>;
  /** @param decision see `InboxRepository.settle` */
  settleMessage(
    id: number,
    verdict: "accepted" | "unchanged" | "quarantined",
    fault: Fault | null,
    decision: OrderDecision | null,
  ): Promise<void>;
  /** What became of a run's quarantine; a run without one has none to settle. */
  settleProduction(run: string, state: "assigned" | "dismissed", command: string, at: Instant): Promise<void>;
  /** The source whose counter, or what is kept of it, a question is about; without a lock. Null for any other. */
  sourceOfQuestion(id: number): Promise<string | null>;
  /** Locked. */
  question(id: number): Promise<QuestionRow | null>;
  settleQuestion(
    id: number,
    answer: { readonly state: QuestionState; readonly answer: unknown },
    command: string,
    at: Instant,
  ): Promise<void>;
  /** Whether a counter of the source was asked about since, or is asked about still; what a run showed last is none. */
  isCounterAsked(source: string, since: Instant): Promise<boolean>;
  /** What people have said about counters of a source, or closed, in order of event time. */
  answers(source: string): Promise<readonly CounterAnswer[]>;
  /** Locked. */
  posting(id: string): Promise<DecidablePosting | null>;
  /** The run of a posting, without a lock: whoever locks runs and postings locks the run first. */
  runOfPosting(id: string): Promise<string | null>;
  /** All postings of a run, and of those in whose place it stands; locked, in order of planning. */
  postingsOfRun(run: string): Promise<readonly DecidablePosting[]>;
  /**
   * What may have arrived when it is dismissed stays in doubt, and never lets go of its facts.
   *
   * @throws when the posting is not locked in the state that was read
   */
  change(posting: DecidablePosting, change: PostingChange, command: string, at: Instant): Promise<void>;
  /** Puts a new posting in the place of a refused one: its facts, and its number among those of its operation. */
  supersede(old: DecidablePosting, by: Superseding, command: string, at: Instant): Promise<void>;
}
