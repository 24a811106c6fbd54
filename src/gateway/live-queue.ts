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

export type Missed = Extent & { readonly cause: string };

/** Nobody knows. */
export const anyExtent: Extent = { until: instant(0), isOpen: true };

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
      const waiting = entries.slice(first);
      const all = waiting.flatMap((entry) => (entry.kind === "samples" ? entry.samples : []));
      const paths = waiting.flatMap((entry) => (entry.kind === "appeared" ? entry.paths : []));
      const kept = all.filter(keep);
      const lost = Math.max(0, kept.length - keepMax);
      const samples = kept.slice(lost);
      const dropped = [...all.filter((sample) => !keep(sample)), ...kept.slice(0, lost)];
      let extent: Extent = { until: newestOf(dropped), isOpen: false };
      for (const entry of waiting) if (entry.kind === "gap") extent = longer(extent, entry);
      first = 0;
      size = samples.length;
      entries = [{ kind: "gap", cause, ...extent }];
      if (paths.length > 0) entries.push({ kind: "appeared", paths });
      const last = waiting.at(-1);
      const complete = last?.kind === "samples" && last.complete;
      if (samples.length > 0) entries.push({ kind: "samples", samples, complete });
      return lost;
    },
  };
}

/** Of what is missing in one case and in the other. */
export function longer(one: Extent, other: Extent): Extent {
  return { until: instant(Math.max(one.until, other.until)), isOpen: one.isOpen || other.isOpen };
}

/** Of the values on the source's time line; the beginning of all time when there are none. */
export function newestOf(samples: readonly Sample[]): Instant {
  const newest = samples.reduce((most, { at, mark }) => (mark === aheadOfItsTime ? most : Math.max(most, at)), 0);
  return instant(newest);
}
