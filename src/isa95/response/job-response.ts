/**
 * One run of a job at a work unit, as the shop floor saw it: from its start to its end, whoever started it.
 * @source ISA-95 part 4, job response
 */
import type { Instant } from "../../base/instant.ts";

export interface JobResponse {
  /** Derived from the source and the run's own identity at the machine: the same run always has the same id. */
  readonly id: string;
  readonly source: string;
  readonly workUnit: string;
  /** What the machine called it; empty when it named nothing. */
  readonly job: string;
  readonly article: string;
  /** Null for production without an order. */
  readonly jobOrder: string | null;
  readonly startedAt: Instant;
  readonly endedAt: Instant | null;
  /** The machine's own word for how it ended; null while it is open. */
  readonly result: string | null;
}
