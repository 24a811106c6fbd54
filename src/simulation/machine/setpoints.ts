/** Setpoints of a machine: what was written, what Apply made active, and why Apply was refused. Pure. */
import type { SetpointProfile } from "./profile.ts";

export type SetpointValue = number | string;

export class Setpoints {
  readonly #profiles: readonly SetpointProfile[];
  readonly #written: Record<string, SetpointValue>;
  #active: Readonly<Record<string, SetpointValue>>;

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

  /** Makes what was written active. @returns null, or why it is refused */
  apply(): string | null {
    for (const { name, lowest, highest } of this.#profiles) {
      const value = this.#written[name];
      const size = typeof value === "string" ? value.length : (value ?? Number.NaN);
      if (!(size >= lowest && size <= highest)) return `${name} is outside ${lowest} to ${highest}`;
    }
    this.#active = { ...this.#written };
    return null;
  }
}
