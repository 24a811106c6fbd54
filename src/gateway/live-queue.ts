/**
 * What a session has told and the buffer does not hold yet, in the order it was told: values, and the places between
 * them where values may be missing or new items appeared. Bounded; what does not fit becomes such a place.
 */
import type { Sample } from "../record/sample.ts";

export type QueueEntry =
  | { readonly kind: "samples"; readonly samples: readonly Sample[]; readonly complete: boolean }
  /** Values may be missing from here on. */
  | { readonly kind: "gap"; readonly cause: string }
  | { readonly kind: "appeared"; readonly paths: readonly string[] };

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
      const kept: Sample[] = [];
      const paths: string[] = [];
      for (const entry of entries.slice(first)) {
        if (entry.kind === "samples") for (const sample of entry.samples) if (keep(sample)) kept.push(sample);
        if (entry.kind === "appeared") paths.push(...entry.paths);
      }
      const lost = Math.max(0, kept.length - keepMax);
      const samples = kept.slice(lost);
      first = 0;
      size = samples.length;
      entries = [{ kind: "gap", cause }];
      if (paths.length > 0) entries.push({ kind: "appeared", paths });
      if (samples.length > 0) entries.push({ kind: "samples", samples, complete: false });
      return lost;
    },
  };
}
