/** What correcting posted documents needs of the store. */
import type { Instant, LocalDate } from "../base/instant.ts";
import type { Fault } from "../base/result.ts";
import type { Correction, CorrectionCause } from "../record/correction.ts";
import type { Fact } from "../record/fact.ts";
import type { OwedKind, PostingState } from "../record/posting.ts";

export interface NewCorrection {
  readonly erp: string;
  readonly request: string;
  readonly segment: string;
  readonly run: string;
  readonly kind: OwedKind;
  readonly postingDate: LocalDate;
  readonly cause: CorrectionCause;
  /** The facts that are owed. */
  readonly facts: readonly string[];
}

/** The posting that takes another one back. */
export interface KnownReversal {
  readonly id: string;
  readonly reverses: string;
  readonly state: PostingState;
  readonly fault: Fault | null;
}

export interface CorrectionRepository {
  /** One open for each run, kind and day; what a person was asked about is not opened again for the same facts. */
  open(corrections: readonly NewCorrection[], at: Instant): Promise<void>;
  /** Open ones of an ERP, in the order in which they were opened. */
  waiting(erp: string): Promise<readonly Correction[]>;
  /** Of an order, what a person was asked about last and has not answered is open again. */
  resume(request: string): Promise<void>;
  settle(id: number, to: "asked" | "done", at: Instant): Promise<void>;
  /** Postings that are being taken back, of which the reversal is settled: by the ERP, or given up by a person. */
  settledReversals(erp: string): Promise<readonly string[]>;
  /** The reversals of these postings; without a lock. */
  reversalsOf(postings: readonly string[]): Promise<readonly KnownReversal[]>;
  /** Whether something of these operations is to be corrected, or is being taken back. */
  isCorrecting(request: string, segments: readonly string[]): Promise<boolean>;
  /** Facts that a posting speaks for, or spoke for. */
  factsOf(posting: string): Promise<readonly Fact[]>;
}
