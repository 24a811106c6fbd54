/**
 * What collection remembers of one source between two batches: last values, open runs, counters. JSON-serialisable,
 * kept as a checkpoint; everything in it can be rebuilt from the samples.
 */
import type { Instant } from "../../base/instant.ts";
import type { CounterDoubt, CounterValue } from "../../record/counter-answer.ts";
import type { UnitGrade } from "../../record/fact.ts";
import type { SampleReference, SampleValue } from "../../record/sample.ts";
import type { SetBack } from "./clock.ts";
import type { CounterFall, CounterState } from "./counter.ts";
import type { KnownGaps } from "./gap.ts";

/** The last good value of an item, with what is needed to name its sample as evidence. */
export interface HeldValue {
  readonly value: SampleValue;
  /** What the machine's clock showed. */
  readonly at: Instant;
  readonly mark: string;
}

/** What is counted anew with each run. */
export interface RunCounters {
  /** Per counter rule, for counters that restart with each run. */
  readonly counters: Readonly<Record<string, CounterState>>;
  /** Per consumption rule and material. */
  readonly materials: Readonly<Record<string, CounterState>>;
  /** Consumption rules that have shown their first snapshot in this run: what appears later starts from zero. */
  readonly snapshots: readonly string[];
}

/** What a counter that begins anew with each run showed last in one. */
export interface LastCount {
  /** Path of the item that says it. */
  readonly item: string;
  /** What it showed; left out for one that was never read in the run, and for a list of materials. */
  readonly value?: CounterValue;
  /** It showed less after that: a counter that does not fall within a run. */
  readonly isLower?: true;
  /** When it spoke last, by the machine's clock; left out where it did not in this run. */
  readonly heardAt?: Instant;
  /** For pieces. */
  readonly pieces?: { readonly grade: UnitGrade; readonly uom: string };
}

/** The machine has gone on to something else. */
export interface LeftRun {
  /** By the machine's clock. */
  readonly at: Instant;
  readonly counts: readonly LastCount[];
}

/** A run that is over, or the stay of a station in one. */
export interface EndedRun extends LeftRun {
  readonly run: string;
  readonly number: number | null;
  readonly job: string;
  readonly station?: string;
  /** Path of the item that says in which run the machine is. */
  readonly named: string;
  readonly endedAt: Instant;
  /** When that is read: the event time of what is said of it. */
  readonly readAt: Instant;
  readonly because: SampleReference;
  readonly mapVersion: number;
}

/** A question that is none any more once what was not heard is told late. */
export interface PassingQuestion {
  /** The same doubt always has the same subject. */
  readonly subject: string;
  /** Event time of what it is asked because of. */
  readonly at: Instant;
  readonly text: string;
  readonly evidence: readonly SampleReference[];
  /** For a counter's question: what is needed to count by a person's answer. */
  readonly about?: CounterDoubt;
  /** Of the open run that it asks about: it stands as long as that is open, though nothing late can answer it any more. */
  readonly run?: string;
}

/** An open run of which nobody knows the machine's number: its identity follows from it, so it is known once the machine names it. */
export type UnnumberedRun = Pick<RunState, "id" | "job" | "article" | "startedAt" | "mayHaveEnded">;

export interface RunState extends RunCounters {
  readonly id: string;
  /** The machine's number of the run; null for production outside every run. */
  readonly number: number | null;
  readonly job: string;
  readonly article: string;
  readonly startedAt: Instant;
  /** Up to this time its counters were given up: a counter of it that has no state begins where it is read next. Left out otherwise. */
  readonly anewAt?: Instant;
  /** The machine has announced the end; its closing values may still follow. */
  readonly ending: { readonly at: Instant; readonly result: string } | null;
  /** When the machine went on to something else, the last time; left out before that, and in older checkpoints. */
  readonly left?: LeftRun;
  /**
   * While the machine was in it, it has ended more runs than were heard to end, or what it said of that was given up; left
   * out otherwise.
   */
  readonly mayHaveEnded?: true;
}

/** A part of the unit with a job of its own; what is counted anew with each run is counted for its stay in that run. */
export interface StationState extends RunCounters {
  /** Key of the run that it is in; null while it names no job. */
  readonly run: string | null;
  /** Since when it is in that run, or in none. */
  readonly since: Instant;
  /** Energy counted for it since the last fact about it. */
  readonly energy: number;
  /** As of a run, for the stay that it was in then. */
  readonly anewAt?: Instant;
}

/** What dividing has left over, in parts of a millionth. */
export interface Credit {
  /** So many parts are one millionth. */
  readonly of: number;
  /** By station; those that have got more than their part have less than nothing. */
  readonly by: Readonly<Record<string, number>>;
}

export interface CollectorState {
  /** Newest source time that has been read; null before the first sample. */
  readonly position: Instant | null;
  readonly items: Readonly<Record<string, HeldValue>>;
  /** Open runs by key: the machine's number as text, or `outside`. */
  readonly runs: Readonly<Record<string, RunState>>;
  /** Left out for none, and in older checkpoints. */
  readonly unnumbered?: readonly UnnumberedRun[];
  /** Key of the run that the values belong to now; null when there is none. */
  readonly current: string | null;
  /** Counters that go on across runs. */
  readonly counters: Readonly<Record<string, CounterState>>;
  readonly state: string | null;
  /** Energy counted since the last fact about it, in the counter's own unit. */
  readonly energy: number;
  /** By the value of the placeholder; left out where the unit has none, so that older checkpoints are read as they are. */
  readonly stations?: Readonly<Record<string, StationState>>;
  /** By rule, where something is left over. */
  readonly credits?: Readonly<Record<string, Credit>>;
  /** Of its counters, the newest; left out before the first, and in older checkpoints. */
  readonly falls?: readonly CounterFall[];
  /** Runs that are over, as long as a gap may say that their last counts are missing; left out for none. */
  readonly ended?: readonly EndedRun[];
  /** As long as what comes late may answer them, and each about an open run as long as that is open; left out for none. */
  readonly passing?: readonly PassingQuestion[];
  /** What the stream has said of its gaps; left out before the first. */
  readonly gaps?: KnownGaps;
  /** As of a run, for the counters that go on across runs. */
  readonly anewAt?: Instant;
  /** How values are read while the machine's clock is set back; left out while it is not. */
  readonly setBack?: SetBack;
  /** When the newest value was received that did not lie behind; left out before the first, and in older checkpoints. */
  readonly soundAt?: Instant;
  /** When one was received before that; left out likewise. */
  readonly soundBefore?: Instant;
  /** When the newest value was received, live or out of the machine's history; left out likewise. */
  readonly frontReceivedAt?: Instant;
}

export const emptyState: CollectorState = {
  position: null,
  items: {},
  runs: {},
  current: null,
  counters: {},
  state: null,
  energy: 0,
};

export const outsideRun = "outside";

export const nothingCounted: RunCounters = { counters: {}, materials: {}, snapshots: [] };

/** Whether what was read as a state can be one: what is damaged may be anything. */
export function isCollectorState(value: unknown): value is CollectorState {
  if (typeof value !== "object" || value === null) return false;
  const { position, ...parts }: Partial<Record<keyof CollectorState, unknown>> = value;
  const all = [parts.items, parts.runs, parts.counters];
  return (
    (position === null || Number.isFinite(position)) && all.every((one) => typeof one === "object" && one !== null)
  );
}
