/** A counter of a machine that goes on over all its runs and begins again behind its largest value. */
import type { Voice } from "./machine-work.ts";
import { lateMs } from "./plant-site.ts";

/** Longer than values may be late, the machine's clock corrected by as much meanwhile. */
const unclearMs = 3 * lateMs;

export class MachineCounter {
  readonly #voice: Pick<Voice, "plan" | "schedule">;
  #value: number;
  #beganAgainAt = Number.NEGATIVE_INFINITY;

  constructor(voice: Pick<Voice, "plan" | "schedule">, value: number) {
    this.#voice = voice;
    this.#value = value;
  }

  get value(): number {
    return this.#value;
  }

  /** @returns what it shows then */
  rise(by: number): number {
    const { plan, schedule } = this.#voice;
    const to = this.#value + by;
    if (to >= plan.modulus) this.#beganAgainAt = schedule.now;
    this.#value = to % plan.modulus;
    return this.#value;
  }

  set(value: number): void {
    this.#value = value;
  }

  /**
   * Just before it begins again by itself, and as long as values of before may still come, nobody could tell by its values
   * alone that it was set back.
   */
  get isUnclear(): boolean {
    const { plan, schedule } = this.#voice;
    return this.#value >= plan.modulus - plan.stepMax || schedule.now - this.#beganAgainAt <= unclearMs;
  }
}
