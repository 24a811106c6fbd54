/**
 * A machine that makes pieces and says so, and keeps its own books of what it really made. It knows nothing of how its
 * values are read. What it is told to make is in the plan; how its words travel is `machine-line`.
 */
import { instant } from "../../base/instant.ts";
import type { Sample, SampleValue } from "../../record/sample.ts";
import type { Random } from "../random.ts";
import { MachineLine, type Memory } from "./machine-line.ts";
import type { MachinePlan, RunPlan } from "./plan.ts";
import type { Schedule } from "./schedule.ts";

/** What a machine really did under one name. */
export interface RunTruth {
  /** Empty: it made pieces and named no job. */
  readonly job: string;
  /** Source time of the value that named it. */
  readonly startedAt: number;
  good: number;
  scrap: number;
  /** Infinity: it goes on. */
  endedAt: number;
}

export const items = { job: "Job", good: "Good", scrap: "Scrap", state: "State" } as const;

export class SimulatedMachine {
  readonly plan: MachinePlan;
  readonly line: MachineLine;
  readonly runs: RunTruth[] = [];
  /** From this time of its clock on, what its counter of scrap counts is good by its map. */
  scrapIsGoodFrom = Number.POSITIVE_INFINITY;
  /** Pieces of which no value that anybody could ever read says anything: a counter was lost with them. */
  untold = 0;
  /** From this time of its clock on a counter says something that nobody can compare with what it said before. */
  replacedAt = Number.POSITIVE_INFINITY;
  #clockSetMs = 0;
  readonly #schedule: Schedule;
  readonly #random: Random;
  readonly #memory: { readonly said: Sample[]; readonly current: Map<string, Sample>; readonly hasHistory: boolean };
  readonly #counters: Record<"good" | "scrap", number>;
  /** Pieces since somebody last heard the counters. */
  #unheard = 0;
  #lastAt = 0;

  constructor(options: {
    readonly plan: MachinePlan;
    readonly publishMs: number;
    readonly schedule: Schedule;
    readonly random: Random;
  }) {
    const { plan, schedule, random } = options;
    this.plan = plan;
    this.#schedule = schedule;
    this.#random = random;
    this.#memory = { said: [], current: new Map(), hasHistory: plan.hasHistory };
    const memory: Memory = this.#memory;
    const { publishMs } = options;
    this.line = new MachineLine({ schedule, random: random.fork("line"), memory, publishMs, word: items.job });
    this.#counters = { good: plan.countersFrom, scrap: 0 };
    this.#say({ [items.job]: "", [items.good]: plan.countersFrom, [items.scrap]: 0, [items.state]: 0 });
    for (const run of plan.runs) schedule.at(run.at, () => this.#begin(run));
  }

  /** What its clock shows. */
  get now(): number {
    return this.#schedule.now + this.plan.clockOffsetMs + this.#clockSetMs;
  }

  /** Everything it has ever said, in order of source time. */
  get said(): readonly Sample[] {
    return this.#memory.said;
  }

  /**
   * Somebody sets the counters back to zero. Not just before they would begin again by themselves: by their values alone
   * nobody could tell the one from the other.
   */
  resetCounters(): void {
    const { good, scrap } = this.#counters;
    if (Math.max(good, scrap) >= this.plan.modulus - this.plan.stepMax) return;
    if (!this.#memory.hasHistory && !this.line.isHeard) this.untold += this.#unheard;
    this.#counters.good = 0;
    this.#counters.scrap = 0;
    this.#say({ [items.good]: 0, [items.scrap]: 0 });
  }

  /** Another counter takes the place of the one for good pieces: it shows a value that is no plausible step from the old one. */
  replaceCounter(share: number): void {
    const { modulus, stepMax } = this.plan;
    // The other half of the range, so that neither a step, nor a rollover nor a reset explains it.
    const value = Math.floor((this.#counters.good + modulus / 2) % modulus);
    if (value <= 2 * stepMax || value >= modulus - 2 * stepMax) return;
    this.#counters.good = value - Math.floor(share * stepMax);
    this.#say({ [items.good]: this.#counters.good });
    this.replacedAt = Math.min(this.replacedAt, this.#lastAt);
  }

  /** Somebody sets its clock on. */
  setClock(byMs: number): void {
    this.#clockSetMs += byMs;
  }

  #begin(run: RunPlan): void {
    this.#say({ [items.job]: run.job, [items.state]: 1 });
    const truth: RunTruth = {
      job: run.job,
      startedAt: this.#lastAt,
      good: 0,
      scrap: 0,
      endedAt: Number.POSITIVE_INFINITY,
    };
    this.runs.push(truth);
    this.#cycle(run, truth, 0);
  }

  #cycle(run: RunPlan, truth: RunTruth, made: number): void {
    const wait = this.#random.whole(Math.ceil(run.cycleMs / 2), Math.ceil(run.cycleMs * 1.5));
    this.#schedule.at(this.#schedule.now + wait, () => {
      if (made >= run.cycles) {
        this.#say({ [items.job]: "", [items.state]: 0 });
        truth.endedAt = this.#lastAt;
        return;
      }
      const kind = this.#random.chance(run.scrapShare) ? "scrap" : "good";
      const pieces = this.#random.whole(1, run.piecesMax);
      this.#counters[kind] = (this.#counters[kind] + pieces) % this.plan.modulus;
      this.#unheard = this.line.isHeard ? 0 : this.#unheard + pieces;
      this.#say({ [items[kind]]: this.#counters[kind] });
      truth[this.#lastAt >= this.scrapIsGoodFrom ? "good" : kind] += pieces;
      this.#cycle(run, truth, made + 1);
    });
  }

  /** One frame, at a time of its own. */
  #say(values: Readonly<Record<string, SampleValue>>): void {
    this.#lastAt = Math.max(this.#lastAt + 1, this.now);
    const at = instant(this.#lastAt);
    const samples = Object.entries(values).map(([item, value]): Sample => ({
      item,
      at,
      receivedAt: at,
      status: 0,
      value,
      mark: "",
    }));
    for (const sample of samples) {
      this.#memory.said.push(sample);
      this.#memory.current.set(sample.item, sample);
    }
    this.line.carry(samples);
  }
}
