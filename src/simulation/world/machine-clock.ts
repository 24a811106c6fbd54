/** The clock of a machine: wrong from the beginning by some seconds, set on or back by people and by its network, and fast or slow. */
import type { Schedule } from "./schedule.ts";

/** No clock gains or loses more than this share of the time. */
export const driftMax = 0.02;

export class MachineClock {
  readonly #schedule: Schedule;
  #offsetMs: number;
  #rate = 0;
  #aheadMs = 0;
  #isNews = false;
  /** Since when it drifts like this; what it has gained before is in the offset. */
  #since: number;

  constructor(schedule: Schedule, offsetMs: number) {
    this.#schedule = schedule;
    this.#offsetMs = offsetMs;
    this.#since = schedule.now;
  }

  get now(): number {
    return this.#schedule.now + this.#offsetMs + this.#gainedMs();
  }

  set(byMs: number): void {
    this.#offsetMs += byMs;
  }

  /** The network will have found it to be so far ahead. */
  correctSoon(byMs: number): void {
    this.#aheadMs = byMs;
  }

  get isToBeCorrected(): boolean {
    return this.#aheadMs > 0;
  }

  correct(): void {
    this.#offsetMs -= this.#aheadMs;
    this.#aheadMs = 0;
    this.#isNews = true;
  }

  /** Whether it was corrected since this was asked last. */
  takeNews(): boolean {
    const isNews = this.#isNews;
    this.#isNews = false;
    return isNews;
  }

  /** From now on it gains so much in each unit of time, or loses it. */
  drift(rate: number): void {
    this.#offsetMs += this.#gainedMs();
    this.#since = this.#schedule.now;
    this.#rate = rate;
  }

  #gainedMs(): number {
    return Math.round(this.#rate * (this.#schedule.now - this.#since));
  }
}
