/**
 * What a session tells again of a machine that was begun anew. What says what a count is of may have changed in what was given
 * up, so it holds only once it is said again; and a machine that says only what changes says it when a session begins, with the
 * time at which it came to be so. Spec: docs/spec/collection.md
 */
import { instant, type Instant } from "../../base/instant.ts";
import { isGood, shownAt, type Sample } from "../../record/sample.ts";
import type { SourceClock } from "./clock.ts";
import { mapAt } from "./compiled-map.ts";
import type { CollectorState } from "./state.ts";
import type { SourceContext } from "./work.ts";

/** Whether it says what a count is of, by any version of the map. */
export function isMeaning({ maps }: Pick<SourceContext, "maps">, path: string): boolean {
  return maps.some(({ place, meanings }) => meanings.has(place(path)?.key ?? ""));
}

/** What was read of a source before a batch. */
export interface KnownBefore {
  readonly older: { readonly state: CollectorState };
  /** Samples after that, in any order. */
  readonly since: readonly Sample[];
  readonly clock: SourceClock;
}

/**
 * Anything else that is so old may have been overtaken in what was given up: a value that comes late by itself, what another
 * gateway received before. So a batch is the beginning of a session only if it tells of each item once what it shows, of all that
 * the map names without a placeholder and of all that are known; and nothing that is older than what is known of it.
 *
 * @returns the time at which what it tells again is read, behind everything that was read: what was counted before without it is
 *          asked about; null for any other batch
 */
export function beginningOf(
  { maps }: SourceContext,
  { older, since, clock }: KnownBefore,
  samples: readonly Sample[],
): Instant | null {
  const { items, anewAt, position } = older.state;
  const newest = Math.max(clock.front ?? 0, position ?? 0);
  const compiled = mapAt(maps, instant(newest));
  // What the clock shows says nothing of what came before while it is set back.
  if (anewAt === undefined || clock.setBack || !compiled) return null;
  const told = new Map(samples.map((sample) => [sample.item, sample.at]));
  if (told.size < samples.length || !samples.some(({ at }) => at >= anewAt)) return null;
  const known = new Map(Object.entries(items).map(([path, { at }]) => [path, at]));
  for (const sample of since) {
    const { item } = sample;
    if (isGood(sample) && shownAt(sample) > (known.get(item) ?? -Infinity)) known.set(item, shownAt(sample));
  }
  const { run, items: named } = compiled.map;
  const isToldNow = (path: string): boolean => {
    const at = told.get(path);
    const place = compiled.place(path);
    // Where it is known from what is stated which run it is in, that has the time of the run.
    const isOfRun = place?.key === run?.job || place?.key === run?.article;
    return place === null || (at !== undefined && (isOfRun || at >= (known.get(path) ?? -Infinity)));
  };
  const all = [...known.keys(), ...Object.values(named).map(({ path }) => path)];
  return all.every((path) => path.includes("{") || isToldNow(path)) ? instant(newest + 1) : null;
}
