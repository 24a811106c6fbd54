/**
 * In which run each station of a machine stands that is begun anew: what was stated for it last tells it, where it may have gone
 * on to another job in what cannot be read.
 */
import type { Instant } from "../../base/instant.ts";
import type { Fact } from "../../record/fact.ts";
import { nothingCounted, type CollectorState, type HeldValue, type StationState } from "./state.ts";
import type { SourceContext } from "./work.ts";

/** For which run something was stated of a station last. */
export interface StationWord {
  readonly run: string;
  readonly at: Instant;
}

/** By station. @param facts  of one source, in any order */
export function stationWords(facts: readonly Fact[]): ReadonlyMap<string, StationWord> {
  const words = new Map<string, StationWord>();
  for (const { rule, run, eventAt: at } of facts) {
    const station = /@([^:]+)(?::|$)/.exec(rule)?.[1];
    if (station === undefined || run === null) continue;
    const before = words.get(station);
    if (!before || before.at <= at) words.set(station, { run, at });
  }
  return words;
}

/**
 * @param told  paths of items that were said after all that is missing: a station whose job is among them says itself where it is
 */
export function standingAsStated(
  context: SourceContext,
  state: CollectorState,
  { words, told }: { readonly words: ReadonlyMap<string, StationWord>; readonly told: ReadonlySet<string> },
): CollectorState {
  const { compiled } = context;
  const { run: rule } = compiled.map;
  const name = compiled.station;
  if (name === null || rule?.by !== "job") return state;
  const stations: Record<string, StationState> = { ...state.stations };
  const items: Record<string, HeldValue> = { ...state.items };
  for (const [station, { run: id, at }] of words) {
    const [key, run] = Object.entries(state.runs).find(([, one]) => one.id === id) ?? [];
    const before = stations[station];
    const paths = [rule.job, ...(rule.article === null ? [] : [rule.article])].map((item) =>
      compiled.path(item, { [name]: station }),
    );
    const isNewer = !before || before.since <= at;
    if (key === undefined || !run || before?.run === key || !isNewer || paths.some((path) => told.has(path))) continue;
    const anew = state.anewAt === undefined ? {} : { anewAt: state.anewAt };
    stations[station] = { run: key, since: at, energy: 0, ...nothingCounted, ...anew };
    for (const [i, path] of paths.entries()) items[path] = { value: i === 0 ? run.job : run.article, at, mark: "" };
  }
  return { ...state, items, stations };
}
