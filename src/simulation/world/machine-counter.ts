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

  /** It may begin again by itself with its next value. */
  get #isNearEnd(): boolean {
    const { plan } = this.#voice;
    return this.#value >= plan.modulus - plan.stepMax;
  }

  /** Values of before that may still come. */
  get #isJustBegun(): boolean {
    return this.#voice.schedule.now - this.#beganAgainAt <= unclearMs;
  }

  /** Of counters that are set to zero at once one whose values tell it is enough, unless another has just begun again by itself. */
  static tellReset(all: readonly MachineCounter[]): boolean {
    if (all.some((one) => one.#isJustBegun)) return false;
    return all.every((one) => !one.#isNearEnd) || all.some((one) => one.value > 0 && !one.#isNearEnd);
  }
}
