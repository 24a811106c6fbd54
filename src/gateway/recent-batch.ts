/**
 * The newest durable batches, still decoded: what consumers that keep up are given without reading the disk.
 * Bounded by samples; whoever is further behind reads the file.
 */
import type { SampleBatch } from "../record/sample-batch.ts";

/** What one look gives: the batches of the asked sources, and up to where it looked. */
export interface Look {
  readonly batches: SampleBatch[];
  readonly through: number;
}

export interface RecentBatches {
  push(batch: SampleBatch): void;
  /** Null when batches after `after` were let go already. */
  after(after: number, sources: ReadonlySet<string> | null, samplesMax: number): Look | null;
}

export function recentBatches(head: number, samplesMax: number): RecentBatches {
  let batches: SampleBatch[] = [];
  let first = 0;
  let samples = 0;
  /** Everything after this one is held. */
  let floor = head;

  const drop = (): void => {
    while (samples > samplesMax && first < batches.length) {
      const gone = batches[first];
      if (!gone) break;
      first += 1;
      samples -= weight(gone);
      floor = gone.seq;
    }
    if (first > 1024 && first * 2 > batches.length) {
      batches = batches.slice(first);
      first = 0;
    }
  };

  return {
    push: (batch) => {
      batches.push(batch);
      samples += weight(batch);
      drop();
    },
    after: (after, sources, limit) => {
      if (after < floor) return null;
      const found: SampleBatch[] = [];
      let taken = 0;
      let through = after;
      for (let i = indexAfter(batches, first, after); i < batches.length && taken < limit; i += 1) {
        const batch = batches[i];
        if (!batch) break;
        through = batch.seq;
        if (sources && !sources.has(batch.source)) continue;
        found.push(batch);
        taken += weight(batch);
      }
      return { batches: found, through };
    },
  };
}

/** A batch without samples still costs something. */
export function weight(batch: Pick<SampleBatch, "samples">): number {
  return Math.max(1, batch.samples.length);
}

function indexAfter(batches: readonly SampleBatch[], first: number, after: number): number {
  let low = first;
  let high = batches.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((batches[middle]?.seq ?? 0) <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}
