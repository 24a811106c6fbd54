/** What a replay reads of the record: where a day can be begun, its samples as they came, and what was made of them. */
import type { Instant } from "../../base/instant.ts";
import type { OperationsRequest } from "../../isa95/schedule/operations-request.ts";
import type { RecordedPosting } from "../../operations/execution/replayed-posting.ts";
import type { CounterAnswer } from "../../record/counter-answer.ts";
import type { Fact } from "../../record/fact.ts";
import type { BatchContent } from "../../record/sample-batch.ts";
import type { KeptCheckpoint } from "../collector-ports.ts";

export interface ReplayStore {
  /** One read-only snapshot. */
  read<T>(work: (view: ReplayView) => Promise<T>): Promise<T>;
}

export interface KeptBatch {
  readonly ordinal: number;
  readonly content: BatchContent;
}

/** A run with its order, as far as it has one. */
export interface ReplayRun {
  readonly id: string;
  readonly job: string;
  readonly request: string | null;
  readonly segment: string | null;
}

export interface ReplayOrder {
  readonly request: OperationsRequest;
  readonly runs: readonly ReplayRun[];
  readonly postings: readonly RecordedPosting[];
  /** Facts inside the postings. */
  readonly facts: readonly Fact[];
  /** Operation → good pieces of all its job orders, in millionths of the operation's unit. */
  readonly good: ReadonlyMap<string, bigint>;
}

export interface ReplayView {
  /** The last kept state at or before an instant; null when none is kept. */
  checkpoint(source: string, at: Instant): Promise<KeptCheckpoint | null>;
  /** Whether everything that the source has ever said is still kept. */
  isWhole(source: string): Promise<boolean>;
  /** Batches after a place up to the last one that holds a sample from before `to`, in order of arrival. */
  batches(source: string, after: number, to: Instant, limit: number): Promise<readonly KeptBatch[]>;
  answers(source: string): Promise<readonly CounterAnswer[]>;
  /** As `CollectorRepository.timedSince`. */
  timedSince(source: string): Promise<Instant | null>;
  /** Facts of a source in a window, in order of event time. */
  facts(source: string, from: Instant, to: Instant): Promise<readonly Fact[]>;
  runs(ids: readonly string[]): Promise<readonly ReplayRun[]>;
  order(request: string): Promise<ReplayOrder | null>;
}
