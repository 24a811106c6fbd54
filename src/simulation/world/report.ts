/** What was seen of a simulated world when it has ended. */
import type { Deed } from "./act.ts";
import type { Violation } from "./checker/finding.ts";
import type { Foresight } from "./checker/outcome.ts";
import type { FaultKind } from "./plan.ts";

export interface Report {
  readonly violations: readonly Violation[];
  /** Faults that were put in, by kind. */
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  /** What people did that took effect. */
  readonly deeds: Readonly<Partial<Record<Deed, number>>>;
  /** Values that machines said. */
  readonly samples: number;
  readonly postings: number;
  readonly documents: number;
  /** Those of them that were taken back. */
  readonly reversed: number;
  /** Processes that died. */
  readonly crashes: number;
  readonly steps: number;
  /** Null: a law was broken before everything had come to rest. */
  readonly foresight: Foresight | null;
  /** Lines of the log, the newest last. */
  readonly log: readonly string[];
}
