/**
 * The simple reading of a machine that numbers its runs: what a run made is how far its counters have risen while the machine
 * showed its number. A run is over when its end has been announced and the machine shows another number.
 */
import { numberedItems as items } from "../machine-work.ts";
import { add, newRun, type ReadRun, type Said } from "./read-run.ts";

interface OpenRun {
  readonly run: ReadRun;
  readonly highest: Record<"good" | "scrap", number>;
  isAnnounced: boolean;
}

const grades = [
  ["good", items.good],
  ["scrap", items.scrap],
] as const;

export function readNumbered(frames: readonly Said[], scrapIsGoodFrom: number): readonly ReadRun[] {
  const runs: ReadRun[] = [];
  const shown = new Map<string, unknown>();
  const open = new Map<number, OpenRun>();
  const begin = (number: number, at: number): OpenRun => {
    const run = newRun(String(shown.get(items.job)), at, number === 0);
    runs.push(run);
    // In no run its counters go on from where they stand.
    const from = (item: string): number => (number === 0 ? Number(shown.get(item)) : 0);
    return { run, highest: { good: from(items.good), scrap: from(items.scrap) }, isAnnounced: number === 0 };
  };
  for (const { at, samples } of frames) {
    for (const { item, value } of samples) shown.set(item, value);
    const number = Number(shown.get(items.number));
    const job = shown.get(items.job);
    const ended = samples.some(({ item }) => item === items.runsEnded) && open.get(Number(shown.get(items.lastEnded)));
    if (ended) ended.isAnnounced = true;
    const isAnother = number === 0 && open.get(0)?.run.job !== job;
    for (const [other, { run, isAnnounced }] of open) {
      if (!isAnnounced || (other === number && !isAnother)) continue;
      run.lastAt = at;
      open.delete(other);
    }
    if (number === 0 && job === "") continue;
    const now = open.get(number) ?? begin(number, at);
    open.set(number, now);
    for (const [grade, item] of grades) {
      const rise = Number(shown.get(item)) - now.highest[grade];
      if (rise <= 0 || !samples.some((one) => one.item === item)) continue;
      now.highest[grade] += rise;
      add(now.run, grade === "scrap" && at >= scrapIsGoodFrom ? "good" : grade, rise, at);
    }
  }
  return runs;
}
