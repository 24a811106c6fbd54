/**
 * A machine that makes pieces and says so, and keeps its own books of what it really made. It knows nothing of how its
 * values are read. What it is told to make is in the plan; how it makes it is `named-work`, `numbered-work` or
 * `stationed-work`; how its words travel is `machine-line`.
 */
import { instant } from "../../base/instant.ts";
import { MachineClock } from "./machine-clock.ts";
import type { Sample, SampleValue } from "../../record/sample.ts";
import type { Random } from "../random.ts";
import { MachineLine, type Memory } from "./machine-line.ts";
import { items, numberedItems, stationItems, type MachineWork, type RunTruth, type Voice } from "./machine-work.ts";
import { NamedWork } from "./named-work.ts";
import { NumberedWork } from "./numbered-work.ts";
import type { MachinePlan } from "./plan.ts";
import { StationedWork } from "./stationed-work.ts";
import type { Actor, Schedule } from "./schedule.ts";

const works = { job: NamedWork, number: NumberedWork, station: StationedWork } as const;
export class SimulatedMachine {
  readonly plan: MachinePlan;
  readonly line: MachineLine;
  /** From this time of its clock on, what its counter of scrap counts is good by its map. */
  scrapIsGoodFrom = Number.POSITIVE_INFINITY;
  /** From this time of its clock on a counter says something that nobody can compare with what it said before. */
  replacedAt = Number.POSITIVE_INFINITY;
  readonly clock: MachineClock;
  /** Since then its clock shows times again that it has shown before; by the true time. */
  setBackAt = Number.POSITIVE_INFINITY;
  /** By the time that a frame bears: when it was said by the clock that was not set back. */
  readonly saidAgain = new Map<number, number>();
  /** The first and the last time, by the true one, at which each of those who listen heard it say a time again. */
  readonly #heardAgain = new Map<Actor, { readonly from: number; to: number }>();
  readonly #taken = new Set<number>();
  readonly #schedule: Schedule;
  readonly #memory: { readonly said: Sample[]; readonly current: Map<string, Sample>; readonly hasHistory: boolean };
  readonly #work: MachineWork;
  #lastAt = 0;
  #aheadMs = 0;
  /** The newest time at which anything is read that it has said. */
  #front = 0;

  constructor(options: {
    readonly plan: MachinePlan;
    readonly publishMs: number;
    readonly schedule: Schedule;
    readonly random: Random;
  }) {
    const { plan, schedule, random } = options;
    this.plan = plan;
    this.#schedule = schedule;
    this.clock = new MachineClock(schedule, plan.clockOffsetMs);
    this.#memory = { said: [], current: new Map(), hasHistory: plan.hasHistory };
    const memory: Memory = this.#memory;
    const { publishMs } = options;
    // Of two stations the words of the first are held up.
    const words = { job: items.job, number: numberedItems.number, station: stationItems("1").job };
    const word = words[plan.runsBy];
    this.line = new MachineLine({ schedule, random: random.fork("line"), memory, publishMs, word });
    const voice: Voice = {
      plan,
      clock: this.clock,
      schedule,
      random,
      say: (values, after) => this.#say(values, after),
      gradeOfScrap: (at) => (at >= this.scrapIsGoodFrom ? "good" : "scrap"),
    };
    this.#work = new works[plan.runsBy](voice);
    for (const run of plan.runs) schedule.at(run.at, () => this.#work.begin(run));
  }

  get runs(): readonly RunTruth[] {
    return this.#work.runs;
  }

  /** What its clock shows. */
  get now(): number {
    return this.clock.now;
  }

  /** Everything it has ever said, in order of source time. */
  get said(): readonly Sample[] {
    return this.#memory.said;
  }

  /** Somebody sets the counters back to zero; where they belong to runs, they show an older value for a while. */
  resetCounters(): void {
    this.#work.resetCounters();
  }

  /** Another counter takes the place of the one for good pieces: it shows a value that is no plausible step from the old one. */
  replaceCounter(share: number): void {
    if (this.#work.replaceCounter(share)) this.replacedAt = Math.min(this.replacedAt, this.#lastAt);
  }

  /**
   * It makes more in a few seconds than a step may count; but for the end, what its counter of good pieces says of it is heard
   * so much later.
   *
   * @returns since when it does, by its own clock; null: it does not
   */
  rushUnheard(share: number, heldMs: number): number | null {
    if (!this.#work.rush(share, () => this.line.letPass())) return null;
    this.line.holdBack(items.good, this.#schedule.now + heldMs);
    return this.#lastAt;
  }

  /** Somebody sets its clock back by far more than values may be late. */
  setBack(byMs: number): void {
    this.setBackAt = this.#schedule.now;
    this.#aheadMs = Math.max(0, this.now - this.setBackAt);
    this.clock.set(-byMs);
    this.#lastAt = this.now - 1;
  }

  /** Somebody who lives has heard for so long that its clock was set back: what one who died heard last may be nowhere. */
  get heardAgainMs(): number {
    const alive = [...this.#heardAgain].filter(([actor]) => actor.isAlive);
    return Math.max(0, ...alive.map(([, { from, to }]) => to - from));
  }

  #hearAgain(): void {
    const { now } = this.#schedule;
    for (const actor of this.line.heardBy)
      this.#heardAgain.set(actor, { from: this.#heardAgain.get(actor)?.from ?? now, to: now });
  }

  /** @param after  it may bear a time before that of what was said already, but after this one */
  #say(values: Readonly<Record<string, SampleValue>>, after = this.#lastAt): number {
    // What bore a later time was said before the clock was set back.
    const at = instant(this.#freeFrom(Math.max(Math.min(after, this.#lastAt) + 1, this.now)));
    const isAgain = this.#schedule.now >= this.setBackAt && at <= this.#front;
    if (isAgain) this.saidAgain.set(at, Math.max(this.#front + 1, this.#schedule.now + this.#aheadMs));
    if (isAgain) this.#hearAgain();
    this.#front = Math.max(this.#front, this.saidAgain.get(at) ?? at);
    this.#lastAt = Math.max(this.#lastAt, at);
    const samples = Object.entries(values).map(([item, value]): Sample => ({
      item,
      at,
      receivedAt: at,
      status: 0,
      value,
      mark: "",
    }));
    for (const sample of samples) this.#memory.current.set(sample.item, sample);
    // It remembers by source time.
    const { said } = this.#memory;
    said.splice(said.findLastIndex((one) => one.at < at) + 1, 0, ...samples);
    this.line.carry(samples);
    return at;
  }

  /** Each frame has a time of its own. */
  #freeFrom(at: number): number {
    let free = at;
    while (this.#taken.has(free)) free += 1;
    this.#taken.add(free);
    return free;
  }
}
