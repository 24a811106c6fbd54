/**
 * The newest samples of one source that went into the buffer, to take doubles out of the overlap between live values
 * and history. Only a saving: a double that slips through has the same identity and is removed downstream.
 */
import type { Instant } from "../base/instant.ts";
import { isGood, sampleIdentity, type Sample } from "../record/sample.ts";

export interface RecentSamples {
  push(samples: readonly Sample[]): void;
  /** Identities of those from source time `from` on; all when left out. Built when asked for: the hot path only keeps references. */
  identities(from?: number): ReadonlySet<string>;
  /** Source time of the last good value of an item, however long ago: that of a bad one may be of another clock. */
  heardAt(item: string): Instant | null;
}

export function recentSamples(samplesMax: number): RecentSamples {
  let runs: (readonly Sample[])[] = [];
  let count = 0;
  const heard = new Map<string, Instant>();
  return {
    push: (samples) => {
      if (samples.length === 0) return;
      runs.push(samples);
      count += samples.length;
      for (const sample of samples) if (isGood(sample) && sample.mark === "") heard.set(sample.item, sample.at);
      while (count > samplesMax && runs.length > 1) {
        count -= runs[0]?.length ?? 0;
        runs = runs.slice(1);
      }
    },
    identities: (from = Number.NEGATIVE_INFINITY) => {
      const known = new Set<string>();
      for (const run of runs) for (const sample of run) if (sample.at >= from) known.add(sampleIdentity(sample));
      return known;
    },
    heardAt: (item) => heard.get(item) ?? null,
  };
}

/** The samples whose identity is not known, in their order; the same array when none is known. */
export function without(known: ReadonlySet<string>, samples: readonly Sample[]): readonly Sample[] {
  if (known.size === 0) return samples;
  const fresh = samples.filter((sample) => !known.has(sampleIdentity(sample)));
  return fresh.length === samples.length ? samples : fresh;
}
