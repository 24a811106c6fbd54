/** What happens in a simulated world, as data: machines and what they are to make, orders, and faults at their times. */
import type { OrderSeed } from "../erp/order.ts";

export interface RunPlan {
  readonly at: number;
  /** What the machine shows as its job; empty: it makes pieces without one, and nobody can say what they are. */
  readonly job: string;
  readonly cycles: number;
  readonly cycleMs: number;
  /** Pieces of one cycle, at most. */
  readonly piecesMax: number;
  readonly scrapShare: number;
}

export interface MachinePlan {
  readonly id: string;
  readonly workCenter: string;
  readonly hasHistory: boolean;
  /** Where its counters begin again: 2^16 or 2^32. */
  readonly modulus: number;
  readonly countersFrom: number;
  /** More pieces than it makes between two values that are read. */
  readonly stepMax: number;
  /** The machine's clock is so far ahead of ours. */
  readonly clockOffsetMs: number;
  readonly runs: readonly RunPlan[];
}

export const faultKinds = [
  "process-crash",
  "second-process",
  "reply-lost",
  "request-lost",
  "late-commit",
  "failed-after",
  "unavailable",
  "throttled",
  "locked",
  "period-closed",
  "stock-short",
  "order-locked",
  "order-changed",
  "order-completed",
  "posted-by-hand",
  "line-cut",
  "line-rough",
  "words-late",
  "counter-reset",
  "database-away",
  "commit-lost",
  "restored",
  "map-changed",
  "disk-full",
  "snapshot-stale",
  "counter-replaced",
  "clock-set",
] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface PlannedFault {
  readonly kind: FaultKind;
  readonly at: number;
  /** The machine that it is about; of no meaning for others. */
  readonly machine: string;
  /** How long, or how much of it. */
  readonly size: number;
}

export interface Plan {
  readonly seed: number;
  /** So long the database works on what was collected. */
  readonly commitMs: number;
  /** So often a machine tells what has changed. */
  readonly publishMs: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly machines: readonly MachinePlan[];
  readonly orders: readonly OrderSeed[];
  readonly faults: readonly PlannedFault[];
}

export const plant = "1010";
export const component = "WIRE";
