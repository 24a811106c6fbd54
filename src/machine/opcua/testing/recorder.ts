/** What a listener was told, for tests: in order, and to be waited for. */
import type { Fault } from "../../../base/result.ts";
import type { Sample, SampleValue } from "../../../record/sample.ts";
import type { MachineListener } from "../../connector.ts";

export type Told =
  | { readonly what: "samples"; readonly samples: readonly Sample[]; readonly complete: boolean }
  | { readonly what: "interrupted"; readonly fault: Fault }
  | { readonly what: "resumed" }
  | { readonly what: "appeared"; readonly paths: readonly string[] };

export class Recorder implements MachineListener {
  readonly told: Told[] = [];
  #waiting: (() => void)[] = [];

  samples(samples: readonly Sample[], complete: boolean): void {
    this.#tell({ what: "samples", samples, complete });
  }

  interrupted(fault: Fault): void {
    this.#tell({ what: "interrupted", fault });
  }

  resumed(): void {
    this.#tell({ what: "resumed" });
  }

  appeared(paths: readonly string[]): void {
    this.#tell({ what: "appeared", paths });
  }

  /** Every sample of an item so far. */
  of(item: string): Sample[] {
    return this.all().filter((sample) => sample.item === item);
  }

  all(): Sample[] {
    return this.told.flatMap((told) => (told.what === "samples" ? told.samples : []));
  }

  values(item: string): SampleValue[] {
    return this.of(item).map((sample) => sample.value);
  }

  faults(): string[] {
    return this.told.flatMap((told) => (told.what === "interrupted" ? [told.fault.code] : []));
  }

  count(what: Told["what"]): number {
    return this.told.filter((told) => told.what === what).length;
  }

  /** Waits until the condition holds; says what was told when it does not come. */
  async until(condition: () => boolean, why: string, timeoutMs = 10_000): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!condition()) {
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`waited in vain for: ${why}; told: ${this.#summary()}`);
      await new Promise<void>((done) => {
        const timer = setTimeout(done, Math.min(left, 50));
        this.#waiting.push(() => {
          clearTimeout(timer);
          done();
        });
      });
    }
  }

  #tell(told: Told): void {
    this.told.push(told);
    for (const done of this.#waiting.splice(0)) done();
  }

  #summary(): string {
    return this.told
      .map((told) => (told.what === "interrupted" ? told.fault.code : told.what))
      .join(", ")
      .slice(-500);
  }
}
