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

/**
 * By station. What a station has used is stated when it leaves a run, at the time at which it begins the next one: of what is
 * stated at one time, a run that begins with it says most, and its energy least.
 *
 * @param facts  of one source, in order of their time, those of one time in any order
 */
export function stationWords(facts: readonly Fact[]): ReadonlyMap<string, StationWord> {
  const words = new Map<string, StationWord & { readonly weight: number }>();
  for (const fact of facts) {
    const { run, eventAt: at } = fact;
    const station = stationIn(fact);
    if (station === null || run === null) continue;
    const weight = weightOf(fact);
    const before = words.get(station);
    if (!before || before.at < at || (before.at === at && before.weight <= weight))
      words.set(station, { run, at, weight });
  }
  return words;
}

function weightOf({ body }: Fact): number {
  return body.kind === "JobStarted" ? 2 : body.kind === "EnergyUsed" ? 0 : 1;
}

/** As `ruleIn` names it, before the material; what is worked out from a bill, or says the end of a run, is of no station. */
function stationIn({ rule, body }: Fact): string | null {
  const own = body.kind === "MaterialConsumed" ? rule.slice(0, -`:${body.material}`.length) : rule;
  return /^[^:@]+@(.+)$/.exec(own)?.[1] ?? null;
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
