/**
 * Counts of the whole unit, allotted to its stations by the map. Pieces: each count makes a station's pieces in each
 * station. Material and energy: one amount, divided as the pieces are made. Spec: docs/spec/collection.md
 */
import type { CounterValue } from "../../record/counter-answer.ts";
import type { CounterRule } from "../../record/machine-map.ts";
import type { FactBody } from "../../record/fact.ts";
import type { Sample } from "../../record/sample.ts";
import { askCounter, readAnswered } from "./answer.ts";
import { readCounter, startAnew, startCounter, type CounterState } from "./counter.ts";
import { divide, type Portion } from "./division.ts";
import { noteFall, showing } from "./fall.ts";
import { activeStation, givenUpStation, isGivenUp, piecesPath, stationsIn } from "./station.ts";
import { ask, toldWhenOpened, ruleIn, runIn, stateFact, wholeMicro, type Reading, type Work } from "./work.ts";

/**
 * Each station counts for itself from the unit's counter: what could not be told is asked of each run and answered for
 * each. An idle station only follows, and one that is new goes on from where the unit's counter stands.
 */
export function allotPieces(work: Work, rule: CounterRule, { sample, before: heard }: Reading): void {
  const value = wholeMicro(work, sample, sample.value);
  if (value === null) return;
  const before = work.counters[rule.rule];
  const portions: Portion[] = [];
  for (const station of stationsIn(work)) {
    const name = ruleIn(rule.rule, station);
    const place = {
      type: rule.type,
      before: work.counters[name] ?? before,
      anewAt: work.anewAt,
      heardAt: heard?.at,
      save: (after: CounterState) => void (work.counters[name] = after),
    };
    const active = activeStation(work, station) ?? givenUpStation(work, station);
    if (!active) {
      place.save(follow(work, rule, place.before, value, sample));
      continue;
    }
    const run = runIn(work, station);
    const reading = readAnswered(work, place, name, value, sample, run);
    place.save(reading.state);
    if (reading.change === "question") {
      const said = { what: `Counter ${sample.item} (station ${station})`, value, uom: rule.uom, grade: rule.grade };
      askCounter(work, reading, sample, name, said, run);
    } else if (reading.change === "counted" && active.weight === null) askPieces(work, rule, sample, station, value);
    else if (reading.change === "counted") portions.push({ station, amount: reading.by, weight: active.weight ?? 0 });
  }
  work.counters[rule.rule] = follow(work, rule, before, value, sample);
  for (const [station, micro] of divide(work, rule.rule, work.context.compiled.shares.denominator, portions)) {
    if (micro === 0n) continue;
    const quantity = { micro, uom: rule.uom };
    const body: FactBody = { kind: "UnitsCounted", grade: rule.grade, quantity, reason: null };
    stateFact(work, sample, ruleIn(rule.rule, station), body, runIn(work, station), piecesPath(work, station));
  }
}

/** A counter that nobody counts by now: from where to go on. What was asked about before is past. */
function follow(
  work: Work,
  { type }: CounterRule,
  before: CounterState | undefined,
  value: CounterValue,
  sample: Sample,
): CounterState {
  const shown = showing(work, sample);
  // Nothing is asked: nobody has counted it so far.
  if (!before && work.anewAt !== undefined) return startAnew(type, value, shown).state;
  const reading = before ? readCounter(type, before, value, shown) : startCounter(type, value);
  noteFall(work, { type, before, item: sample.item }, reading, sample);
  const { answered: _, ...state } =
    reading.change === "question" ? { base: value, counted: value, last: value } : reading.state;
  return { ...state, ...(before && { ...answeredAtOf(before), wentOnAt: shown.at }) };
}

function answeredAtOf({ answeredAt }: CounterState): Pick<CounterState, "answeredAt"> {
  return answeredAt === undefined ? {} : { answeredAt };
}

function askPieces(work: Work, rule: CounterRule, sample: Sample, station: string, value: CounterValue): void {
  const { source, workUnit, compiled } = work.context;
  const run = runIn(work, station)?.id ?? null;
  // A name of its own: the counter itself has nothing to go on from.
  const name = `${ruleIn(rule.rule, station)}/pieces`;
  const why = isGivenUp(work, station)
    ? `How many pieces a count of ${sample.item} makes in station ${station} may have been among what was damaged and given up, and the machine has not told it since. ${toldWhenOpened} What the whole machine uses until then is of no run.`
    : `Neither the machine nor the map says how many pieces a count of ${sample.item} makes in station ${station}.`;
  const text = `${why} Nothing is counted there until it is known; enter what was made.`;
  const about = { source, workUnit, rule: name, run, at: sample.at, value, uom: rule.uom, grade: rule.grade };
  ask(work, sample, `${name}/${run ?? "source"}`, text, { ...about, mapVersion: compiled.map.version });
}

/** One station's part of an amount of the whole unit. */
export interface Part {
  /** Null: of no station, and of no run. */
  readonly station: string | null;
  readonly micro: bigint;
}

/**
 * Divides an amount of the whole unit as pieces are made in its stations: pieces × share. All of it is divided, always.
 * While nothing is made anywhere, or it cannot be told where how much, it belongs to no run.
 *
 * @param name  what dividing leaves over is kept by it
 */
export function allotAmount(work: Work, name: string, amount: number): readonly Part[] {
  const active = stationsIn(work).flatMap((station) => activeStation(work, station) ?? []);
  const all = active.reduce((sum, { weight }) => sum + (weight ?? 0), 0);
  if (all === 0 || active.some(({ weight }) => weight === null)) return [{ station: null, micro: BigInt(amount) }];
  const portions = active.map(({ station, weight }) => ({ station, amount, weight: weight ?? 0 }));
  return [...divide(work, name, all, portions)].map(([station, micro]) => ({ station, micro }));
}
