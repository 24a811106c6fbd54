/** What stands behind an entry, down to the samples: runs, facts, postings, messages, instructions. */
import type { Instant } from "../../base/instant.ts";
import type { Fault } from "../../base/result.ts";
import type { Fact } from "../../record/fact.ts";
import type { Instruction } from "../../record/instruction.ts";
import type { Movement } from "../../record/movement.ts";
import type { DocumentKind, Posting, PostingState } from "../../record/posting.ts";
import type { Sample, SampleReference } from "../../record/sample.ts";
import type { RunRow } from "../ports.ts";
import type { RunSum, SumKind } from "./floor-view.ts";

export interface RunDetail {
  readonly run: RunRow;
  /** Null for production without an order. */
  readonly order: { readonly request: string; readonly number: string; readonly segment: string } | null;
  readonly sums: readonly RunSum[];
}

export interface KeptFact {
  readonly fact: Fact;
  readonly recordedAt: Instant;
}

/** A fact of a run, and to which of its sums it adds; null for a fact without an amount. */
export interface FactOfRun extends KeptFact {
  readonly what: SumKind | null;
}

export interface FactDetail extends KeptFact {
  /** The order of its run. */
  readonly request: string | null;
  readonly postings: readonly { readonly id: string; readonly kind: DocumentKind; readonly state: PostingState }[];
  readonly movements: readonly Movement[];
  readonly evidence: readonly Evidence[];
}

export interface Evidence {
  readonly reference: SampleReference;
  /** Null when it is past its retention. */
  readonly sample: Sample | null;
}

export interface PostingDetail {
  readonly posting: Posting;
  readonly number: string;
  readonly envelope: Uint8Array | null;
  readonly attempts: readonly {
    readonly number: number;
    readonly startedAt: Instant;
    readonly endedAt: Instant | null;
    readonly outcome: string | null;
    readonly message: string | null;
  }[];
  readonly facts: readonly string[];
  readonly supersedes: string | null;
  readonly reverses: string | null;
  readonly reversedBy: string | null;
  readonly holdsFacts: boolean;
  /** 32 hex digits: the trace in which it was planned, as it travels to the ERP. */
  readonly traceId: string;
  readonly dueAt: Instant;
  readonly plannedAt: Instant;
  readonly settledAt: Instant | null;
}

export interface KeptMessage {
  readonly id: number;
  readonly erp: string;
  readonly number: string;
  readonly mediaType: string;
  readonly receivedAt: Instant;
  readonly bytes: Uint8Array;
  readonly verdict: string | null;
  readonly fault: Pick<Fault, "code" | "message"> | null;
  /** The orders that it is about, as far as one was accepted. */
  readonly requests: readonly string[];
}

export interface KeptInstruction {
  readonly instruction: Instruction;
  readonly changedAt: Instant;
}

export interface EvidenceView {
  run(id: string): Promise<RunDetail | null>;
  /** In order of event time and id. */
  factsOfRun(
    run: string,
    of: { readonly what: SumKind | null; readonly material: string | null; readonly uom: string | null },
    after: { readonly at: Instant; readonly id: string } | null,
    limit: number,
  ): Promise<readonly FactOfRun[]>;
  fact(id: string): Promise<FactDetail | null>;
  posting(id: string): Promise<PostingDetail | null>;
  message(id: number): Promise<KeptMessage | null>;
  instruction(id: string): Promise<KeptInstruction | null>;
}
