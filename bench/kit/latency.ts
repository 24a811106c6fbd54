/** How long single things took: gathered one by one, told as quantiles. */
export class Latencies {
  readonly #all: number[] = [];

  add(ms: number): void {
    this.#all.push(ms);
  }

  get count(): number {
    return this.#all.length;
  }

  /** The smallest value that so many of all (0 to 1) do not exceed. */
  quantile(share: number): number {
    const sorted = this.#all.toSorted((a, b) => a - b);
    return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
  }

  words(): string {
    const ms = (share: number): string => `${Math.round(this.quantile(share))} ms`;
    return `p50 ${ms(0.5)}, p99 ${ms(0.99)}, longest ${ms(1)}`;
  }
}
