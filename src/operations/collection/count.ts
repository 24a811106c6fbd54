/** Counters of pieces and of material: what a frame adds to the run it belongs to. */
import { instant, type Instant } from "../../base/instant.ts";
import { formatMicro } from "../../base/quantity.ts";
import type { CounterValue } from "../../record/counter-answer.ts";
import type { ConsumptionRule, CounterRule, CounterType, PackingRule } from "../../record/machine-map.ts";
import type { FactBody } from "../../record/fact.ts";
import type { Sample } from "../../record/sample.ts";
import { allotAmount, allotPieces } from "./allotment.ts";
import { askCounter, readAnswered, type CounterPlace } from "./answer.ts";
import { startCounter, type CounterState } from "./counter.ts";
import { inOneUnit, type Amount } from "./shown-unit.ts";
import { outsideRun, type RunState } from "./state.ts";
import { piecesPath, stationOf, stationsIn } from "./station.ts";
import {
  ask,
  countersIn,
  groupsOf,
  held,
  isOfStation,
  pathIn,
  ruleIn,
  runIn,
  saveCounters,
  stateFact,
  toldWhenOpened,
  toMicro,
  wholeMicro,
  type Reading,
  type Work,
} from "./work.ts";

export function readCounters(work: Work, readings: readonly Reading[]): void {
  const { counters, packing, consumption } = work.context.compiled;
  for (const rule of packing ? [...counters, packing] : counters) {
    for (const station of placesOf(work, rule.item)) startFromHeld(work, rule, readings, station);
    for (const reading of readings) {
      const { place } = reading;
      if (place.key !== rule.item) continue;
      const station = stationOf(work, place);
      if (isAllotted(work, station) && "grade" in rule) allotPieces(work, rule, reading);
      else countPieces(work, rule, reading, station);
    }
  }
  for (const rule of consumption) {
    for (const station of placesOf(work, rule.amount)) countMaterial(work, rule, readings, station);
  }
}

const wholeUnit: readonly null[] = [null];

/** Where the values of an item belong: to each station, or (null) to the whole unit. */
function placesOf(work: Work, item: string): readonly (string | null)[] {
  return isOfStation(work, item) ? stationsIn(work) : wholeUnit;
}

/** A value of the whole unit, where the unit has stations. */
function isAllotted(work: Work, station: string | null): boolean {
  return station === null && work.context.compiled.station !== null;
}

/**
 * In the frame that opens a run, a counter that is not mentioned has not changed: the run starts from what it shows.
 * Where samples stand for themselves nobody knows that, and the first value that comes is where the run starts from.
 */
function startFromHeld(
  work: Work,
  rule: CounterRule | PackingRule,
  readings: readonly Reading[],
  station: string | null,
): void {
  const run = runIn(work, station);
  const since = station === null ? run?.startedAt : work.stations[station]?.since;
  if (!run || since !== readings[0]?.sample.at || work.context.compiled.map.frame === "sample") return;
  const shown = held(work, rule.item, station);
  const value = shown === undefined ? null : toMicro(shown);
  const place = value === null ? null : counterPlace(work, rule.type, station, "counters", rule.rule);
  // Whether it was counted up to what it shows nobody can tell.
  if (value === null || !place || place.before || place.anewAt !== undefined) return;
  if (place.type.baseline !== "first") return;
  place.save(startCounter(place.type, value).state);
}

function countPieces(
  work: Work,
  rule: CounterRule | PackingRule,
  { sample, before }: Reading,
  station: string | null,
): void {
  const value = wholeMicro(work, sample, sample.value);
  if (value === null) return;
  const run = runIn(work, station);
  const name = ruleIn(rule.rule, station);
  const found = counterPlace(work, rule.type, station, "counters", rule.rule);
  if (!found) return;
  // Where it stood when the run began was given up.
  const isStartLost = found.type.baseline === "first" && before === undefined && found.anewAt === undefined;
  const place = isStartLost ? { ...found, anewAt: work.anewAt } : found;
  const reading = readAnswered(work, { ...place, heardAt: before?.at }, name, value, sample, run);
  place.save(reading.state);
  if (reading.change === "question") {
    const grade = "grade" in rule ? rule.grade : null;
    askCounter(work, reading, sample, name, { what: `Counter ${sample.item}`, value, uom: rule.uom, grade }, run);
  } else if (reading.change === "counted") {
    const also = "grade" in rule || rule.handlingUnit === null ? [] : [pathIn(work, rule.handlingUnit, station)];
    stateFact(work, sample, name, piecesFact(work, rule, reading.by, station), run, also);
  }
}

function piecesFact(work: Work, rule: CounterRule | PackingRule, by: number, station: string | null): FactBody {
  const quantity = { micro: BigInt(by), uom: rule.uom };
  if ("grade" in rule) return { kind: "UnitsCounted", grade: rule.grade, quantity, reason: null };
  const handlingUnit = rule.handlingUnit === null ? "" : String(held(work, rule.handlingUnit, station) ?? "").trim();
  return { kind: "UnitPacked", handlingUnit, quantity };
}

function countMaterial(work: Work, rule: ConsumptionRule, readings: readonly Reading[], station: string | null): void {
  const { compiled } = work.context;
  const snapshotPath = rule.snapshot === null ? null : pathIn(work, rule.snapshot, station);
  const snapshot = readings.findLast(({ sample }) => sample.item === snapshotPath)?.sample;
  if (rule.snapshot !== null && !snapshot) return;
  const all = snapshot
    ? groupsOf(work, rule)
    : readings.filter((r) => r.place.key === rule.amount).map((r) => r.place.placeholders);
  const groups = all.filter((group) => station === null || group[compiled.station ?? ""] === station);
  const counters = countersIn(work, station);
  const isFirst = counters !== null && !counters.snapshots.includes(rule.rule);
  const amounts = new Map<string, MaterialAmount>();
  for (const placeholders of groups) {
    const path = compiled.path(rule.amount, placeholders);
    const trigger = snapshot ?? readings.findLast((r) => r.sample.item === path)?.sample;
    const amount = trigger && amountOf(work, rule, placeholders, trigger);
    if (!amount) continue;
    // A machine lists a material once; should two places show it, the higher value is the newer one.
    const known = amounts.get(amount.material);
    if (!known || BigInt(known.value) < BigInt(amount.value)) amounts.set(amount.material, amount);
  }
  for (const amount of amounts.values()) {
    const heard = readings.find(({ sample }) => sample.item === amount.item);
    const isNew = heard !== undefined && heard.before === undefined;
    countAmount(work, rule, amount, { isFirst, isNew, heardAt: heard?.before?.at }, station);
  }
  // Of what is told again later it cannot be said that it was not there before.
  const isWhole = groups.every((group) => givenUpOf(work, rule, group) === null);
  if (isFirst && groups.length > 0 && isWhole)
    saveCounters(work, station, { snapshots: [...counters.snapshots, rule.rule] });
}

interface MaterialAmount {
  readonly material: string;
  readonly value: CounterValue;
  readonly uom: string;
  /** As the machine writes its unit; null where the map says it. */
  readonly shownIn: string | null;
  readonly trigger: Sample;
  /** Path of the item that shows it. */
  readonly item: string;
  /** The items that together say it. */
  readonly paths: readonly string[];
}

function amountOf(
  work: Work,
  rule: ConsumptionRule,
  placeholders: Readonly<Record<string, string>>,
  trigger: Sample,
): MaterialAmount | null {
  const path = work.context.compiled.path(rule.amount, placeholders);
  const held = work.items[path];
  if (!held) return null;
  const givenUp = givenUpOf(work, rule, placeholders);
  if (givenUp !== null) {
    askGivenUp(work, rule, givenUp, path, trigger);
    return null;
  }
  const material = materialOf(work, rule, placeholders);
  if (!material) return null;
  const uom = uomOf(work, rule, placeholders);
  if (uom === null) {
    ask(work, trigger, `${rule.rule}/unit/${material}`, `The map gives no unit for ${path} (${material}).`);
    return null;
  }
  const value = wholeMicro(work, trigger, held.value);
  if (value === null) return null;
  const shownIn = rule.uom.from === "item" ? unitText(work, rule.uom.item, placeholders) : null;
  return { material, value, uom, shownIn, trigger, item: path, paths: groupPaths(work, rule, placeholders) };
}

/** The item that says which material an amount is of, or in which unit, where that was given up and not told again; else null. */
function givenUpOf(work: Work, rule: ConsumptionRule, placeholders: Readonly<Record<string, string>>): string | null {
  if (work.anewAt === undefined) return null;
  const items = [rule.material, rule.uom].flatMap((one) => (one.from === "item" ? [one.item] : []));
  const paths = items.map((item) => work.context.compiled.path(item, placeholders));
  return paths.find((path) => work.items[path] === undefined) ?? null;
}

function askGivenUp(work: Work, rule: ConsumptionRule, item: string, amount: string, trigger: Sample): void {
  const text = `${item} says what ${amount} counts. It may have been among what was damaged and given up, and the machine has not told it since: nothing that ${amount} shows is counted until it does. ${toldWhenOpened} Then compare what was used with what is stated, and enter what is missing.`;
  ask(work, trigger, `${rule.rule}/${item}/${work.anewAt}`, text);
}

interface HeardAmount {
  /** In the first list of its run. */
  readonly isFirst: boolean;
  /** It was never heard before. */
  readonly isNew: boolean;
  /** When it was heard before, where it is heard now. */
  readonly heardAt: Instant | undefined;
}

function countAmount(
  work: Work,
  rule: ConsumptionRule,
  shown: MaterialAmount,
  { isFirst, isNew, heardAt }: HeardAmount,
  station: string | null,
): void {
  const { material, trigger, item, paths } = shown;
  const run = runIn(work, station);
  const name = `${ruleIn(rule.rule, station)}:${material}`;
  // What appears after the first list of a run was not there before: it starts from zero.
  const type: CounterType =
    run && !isFirst && rule.type.reset === "per-run" ? { ...rule.type, baseline: "zero" } : rule.type;
  const found = counterPlace(work, type, station, "materials", rule.rule, material);
  // It may have been there all the while and not have changed since the run began: what it showed then was given up.
  const isStartLost = isNew && !isFirst && rule.type.baseline === "first" && found?.anewAt === undefined;
  const kept = found && isStartLost ? { ...found, anewAt: work.anewAt } : found;
  const { shownIn } = shown;
  const counter =
    kept &&
    (shownIn === null ? { place: kept, amount: shown } : inItsUnit(work, rule, kept, { ...shown, shownIn }, name, run));
  if (!counter) return;
  const {
    place,
    amount: { value, uom },
  } = counter;
  const reading = readAnswered(work, { ...place, item, heardAt }, name, value, trigger, run);
  place.save(reading.state);
  if (reading.change === "question") {
    const said = { what: `The counter of ${material}`, value, uom, grade: null };
    askCounter(work, reading, trigger, name, said, run);
    return;
  }
  if (reading.change !== "counted") return;
  const parts = isAllotted(work, station)
    ? allotAmount(work, name, reading.by)
    : [{ station, micro: BigInt(reading.by) }];
  for (const part of parts) {
    if (part.micro === 0n) continue;
    const body: FactBody = {
      kind: "MaterialConsumed",
      material,
      lot: null,
      quantity: { micro: part.micro, uom },
    };
    const also = isAllotted(work, station) && part.station !== null ? piecesPath(work, part.station) : [];
    const fact = `${ruleIn(rule.rule, part.station)}:${material}`;
    stateFact(work, trigger, fact, body, runIn(work, part.station), [...paths, ...also]);
  }
}

/**
 * What was counted before and what is shown now, in one unit. Where nobody can tell what the value adds, counting begins
 * anew from it, and a person is told.
 *
 * @returns null when it has begun anew
 */
function inItsUnit(
  work: Work,
  rule: ConsumptionRule,
  place: CounterPlace,
  shown: MaterialAmount & Amount,
  name: string,
  run: RunState | null,
): { readonly place: CounterPlace; readonly amount: Amount } | null {
  const uoms = rule.uom.from === "item" ? rule.uom.uoms : {};
  const { before } = place;
  const one = before ? inOneUnit(place.type, before, shown, uoms) : { state: before, amount: shown };
  const { uom, shownIn } = one?.amount ?? shown;
  const save = (after: CounterState): void => place.save({ ...after, shownIn });
  if (one) return { place: { ...place, before: one.state, uom, save }, amount: one.amount };
  const { value, trigger } = shown;
  // What was asked about before is of the other unit.
  save({ ...startCounter({ ...place.type, baseline: "first" }, value).state, answeredAt: trigger.at });
  const text = `The counter of ${shown.material} shows ${formatMicro(BigInt(value))} ${shownIn}, and has shown ${before?.shownIn} before. Nobody can tell from it what was used in between: it is counted from there on, here and at each further change of its unit in this run. Enter what was used in between.`;
  ask(work, trigger, `${name}/other-unit/${run?.id ?? "source"}`, text);
  return null;
}

/** Where the state of a counter is kept: with the run when it restarts with each run, else with the source. */
function counterPlace(
  work: Work,
  type: CounterType,
  station: string | null,
  kind: "counters" | "materials",
  rule: string,
  material?: string,
): CounterPlace | null {
  if (type.reset !== "per-run") {
    const name = ruleIn(rule, station) + (material === undefined ? "" : `:${material}`);
    const save = (after: CounterState): void => void (work.counters[name] = after);
    return { type, before: work.counters[name], anewAt: work.anewAt, save };
  }
  const run = runIn(work, station);
  if (!run) return null;
  const name = material === undefined ? rule : `${rule}:${material}`;
  // Outside every run the machine shows old, frozen counters: only what rises above them was made there.
  const own: CounterType = run.number === null && work.current === outsideRun ? { ...type, baseline: "first" } : type;
  return {
    type: own,
    before: countersIn(work, station)?.[kind][name],
    anewAt: station === null ? run.anewAt : work.stations[station]?.anewAt,
    ...sinceOf(work, station, run.startedAt),
    save: (after) => saveCounters(work, station, { [kind]: { ...countersIn(work, station)?.[kind], [name]: after } }),
  };
}

/** A station that comes to a run later, or comes back to it, counts anew there. */
function sinceOf(work: Work, station: string | null, startedAt: Instant): Pick<CounterPlace, "since"> {
  const since = station === null ? undefined : work.stations[station]?.since;
  return since === undefined || since <= startedAt ? {} : { since: instant(since - 1) };
}

function groupPaths(work: Work, rule: ConsumptionRule, placeholders: Readonly<Record<string, string>>): string[] {
  const keys = [rule.amount, ...(rule.material.from === "item" ? [rule.material.item] : [])];
  return keys.map((key) => work.context.compiled.path(key, placeholders));
}

function materialOf(work: Work, rule: ConsumptionRule, placeholders: Readonly<Record<string, string>>): string {
  if (rule.material.from === "fixed") return rule.material.material;
  if (rule.material.from === "placeholder") return placeholders[rule.material.placeholder] ?? "";
  const value = work.items[work.context.compiled.path(rule.material.item, placeholders)]?.value;
  return typeof value === "string" ? value.trim() : "";
}

function uomOf(work: Work, rule: ConsumptionRule, placeholders: Readonly<Record<string, string>>): string | null {
  if (rule.uom.from === "fixed") return rule.uom.uom;
  return rule.uom.uoms[unitText(work, rule.uom.item, placeholders)] ?? null;
}

function unitText(work: Work, item: string, placeholders: Readonly<Record<string, string>>): string {
  return String(work.items[work.context.compiled.path(item, placeholders)]?.value);
}
