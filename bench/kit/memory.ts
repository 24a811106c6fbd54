/** Memory of this process over time, measured after a full garbage collection, and whether it grows. */
import { readFileSync } from "node:fs";

export interface MemoryLook {
  readonly minute: number;
  readonly heapMb: number;
  readonly externalMb: number;
  readonly rssMb: number;
  /** Of it what holds no file's pages; all of it where the system does not say. */
  readonly anonymousMb: number;
}

/** What comes first fills caches; growth is judged after it. */
const warmUpShare = 0.25;
/** So much of its mean may the heap gain over the judged time, by the line through all looks. */
const gainMax = 0.25;
/** Less than this is noise. */
const gainMbMin = 20;
const mib = 1024 * 1024;

export class MemoryCurve {
  readonly #collect: () => void;
  readonly #startedAt = performance.now();
  readonly #looks: MemoryLook[] = [];

  /** @param collect  a full garbage collection */
  constructor(collect: () => void) {
    this.#collect = collect;
  }

  get seconds(): number {
    return (performance.now() - this.#startedAt) / 1_000;
  }

  look(): MemoryLook {
    this.#collect();
    const { heapUsed, external, rss } = process.memoryUsage();
    const look: MemoryLook = {
      minute: this.seconds / 60,
      heapMb: heapUsed / mib,
      externalMb: external / mib,
      rssMb: rss / mib,
      anonymousMb: anonymousBytes(rss) / mib,
    };
    this.#looks.push(look);
    return look;
  }

  verdict(): { readonly text: string; readonly grows: boolean } {
    const judged = this.#looks.slice(Math.floor(this.#looks.length * warmUpShare));
    const heap = lineThrough(judged.map(({ minute, heapMb }) => [minute, heapMb]));
    const rss = lineThrough(judged.map(({ minute, anonymousMb }) => [minute, anonymousMb]));
    const minutes = (judged.at(-1)?.minute ?? 0) - (judged[0]?.minute ?? 0);
    const gain = heap.slope * minutes;
    const perHour = (slope: number): string => `${slope < 0 ? "" : "+"}${(slope * 60).toFixed(1)} MB an hour`;
    return {
      text: `after the first quarter, ${judged.length} looks in ${minutes.toFixed(1)} min: heap ${heap.mean.toFixed(0)} MB, ${perHour(heap.slope)}; resident, without pages of files, ${rss.mean.toFixed(0)} MB, ${perHour(rss.slope)}`,
      grows: gain > gainMbMin && gain > heap.mean * gainMax,
    };
  }
}

function anonymousBytes(rss: number): number {
  try {
    const found = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"));
    return found ? Number(found[1]) * 1024 : rss;
  } catch {
    return rss;
  }
}

/** Least squares. */
function lineThrough(points: readonly (readonly [x: number, y: number])[]): { slope: number; mean: number } {
  const meanOf = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / (values.length || 1);
  const meanX = meanOf(points.map(([x]) => x));
  const mean = meanOf(points.map(([, y]) => y));
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const slope = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - mean), 0) / (spread || 1);
  return { slope, mean };
}
