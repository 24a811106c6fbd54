/** Setpoints of a machine: what was written, what Apply made active, and why Apply was refused. Pure. */
import type { SetpointProfile } from "./profile.ts";

export type SetpointValue = number | string;

/** What goes wrong with the next Apply: it is refused, or the machine takes over something else than was written. */
export type SetpointFault = "refuses" | "drifts";

export class Setpoints {
  readonly #profiles: readonly SetpointProfile[];
  readonly #written: Record<string, SetpointValue>;
  #active: Readonly<Record<string, SetpointValue>>;
  #fault: SetpointFault | null = null;

  constructor(profiles: readonly SetpointProfile[]) {
    this.#profiles = profiles;
    this.#written = Object.fromEntries(profiles.map((profile) => [profile.name, profile.initial]));
    this.#active = { ...this.#written };
  }

  get active(): Readonly<Record<string, SetpointValue>> {
    return this.#active;
  }

  written(name: string): SetpointValue | undefined {
    return this.#written[name];
  }

  write(name: string, value: SetpointValue): void {
    this.#written[name] = value;
  }

  /** The next Apply goes wrong, once. */
  breakNext(fault: SetpointFault): void {
    this.#fault = fault;
  }

  get fault(): SetpointFault | null {
    return this.#fault;
  }

  /** Makes what was written active. @returns null, or why it is refused */
  apply(): string | null {
    const fault = this.#fault;
    this.#fault = null;
    const [first] = this.#profiles;
    if (first && fault === "refuses") return `${first.name} cannot be set: its drive does not answer`;
    if (first && fault === "drifts") this.#written[first.name] = drifted(first, this.#written[first.name]);
    for (const { name, lowest, highest } of this.#profiles) {
      const value = this.#written[name];
      const size = typeof value === "string" ? value.length : (value ?? Number.NaN);
      if (!(size >= lowest && size <= highest)) return `${name} is outside ${lowest} to ${highest}`;
    }
    this.#active = { ...this.#written };
    return null;
  }
}

/** One step beside what was written, and still inside the limits. */
function drifted({ lowest, highest }: SetpointProfile, value: SetpointValue | undefined): SetpointValue {
  if (typeof value !== "number") return `${value ?? ""}?`.slice(-highest);
  return value + 1 <= highest ? value + 1 : Math.max(lowest, value - 1);
}
