/**
 * How a machine works that numbers its runs, as the wire machine of `examples/komax-565` does: each run has counters of its
 * own, it can leave one for another and come back, it announces an end before it has counted everything, and while it is in
 * no run its counters stand where the last one left them and go on from there.
 */
import type { SampleValue } from "../../record/sample.ts";
import { MaterialLists, type RunList } from "./material-list.ts";
import {
  countOut,
  gapOf,
  numberedItems as items,
  type MachineWork,
  type RunTruth,
  type Voice,
} from "./machine-work.ts";
import type { RunPlan } from "./plan.ts";

/** A run as the machine keeps it. */
interface OwnRun {
  /** 0: what it makes belongs to none. */
  readonly number: number;
  readonly truth: RunTruth;
  readonly shows: Record<"good" | "scrap", number>;
  readonly list: RunList;
}

/** What it makes at a time. */
type Pace = Pick<RunPlan, "piecesMax" | "scrapShare" | "cycleMs">;

export class NumberedWork implements MachineWork {
  readonly runs: RunTruth[] = [];
  readonly #voice: Voice;
  readonly #shown: Record<string, SampleValue> = {};
  readonly #lists: MaterialLists;
  #now: OwnRun | null = null;
  /** When it turned to that run, or to none. */
  #turnedAt = 0;
  #numbers = 0;
  #ended = 0;

  constructor(voice: Voice) {
    this.#voice = voice;
    this.#lists = new MaterialLists(voice.plan.slots, voice.random.fork("lists"));
    const none = { [items.number]: 0, [items.job]: "", [items.good]: 0, [items.scrap]: 0, [items.state]: 0 };
    const empty = this.#lists.show(this.#lists.empty(), new Map());
    this.#show({ ...none, [items.runsEnded]: 0, [items.lastEnded]: 0, [items.lastResult]: "", ...empty });
  }

  begin(run: RunPlan): void {
    this.#goOn(run, this.#course(run));
  }

  /** Its counters belong to its runs, and nobody can set them back: for once it says what it had said before. */
  resetCounters(): void {
    const run = this.#now;
    if (!run || run.number === 0 || run.shows.good === 0) return;
    this.#show({ [items.good]: Math.floor(run.shows.good / 2), ...this.#lists.showOlder(run.list) });
  }

  replaceCounter(): boolean {
    return false;
  }

  rush(): boolean {
    return false;
  }

  /** Each step takes a cycle's time. */
  #goOn(pace: Pace, steps: Iterator<void>): void {
    const { schedule, random } = this.#voice;
    if (steps.next().done) return;
    const wait = random.whole(Math.ceil(pace.cycleMs / 2), Math.ceil(pace.cycleMs * 1.5));
    schedule.at(schedule.now + wait, () => this.#goOn(pace, steps));
  }

  *#course(plan: RunPlan): Generator<void> {
    const { aside, closingCycles, outsideCycles } = plan.course;
    const run = this.#open(plan.job, plan.course.lateAfter);
    for (let made = 0; made < plan.cycles; made += 1) {
      yield;
      if (aside?.afterCycles === made) {
        const other = this.#open(aside.job, null);
        if (aside.isInstead) {
          yield;
          run.truth.endedAt = this.#announce(run, "stopped");
        }
        yield* this.#make(other, plan, aside.cycles);
        yield* this.#end(other, plan, aside.closingCycles);
        if (aside.isInstead) return this.#leave(other, null);
        other.truth.endedAt = this.#turnTo(run, run.truth);
        this.#now = run;
        yield;
      }
      this.#count(run, plan);
    }
    yield* this.#end(run, plan, closingCycles);
    yield* this.#outside(run, plan, outsideCycles);
  }

  *#make(run: OwnRun, pace: Pace, cycles: number): Generator<void> {
    for (let made = 0; made < cycles; made += 1) {
      yield;
      this.#count(run, pace);
    }
  }

  /** The end is announced, the last values follow. */
  *#end(run: OwnRun, pace: Pace, closingCycles: number): Generator<void> {
    yield;
    this.#announce(run, "finished");
    yield* this.#make(run, pace, closingCycles);
    yield;
    if (run.list.lines.length > 0) this.#show(this.#lists.show(run.list, run.truth.used));
  }

  *#outside(left: OwnRun, pace: Pace, cycles: number | null): Generator<void> {
    const outside = this.#leave(left, cycles === null ? null : left.truth.job);
    if (!outside || cycles === null) return;
    yield* this.#make(outside, pace, cycles);
    yield;
    this.#leave(outside, null);
  }

  #open(job: string, lateAfter: number | null): OwnRun {
    this.#numbers += 1;
    const list = this.#lists.begin(lateAfter);
    return this.#begin({ number: this.#numbers, shows: { good: 0, scrap: 0 }, list }, job);
  }

  #begin(own: Omit<OwnRun, "truth">, job: string): OwnRun {
    const none = { good: 0, scrap: 0, endedAt: Number.POSITIVE_INFINITY };
    const used = new Map<string, number>();
    const startedAt = this.#turnTo(own, { job, used });
    const truth: RunTruth = { job, isOutside: own.number === 0, number: own.number, startedAt, used, ...none };
    this.runs.push(truth);
    this.#now = { ...own, truth };
    return this.#now;
  }

  #turnTo({ number, shows, list }: Omit<OwnRun, "truth">, { job, used }: Pick<RunTruth, "job" | "used">): number {
    // By its times alone nobody could tell from which value its counters go on: after a correction it says them again.
    if (this.#voice.clock.takeNews()) for (const item of [items.good, items.scrap]) delete this.#shown[item];
    this.#turnedAt = this.#show({
      [items.number]: number,
      [items.job]: job,
      [items.good]: shows.good,
      [items.scrap]: shows.scrap,
      [items.state]: number === 0 ? 0 : 1,
      ...this.#lists.show(list, used),
    });
    return this.#turnedAt;
  }

  /** It is in no run any more. @returns what it makes then, while it still names a job; null: it names none */
  #leave({ shows, list, truth }: OwnRun, job: string | null): OwnRun | null {
    this.#now = null;
    const none = { number: 0, shows, list: this.#lists.goOn(list) };
    const outside = job === null || job === "" ? null : this.#begin(none, job);
    truth.endedAt = outside ? outside.truth.startedAt : this.#turnTo(none, { job: "", used: new Map() });
    return outside;
  }

  #announce({ number }: OwnRun, result: string): number {
    this.#ended += 1;
    return this.#show({ [items.runsEnded]: this.#ended, [items.lastEnded]: number, [items.lastResult]: result });
  }

  #count({ shows, list, truth }: OwnRun, pace: Pace): void {
    const { random, gradeOfScrap } = this.#voice;
    const kind = random.chance(pace.scrapShare) ? "scrap" : "good";
    const pieces = random.whole(1, pace.piecesMax);
    const isListed = this.#lists.use(list, pieces);
    countOut(this.#voice, pieces, gapOf(pace), (counted) => {
      shows[kind] += counted;
      const listed = isListed ? this.#lists.show(list, truth.used) : {};
      // A clock that was set back says an earlier time than before; which run it is about stays clear.
      const at = this.#show({ [items.good]: shows.good, [items.scrap]: shows.scrap, ...listed }, this.#turnedAt);
      truth[kind === "good" ? kind : gradeOfScrap(at)] += counted;
    });
  }

  /** Says what is not as it said before, something always is. @returns when */
  #show(values: Readonly<Record<string, SampleValue>>, after?: number): number {
    const news = Object.entries(values).filter(([item, value]) => this.#shown[item] !== value);
    Object.assign(this.#shown, values);
    return this.#voice.say(Object.fromEntries(news), after);
  }
}
