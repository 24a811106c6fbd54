/**
 * What collection remembers of one source between two batches: last values, open runs, counters. JSON-serialisable,
 * kept as a checkpoint; everything in it can be rebuilt from the samples.
 */
import type { Instant } from "../../base/instant.ts";
import type { SampleValue } from "../../record/sample.ts";
import type { CounterState } from "./counter.ts";

/** The last good value of an item, with what is needed to name its sample as evidence. */
export interface HeldValue {
  readonly value: SampleValue;
  readonly at: Instant;
  readonly mark: string;
}

export interface RunState {
  readonly id: string;
  /** The machine's number of the run; null for production outside every run. */
  readonly number: number | null;
  readonly job: string;
  readonly article: string;
  readonly startedAt: Instant;
  /** The machine has announced the end; its closing values may still follow. */
  readonly ending: { readonly at: Instant; readonly result: string } | null;
  /** Per counter rule, for counters that restart with each run. */
  readonly counters: Readonly<Record<string, CounterState>>;
  /** Per consumption rule and material. */
  readonly materials: Readonly<Record<string, CounterState>>;
  /** Consumption rules that have shown their first snapshot in this run: what appears later starts from zero. */
  readonly snapshots: readonly string[];
}

export interface CollectorState {
  /** Newest source time that has been read; null before the first sample. */
  readonly position: Instant | null;
  readonly items: Readonly<Record<string, HeldValue>>;
  /** Open runs by key: the machine's number as text, or `outside`. */
  readonly runs: Readonly<Record<string, RunState>>;
  /** Key of the run that the values belong to now; null when there is none. */
  readonly current: string | null;
  /** Counters that go on across runs. */
  readonly counters: Readonly<Record<string, CounterState>>;
  readonly state: string | null;
  /** Energy counted since the last fact about it, in the counter's own unit. */
  readonly energy: number;
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
