/**
 * What a session has told and the buffer does not hold yet, in the order it was told: values, and the places between
 * them where values may be missing or new items appeared. Bounded; what does not fit becomes such a place.
 */
import { instant, type Instant } from "../base/instant.ts";
import { aheadOfItsTime, type Sample } from "../record/sample.ts";

export type QueueEntry =
  | { readonly kind: "samples"; readonly samples: readonly Sample[]; readonly complete: boolean }
  /** Values may be missing from here on. */
  | ({ readonly kind: "gap" } & Missed)
  | { readonly kind: "appeared"; readonly paths: readonly string[] };

/** Up to which source time values are missing. */
export interface Extent {
  readonly until: Instant;
  /** Perhaps longer: what comes first after them will show it. */
  readonly isOpen: boolean;
}

export interface Missed extends Extent {
  readonly cause: string;
}

/** Nobody knows. */
export const anyExtent: Extent = { until: instant(0), isOpen: true };

type KeptEntry = Exclude<QueueEntry, { readonly kind: "appeared" }>;

export interface LiveQueue {
  push(entry: QueueEntry): void;
  front(): QueueEntry | null;
  shift(): void;
  /** Values from the front, at most `samplesMax`, up to the next entry of another kind. */
  take(samplesMax: number): { readonly samples: readonly Sample[]; readonly complete: boolean };
  /** Samples that wait. */
  size(): number;
  /**
   * Makes room: drops the samples that can be had again and puts a gap in front.
   *
   * @param keep  samples that cannot be had again; when even these are more than `keepMax`, the oldest go
   * @returns     how many of these went
   */
  overflow(cause: string, keep: (sample: Sample) => boolean, keepMax: number): number;
}

export function liveQueue(): LiveQueue {
  let entries: QueueEntry[] = [];
  let first = 0;
  let size = 0;

  const shift = (): void => {
    const entry = entries[first];
    if (entry?.kind === "samples") size -= entry.samples.length;
    first += 1;
    if (first > 256 && first * 2 > entries.length) {
      entries = entries.slice(first);
      first = 0;
    }
  };

  return {
    push: (entry) => {
      entries.push(entry);
      if (entry.kind === "samples") size += entry.samples.length;
    },
    front: () => entries[first] ?? null,
    shift,
    size: () => size,
    take: (samplesMax) => {
      const samples: Sample[] = [];
      let complete = false;
      for (let entry = entries[first]; entry?.kind === "samples"; entry = entries[first]) {
        const room = samplesMax - samples.length;
        if (entry.samples.length > room) {
          if (room === 0) break;
          for (const sample of entry.samples.slice(0, room)) samples.push(sample);
          entries[first] = { ...entry, samples: entry.samples.slice(room) };
          size -= room;
          return { samples, complete: false };
        }
        for (const sample of entry.samples) samples.push(sample);
        complete = entry.complete;
        shift();
      }
      return { samples, complete };
    },
    overflow: (cause, keep, keepMax) => {
      const paths: string[] = [];
      const kept: KeptEntry[] = [];
      let count = 0;
      let dropped = instant(0);
      for (const entry of entries.slice(first)) {
        if (entry.kind === "appeared") paths.push(...entry.paths);
        else if (entry.kind === "gap") kept.push(entry);
        else {
          const samples = entry.samples.filter(keep);
          // what was dropped before them may be under way again
          kept.push({ kind: "samples", samples, complete: entry.complete && entry === entries.at(-1) });
          count += samples.length;
          dropped = laterOf(dropped, newestOf(entry.samples.filter((sample) => !keep(sample))));
        }
      }
      const lost = Math.max(0, count - keepMax);
      const { left, missing } = withoutOldest(kept, lost);
      entries = [{ kind: "gap", cause, ...longer(missing, { until: dropped, isOpen: false }) }];
      if (paths.length > 0) entries.push({ kind: "appeared", paths });
      entries.push(...left);
      first = 0;
      size = count - lost;
      return lost;
    },
  };
}

/** Of what is missing in one case and in the other. */
export function longer(one: Extent, other: Extent): Extent {
  return { until: laterOf(one.until, other.until), isOpen: one.isOpen || other.isOpen };
}

function laterOf(one: Instant, other: Instant): Instant {
  return one > other ? one : other;
}

/** Of the values on the source's time line; the beginning of all time when there are none. */
function newestOf(samples: readonly Sample[]): Instant {
  return samples.reduce((most, { at, mark }) => (mark === aheadOfItsTime ? most : laterOf(most, at)), instant(0));
}

/**
 * Without so many of the oldest samples. The places between those that stay, where values may be missing, stay too; what is
 * missing before them goes with those that went.
 */
function withoutOldest(
  kept: readonly KeptEntry[],
  count: number,
): { readonly left: readonly QueueEntry[]; readonly missing: Extent } {
  const left: KeptEntry[] = [];
  let missing: Extent = { until: instant(0), isOpen: false };
  let drop = count;
  for (const entry of kept) {
    if (entry.kind === "gap") {
      const last = left.at(-1);
      if (last?.kind === "gap") left.splice(-1, 1, { ...last, ...longer(last, entry) });
      else if (last) left.push(entry);
      else missing = longer(missing, entry);
      continue;
    }
    const went = entry.samples.slice(0, drop);
    drop -= went.length;
    missing = longer(missing, { until: newestOf(went), isOpen: false });
    const samples = entry.samples.slice(went.length);
    // the word that nothing more is under way is kept without them
    if (samples.length > 0 || entry.complete) left.push({ ...entry, samples });
  }
  return { left, missing };
}
