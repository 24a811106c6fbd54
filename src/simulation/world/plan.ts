/** What happens in a simulated world, as data: machines and what they are to make, orders, and faults at their times. */
import type { OrderSeed } from "../erp/order.ts";
import type { PlannedAct } from "./act.ts";

export interface RunPlan {
  readonly at: number;
  /** What the machine shows as its job; empty: it makes pieces without one, and nobody can say what they are. */
  readonly job: string;
  readonly cycles: number;
  readonly cycleMs: number;
  /** Pieces of one cycle, at most. */
  readonly piecesMax: number;
  readonly scrapShare: number;
  /** For a machine that numbers its runs. */
  readonly course: RunCourse;
}

/** What a machine that numbers its runs does in one of them, beside making pieces. */
export interface RunCourse {
  readonly aside: AsidePlan | null;
  /** Cycles that its counters show only after it has announced the end. */
  readonly closingCycles: number;
  /** When the run is over it goes on naming the job and makes so many cycles more, outside; null: it names none any more. */
  readonly outsideCycles: number | null;
  /** The last of its materials is in no list before so many counts of pieces; null: it is in the first one. */
  readonly lateAfter: number | null;
}

/** A run for which a machine leaves another one in the middle. */
export interface AsidePlan {
  /** So many cycles of the other one come before. */
  readonly afterCycles: number;
  readonly job: string;
  readonly cycles: number;
  readonly closingCycles: number;
  /** The other one is ended meanwhile: the machine does not come back to it. */
  readonly isInstead: boolean;
}

export const plainCourse: RunCourse = { aside: null, closingCycles: 0, outsideCycles: null, lateAfter: null };

/**
 * How a machine says which run its values belong to: it names a job, it numbers its runs, which may nest, or it names a job
 * in each of its stations.
 */
export type RunNaming = "job" | "number" | "station";

export const stationNames = ["1", "2"] as const;
export type StationName = (typeof stationNames)[number];

export interface MachinePlan {
  readonly id: string;
  readonly workCenter: string;
  readonly runsBy: RunNaming;
  /** What it counts of its materials, by their places in its list. */
  readonly slots: readonly CountedMaterial[];
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

/** What goes wrong with a job, or is told late; a job has any of them. */
export const slips = [
  "two-tablets",
  "wrong-count",
  "count-taken-back",
  "late-correction",
  "wrong-lot",
  "other-grade",
] as const;
export type Slip = (typeof slips)[number];

export interface BenchJob {
  readonly at: number;
  readonly order: string;
  readonly lot: string;
  readonly counts: readonly { readonly good: number; readonly scrap: number }[];
  readonly pauseMs: number;
  readonly slips: readonly Slip[];
  /** A supervisor enters all of it afterwards: when it began, still on the day before. */
  readonly backDatedTo: number | null;
}

/** A work unit without a controller. */
export interface BenchPlan {
  readonly id: string;
  readonly workCenter: string;
  readonly jobs: readonly BenchJob[];
}

/** Each hour has some of them. */
export const dailyFaults = [
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
/** A world has one of them at most once, with this chance. */
export const rareFaults = [
  { kind: "erp-restored", chance: 0.15 },
  { kind: "request-doubled", chance: 0.2 },
  { kind: "reply-doubled", chance: 0.3 },
  { kind: "order-cancelled", chance: 0.2 },
  { kind: "order-held", chance: 0.25 },
  { kind: "tolerance-exceeded", chance: 0.35 },
  { kind: "clock-set-back", chance: 0.2 },
  { kind: "clock-drift", chance: 0.3 },
  { kind: "clock-corrected", chance: 0.3 },
  { kind: "kept-damaged", chance: 0.18 },
  { kind: "counts-held", chance: 0.4 },
] as const;
export const faultKinds = [...dailyFaults, ...rareFaults.map(({ kind }) => kind)];
export type FaultKind = (typeof faultKinds)[number];

export interface PlannedFault {
  readonly kind: FaultKind;
  readonly at: number;
  /** The machine that it is about; of no meaning for others. */
  readonly machine: string;
  /** How long, or how much of it. */
  readonly size: number;
}

/** `sap`: asked by key · `blind`: cannot be asked at all · `queue`: answers before it posts · `once`: takes a document once */
export const erpManners = ["sap", "blind", "queue", "once"] as const;
export type ErpManner = (typeof erpManners)[number];

export interface Plan {
  readonly seed: number;
  readonly manner: ErpManner;
  /** People decide and report; else they send again what the ERP has refused, and nothing more. */
  readonly isCrowded: boolean;
  /** So long the database works on what was collected; what comes meanwhile is read together. */
  readonly commitMs: number;
  /** So often a machine tells what has changed. */
  readonly publishMs: number;
  /** So many values of a machine can be read again, at least; what is older is settled. */
  readonly memorySamples: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly machines: readonly MachinePlan[];
  /** Work units without a controller. */
  readonly benches: readonly BenchPlan[];
  readonly orders: readonly OrderSeed[];
  readonly faults: readonly PlannedFault[];
  /** What people take into their heads. */
  readonly acts: readonly PlannedAct[];
}

export const plant = "1010";
/** Used by bill. */
export const component = "WIRE";

/** Material that machines count, in a unit of their own. */
export interface CountedMaterial {
  readonly material: string;
  /** What the machine calls its kind; its map says which unit that means. */
  readonly kind: string;
  readonly uom: string;
  /** The unit in which orders ask for it, and how many of the machine's that is. */
  readonly unit: string;
  readonly perUnit: number;
  /** So many of its own units it uses for one piece, at most. */
  readonly perPieceMax: number;
}

export function isCounted(material: string): boolean {
  return countedMaterials.some((one) => one.material === material);
}

/** Some machines count the component, too. The bill speaks for it: what they count is kept, and neither posted nor moved. */
export const countedComponent: CountedMaterial = {
  material: component,
  kind: "Wire",
  uom: "MMT",
  unit: "M",
  perUnit: 1_000,
  perPieceMax: 1_500,
};

/** What only machines say. */
export const countedMaterials: readonly CountedMaterial[] = [
  { material: "TUBE", kind: "Tube", uom: "MMT", unit: "M", perUnit: 1_000, perPieceMax: 250 },
  { material: "SEAL", kind: "Seal", uom: "C62", unit: "PC", perUnit: 1, perPieceMax: 2 },
];
