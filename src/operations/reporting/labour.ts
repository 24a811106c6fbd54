/**
 * How long people have worked at work units. One person at several at once is counted by the site's rule: `split` shares
 * each moment evenly out over the units, so that the sum is the time that has passed; `full` counts it whole at each.
 */
import type { Instant } from "../../base/instant.ts";

/** One person at one work unit, without breaks: from inclusive, to exclusive. */
export interface Presence {
  readonly unit: string;
  readonly from: Instant;
  readonly to: Instant;
}

/** What a person said about being there, in order of time. */
export interface PresenceMark {
  readonly unit: string;
  readonly kind: "sign-on" | "sign-off" | "break-begin" | "break-end";
  readonly at: Instant;
}

/** @param until what is still open is counted up to then */
export function presencesOf(marks: readonly PresenceMark[], until: Instant): readonly Presence[] {
  const since = new Map<string, Instant>();
  const all: Presence[] = [];
  for (const { unit, kind, at } of marks) {
    const from = since.get(unit);
    if (from !== undefined) all.push({ unit, from, to: at });
    if (kind === "sign-on" || kind === "break-end") since.set(unit, at);
    else since.delete(unit);
  }
  for (const [unit, from] of since) all.push({ unit, from, to: until });
  return all.filter(({ from, to }) => to > from);
}

/** Milliseconds by work unit, whole; what does not divide evenly goes to the unit that is named first. */
export function labourMs(presences: readonly Presence[], rule: "split" | "full"): ReadonlyMap<string, number> {
  const edges = [...new Set(presences.flatMap(({ from, to }) => [from, to]))].toSorted((a, b) => a - b);
  const sums = new Map<string, number>();
  for (const [i, from] of edges.slice(0, -1).entries()) {
    const ms = (edges[i + 1] ?? from) - from;
    const here = [...new Set(presences.filter((p) => p.from <= from && p.to > from).map((p) => p.unit))];
    const share = rule === "full" ? ms : Math.floor(ms / here.length);
    for (const [n, unit] of here.entries()) {
      const rest = n === 0 && rule === "split" ? ms - share * here.length : 0;
      sums.set(unit, (sums.get(unit) ?? 0) + share + rest);
    }
  }
  return sums;
}
