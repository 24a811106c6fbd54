/** How a machine works that names a job: one after the other, with counters that go on over all of them. */
import { MachineCounter } from "./machine-counter.ts";
import { countOut, gapOf, items, type MachineWork, type RunTruth, type Voice } from "./machine-work.ts";
import type { RunPlan } from "./plan.ts";

export class NamedWork implements MachineWork {
  readonly runs: RunTruth[] = [];
  readonly #voice: Voice;
  readonly #counters: Record<"good" | "scrap", MachineCounter>;
  /** What is said before stays before: a job was named, or a counter was set. */
  #notBefore = 0;

  constructor(voice: Voice) {
    this.#voice = voice;
    const { countersFrom } = voice.plan;
    this.#counters = { good: new MachineCounter(voice, countersFrom), scrap: new MachineCounter(voice, 0) };
    voice.say({ [items.job]: "", [items.good]: countersFrom, [items.scrap]: 0, [items.state]: 0 });
  }

  begin(run: RunPlan): void {
    const startedAt = this.#voice.say({ [items.job]: run.job, [items.state]: 1 });
    this.#notBefore = startedAt;
    const none = { good: 0, scrap: 0, used: new Map<string, number>(), endedAt: Number.POSITIVE_INFINITY };
    const truth: RunTruth = { job: run.job, isOutside: false, number: null, startedAt, ...none };
    this.runs.push(truth);
    this.#cycle(run, truth, 0);
  }

  #cycle(run: RunPlan, truth: RunTruth, made: number): void {
    const { schedule, random, say, gradeOfScrap } = this.#voice;
    const wait = random.whole(Math.ceil(run.cycleMs / 2), Math.ceil(run.cycleMs * 1.5));
    schedule.at(schedule.now + wait, () => {
      if (made >= run.cycles) {
        truth.endedAt = say({ [items.job]: "", [items.state]: 0 });
        return;
      }
      const kind = random.chance(run.scrapShare) ? "scrap" : "good";
      const pieces = random.whole(1, run.piecesMax);
      countOut(this.#voice, pieces, gapOf(run), (counted) => {
        const at = say({ [items[kind]]: this.#counters[kind].rise(counted) }, this.#notBefore);
        truth[kind === "good" ? kind : gradeOfScrap(at)] += counted;
      });
      this.#cycle(run, truth, made + 1);
    });
  }

  resetCounters(): void {
    const { good, scrap } = this.#counters;
    if (!MachineCounter.tellReset([good, scrap])) return;
    good.set(0);
    scrap.set(0);
    this.#notBefore = this.#voice.say({ [items.good]: 0, [items.scrap]: 0 });
  }

  replaceCounter(share: number): boolean {
    const { modulus, stepMax } = this.#voice.plan;
    const { good } = this.#counters;
    // The other half of the range, so that neither a step, nor a rollover nor a reset explains it.
    const value = Math.floor((good.value + modulus / 2) % modulus);
    if (value <= 2 * stepMax || value >= modulus - 2 * stepMax) return false;
    good.set(value - Math.floor(share * stepMax));
    this.#notBefore = this.#voice.say({ [items.good]: good.value });
    return true;
  }

  rush(share: number, beforeLast: () => void): boolean {
    const { plan, schedule, say } = this.#voice;
    const { good } = this.#counters;
    const truth = this.runs.at(-1);
    const isNearEnd = good.value + 2 * rushSteps.max * plan.stepMax >= plan.modulus;
    if (!truth || truth.job === "" || truth.endedAt < Number.POSITIVE_INFINITY || isNearEnd) return false;
    const values = 4 + Math.floor(share * 9);
    const pieces = Math.ceil((plan.stepMax * (rushSteps.min + share * (rushSteps.max - rushSteps.min))) / values);
    for (let value = 1; value <= values; value += 1) {
      schedule.at(schedule.now + value * rushGapMs, () => {
        if (value === values) beforeLast();
        if (truth.endedAt < Number.POSITIVE_INFINITY) return;
        say({ [items.good]: good.rise(pieces) }, this.#notBefore);
        truth.good += pieces;
      });
    }
    return true;
  }
}

/** So many of the largest steps are made in a rush, each of its values less than one. */
const rushSteps = { min: 1.2, max: 3 } as const;
const rushGapMs = 2_000;
