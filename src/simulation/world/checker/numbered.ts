/**
 * The simple reading of a machine that numbers its runs: what a run made is how far its counters have risen while the machine
 * showed its number. A run is over when its end has been announced and the machine shows another number. What it has used of a
 * material is how far its lists have risen above the first one, and all of what came into them later. Where the machine has ended
 * runs that were not open, its counters have begun anew with them: outside every run they are read from what they show next.
 */
import { listNumber, numberedItems as items, slotItems } from "../machine-work.ts";
import { add, addUse, newRun, type ReadRun, type Said } from "./read-run.ts";

interface OpenRun {
  readonly run: ReadRun;
  /** Null: where it stands nobody knows before it is shown. */
  readonly highest: Record<"good" | "scrap", number | null>;
  isAnnounced: boolean;
  /** The highest total of each material; null before its first list. */
  listed: Map<string, number> | null;
}

const grades = [
  ["good", items.good],
  ["scrap", items.scrap],
] as const;

export function readNumbered(frames: readonly Said[], slots: number, scrapIsGoodFrom: number): readonly ReadRun[] {
  const runs: ReadRun[] = [];
  const shown = new Map<string, unknown>();
  const open = new Map<number, OpenRun>();
  const begin = (number: number, at: number): OpenRun => {
    const run = newRun(String(shown.get(items.job)), at, number);
    run.isOpen = true;
    runs.push(run);
    // In no run its counters go on from where they stand.
    const from = (item: string): number => (number === 0 ? Number(shown.get(item)) : 0);
    return {
      run,
      highest: { good: from(items.good), scrap: from(items.scrap) },
      isAnnounced: number === 0,
      listed: null,
    };
  };
  for (const { at, samples } of frames) {
    const endedBefore = Number(shown.get(items.runsEnded) ?? Number.POSITIVE_INFINITY);
    for (const { item, value } of samples) shown.set(item, value);
    const number = Number(shown.get(items.number));
    const job = shown.get(items.job);
    const ended = samples.some(({ item }) => item === items.runsEnded) && open.get(Number(shown.get(items.lastEnded)));
    const mayEnd = [...open].filter(([other, { isAnnounced }]) => other === 0 || !isAnnounced).length;
    const ends = Number(shown.get(items.runsEnded)) - endedBefore;
    const outside = open.get(0);
    if (outside && ends > 0 && (!ended || ends > mayEnd)) startAnew(outside);
    if (ended) ended.isAnnounced = true;
    const isAnother = number === 0 && open.get(0)?.run.job !== job;
    for (const [other, { run, isAnnounced }] of open) {
      if (!isAnnounced || (other === number && !isAnother)) continue;
      run.lastAt = at;
      run.isOpen = false;
      open.delete(other);
    }
    if (number === 0 && job === "") continue;
    const now = open.get(number) ?? begin(number, at);
    open.set(number, now);
    for (const [grade, item] of grades) {
      if (!samples.some((one) => one.item === item)) continue;
      const shows = Number(shown.get(item));
      const before = now.highest[grade] ?? shows;
      const rise = shows - before;
      now.highest[grade] = Math.max(shows, before);
      if (rise <= 0) continue;
      add(now.run, grade === "scrap" && at >= scrapIsGoodFrom ? "good" : grade, rise, at);
    }
    if (samples.some(({ item }) => item === listNumber)) readList(now, shown, slots, at);
  }
  return runs;
}

function startAnew(outside: OpenRun): void {
  outside.highest.good = null;
  outside.highest.scrap = null;
  outside.listed = null;
}

function readList(now: OpenRun, shown: ReadonlyMap<string, unknown>, slots: number, at: number): void {
  const before = now.listed;
  const listed = new Map(before);
  for (let slot = 1; slot <= slots; slot += 1) {
    const { material: name, total: shows } = slotItems(slot);
    const material = shown.get(name);
    const total = Number(shown.get(shows));
    if (typeof material !== "string" || material === "") continue;
    const from = before === null ? total : (before.get(material) ?? 0);
    if (total > from) addUse(now.run, material, total - from, at);
    listed.set(material, Math.max(total, from));
  }
  now.listed = listed;
}
