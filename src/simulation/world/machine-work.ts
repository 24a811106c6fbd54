/** What a simulated machine says, what it keeps of its own work, and what its parts need of each other. */
import type { SampleValue } from "../../record/sample.ts";
import type { Random } from "../random.ts";
import type { MachineClock } from "./machine-clock.ts";
import type { MachinePlan, RunPlan } from "./plan.ts";
import type { Schedule } from "./schedule.ts";

/** What a machine really did under one name. */
export interface RunTruth {
  /** Empty: it made pieces and named no job. */
  readonly job: string;
  /** It said that what it made belonged to no run, although it named a job. */
  readonly isOutside: boolean;
  /** Its own; 0 outside every run, null of a machine that numbers none. */
  readonly number: number | null;
  /** Source time of the value that named it. */
  readonly startedAt: number;
  good: number;
  scrap: number;
  /** What its lists have added up to since the first of them, by material, in the machine's units. */
  readonly used: Map<string, number>;
  /** Infinity: it goes on. */
  endedAt: number;
}

export const items = { job: "Job", good: "Good", scrap: "Scrap", state: "State" } as const;
export const numberedItems = {
  number: "ActiveRun",
  job: "JobNumber",
  good: "GoodPieces",
  scrap: "ScrapPieces",
  state: "State",
  runsEnded: "RunsEnded",
  lastEnded: "LastEndedRun",
  lastResult: "LastResult",
} as const;

/** Of the whole machine, where it runs a job in each of its stations. */
export const strokes = { count: "Strokes", state: "State" } as const;
export function stationItems(station: string): Readonly<Record<"job" | "open" | "scrap", string>> {
  return { job: `Station${station}/Job`, open: `Station${station}/Open`, scrap: `Station${station}/Scrap` };
}

/** The list of materials of a machine that counts them: it is read when its number changes. */
export const listNumber = "Lists/Number";
export function slotItems(slot: number | string): Readonly<Record<"material" | "kind" | "total", string>> {
  return { material: `Lists/Slot${slot}/Material`, kind: `Lists/Slot${slot}/Kind`, total: `Lists/Slot${slot}/Total` };
}

/** What it does with its plan, and with what people do to it. */
export interface MachineWork {
  readonly runs: readonly RunTruth[];
  begin(run: RunPlan): void;
  /** Somebody sets the counters back to zero, as far as they can. */
  resetCounters(): void;
  /** @returns whether it showed a value that nobody can compare with what it said before */
  replaceCounter(share: number): boolean;
  /**
   * In the run that it is in it makes more pieces in a few seconds than a step may count.
   *
   * @param beforeLast  is called before the last value that says so
   * @returns whether it does: in a run that it names, by a counter that goes on over all of them
   */
  rush(share: number, beforeLast: () => void): boolean;
}

/**
 * Pieces are counted at once; when the machine's clock is to be corrected they are counted one by one, and it is corrected in
 * the middle of them: what is said then bears times that it had before.
 */
export function countOut(
  { schedule, clock }: Voice,
  pieces: number,
  gapMs: number,
  count: (pieces: number) => void,
): void {
  if (pieces < 2 || !clock.isToBeCorrected) return count(pieces);
  const middle = Math.ceil(pieces / 2);
  for (let piece = 0; piece < pieces; piece += 1) {
    schedule.at(schedule.now + piece * gapMs, () => {
      if (piece === middle) clock.correct();
      count(1);
    });
  }
}

/** All of them are counted before the next cycle ends. */
export function gapOf({ cycleMs, piecesMax }: Pick<RunPlan, "cycleMs" | "piecesMax">): number {
  return Math.min(1_000, Math.floor(cycleMs / (4 * piecesMax)));
}

/** How it is heard, and what it is made of. */
export interface Voice {
  readonly plan: MachinePlan;
  readonly clock: MachineClock;
  readonly schedule: Schedule;
  readonly random: Random;
  /**
   * One frame, at a time of its own: later than all that were said, or, when its clock was set back, later than `after`.
   *
   * @returns that time
   */
  readonly say: (values: Readonly<Record<string, SampleValue>>, after?: number) => number;
  /** What its counter of scrap counts at that time of its clock, by its map. */
  readonly gradeOfScrap: (at: number) => "good" | "scrap";
}
