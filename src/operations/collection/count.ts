/** Counters of pieces and of material: what a frame adds to the run it belongs to. */
import type { Instant } from "../../base/instant.ts";
import type { CounterAnswer } from "../../record/counter-answer.ts";
import type { ConsumptionRule, CounterRule, CounterType, ItemKey, PackingRule } from "../../record/machine-map.ts";
import type { FactBody, UnitGrade } from "../../record/fact.ts";
import type { Sample } from "../../record/sample.ts";
import { microPerUnit } from "./compiled-map.ts";
import { readCounter, startCounter, type CounterReading, type CounterState } from "./counter.ts";
import { ask, held, stateFact, toMicro, wholeMicro, type Reading, type Work } from "./work.ts";
import { outsideRun, type RunState } from "./state.ts";

export function readCounters(work: Work, readings: readonly Reading[]): void {
  const { counters, packing, consumption } = work.context.compiled;
  for (const rule of packing ? [...counters, packing] : counters) {
    startFromHeld(work, rule, readings);
    for (const { sample, place } of readings) if (place.key === rule.item) countPieces(work, rule, sample);
  }
  for (const rule of consumption) countMaterial(work, rule, readings);
}

/**
 * In the frame that opens a run, a counter that is not mentioned has not changed: the run starts from what it shows.
 * Where samples stand for themselves nobody knows that, and the first value that comes is where the run starts from.
 */
function startFromHeld(work: Work, rule: CounterRule | PackingRule, readings: readonly Reading[]): void {
  const run = currentRun(work);
  if (!run || run.startedAt !== readings[0]?.sample.at || work.context.compiled.map.frame === "sample") return;
  const shown = held(work, rule.item);
  const value = shown === undefined ? null : toMicro(shown);
  const place = value === null ? null : counterPlace(work, rule.type, run, "counters", rule.rule);
  if (value === null || !place || place.before || place.type.baseline !== "first") return;
  place.save(startCounter(place.type, value).state);
}

function countPieces(work: Work, rule: CounterRule | PackingRule, sample: Sample): void {
  const value = wholeMicro(work, sample, sample.value);
  if (value === null) return;
  const run = currentRun(work);
  const place = counterPlace(work, rule.type, run, "counters", rule.rule);
  if (!place) return;
  const reading = readAnswered(work, place, rule.rule, value, sample);
  place.save(reading.state);
  const grade = "grade" in rule ? rule.grade : null;
  const said = { what: `Counter ${sample.item}`, value, uom: rule.uom, grade };
  const also = "grade" in rule || rule.handlingUnit === null ? [] : [handlingUnitPath(work, rule.handlingUnit)];
  tell(work, reading, sample, rule.rule, said, (by) => piecesFact(work, rule, by), also);
}

function piecesFact(work: Work, rule: CounterRule | PackingRule, by: number): FactBody {
  const quantity = { micro: BigInt(by), uom: rule.uom };
  if ("grade" in rule) return { kind: "UnitsCounted", grade: rule.grade, quantity, reason: null };
  const handlingUnit = rule.handlingUnit === null ? "" : String(held(work, rule.handlingUnit) ?? "").trim();
  return { kind: "UnitPacked", handlingUnit, quantity };
}

function handlingUnitPath(work: Work, item: ItemKey): string {
  return work.context.compiled.path(item, {});
}

function countMaterial(work: Work, rule: ConsumptionRule, readings: readonly Reading[]): void {
  const { compiled } = work.context;
  const snapshot = rule.snapshot === null ? null : readings.findLast((r) => r.place.key === rule.snapshot)?.sample;
  if (rule.snapshot !== null && !snapshot) return;
  const groups = snapshot
    ? groupsOf(work, rule)
    : readings.filter((r) => r.place.key === rule.amount).map((r) => r.place.placeholders);
  const run = currentRun(work);
  const isFirst = run !== null && !run.snapshots.includes(rule.rule);
  const amounts = new Map<string, MaterialAmount>();
  for (const placeholders of groups) {
    const path = compiled.path(rule.amount, placeholders);
    const trigger = snapshot ?? readings.findLast((r) => r.sample.item === path)?.sample;
    const amount = trigger && amountOf(work, rule, placeholders, trigger);
    if (!amount) continue;
    // A machine lists a material once; should two places show it, the higher value is the newer one.
    const known = amounts.get(amount.material);
    if (!known || known.value < amount.value) amounts.set(amount.material, amount);
  }
  for (const amount of amounts.values()) countAmount(work, rule, amount, isFirst);
  if (isFirst && groups.length > 0) saveRun(work, { snapshots: [...(currentRun(work)?.snapshots ?? []), rule.rule] });
}

interface MaterialAmount {
  readonly material: string;
  readonly value: number;
  readonly uom: string;
  readonly trigger: Sample;
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
  const material = materialOf(work, rule, placeholders);
  const held = work.items[path];
  if (!material || !held) return null;
  const uom = uomOf(work, rule, placeholders);
  if (uom === null) {
    ask(work, trigger, `${rule.rule}/unit/${material}`, `The map gives no unit for ${path} (${material}).`);
    return null;
  }
  const value = wholeMicro(work, trigger, held.value);
  return value === null ? null : { material, value, uom, trigger, paths: groupPaths(work, rule, placeholders) };
}

function countAmount(work: Work, rule: ConsumptionRule, amount: MaterialAmount, isFirst: boolean): void {
  const { material, uom, trigger } = amount;
  const run = currentRun(work);
  // What appears after the first list of a run was not there before: it starts from zero.
  const type: CounterType =
    run && !isFirst && rule.type.reset === "per-run" ? { ...rule.type, baseline: "zero" } : rule.type;
  const place = counterPlace(work, type, run, "materials", `${rule.rule}:${material}`);
  if (!place) return;
  const reading = readAnswered(work, place, `${rule.rule}:${material}`, amount.value, trigger);
  place.save(reading.state);
  const body = (by: number): FactBody => ({
    kind: "MaterialConsumed",
    material,
    lot: null,
    quantity: { micro: BigInt(by), uom },
  });
  const said = { what: `The counter of ${material}`, value: amount.value, uom, grade: null };
  tell(work, reading, trigger, `${rule.rule}:${material}`, said, body, amount.paths);
}

interface CounterPlace {
  readonly type: CounterType;
  readonly before: CounterState | undefined;
  save(state: CounterState): void;
}

/** Where the state of a counter is kept: with the run when it restarts with each run, else with the source. */
function counterPlace(
  work: Work,
  type: CounterType,
  run: RunState | null,
  kind: "counters" | "materials",
  name: string,
): CounterPlace | null {
  if (type.reset !== "per-run") {
    return { type, before: work.counters[name], save: (after) => void (work.counters[name] = after) };
  }
  if (!run) return null;
  // Outside every run the machine shows old, frozen counters: only what rises above them was made there.
  const own: CounterType = run.number === null && work.current === outsideRun ? { ...type, baseline: "first" } : type;
  return {
    type: own,
    before: run[kind][name],
    save: (after) => saveRun(work, { [kind]: { ...currentRun(work)?.[kind], [name]: after } }),
  };
}

function read(type: CounterType, before: CounterState | undefined, value: number): CounterReading {
  return before ? readCounter(type, before, value) : startCounter(type, value);
}

type AnsweredReading = CounterReading & { readonly subject: string };

/**
 * A value that cannot be told is read from where a person has said that counting goes on, if one has. Each answer serves
 * once, and the next question has a subject of its own.
 */
function readAnswered(work: Work, place: CounterPlace, rule: string, value: number, trigger: Sample): AnsweredReading {
  const run = currentRun(work)?.id ?? null;
  let { before } = place;
  let answeredAt = before?.answeredAt;
  for (;;) {
    const reading = read(place.type, before, value);
    const answer =
      reading.change === "question" ? answerTo(work, place, { rule, run, answeredAt, at: trigger.at }) : undefined;
    if (!answer) {
      const state = answeredAt === undefined ? reading.state : { ...reading.state, answeredAt };
      return {
        ...reading,
        state,
        subject: `${rule}/${run ?? "source"}${answeredAt === undefined ? "" : `/${answeredAt}`}`,
      };
    }
    before = { base: before?.base ?? 0, counted: answer.value, last: answer.value };
    answeredAt = answer.at;
  }
}

/**
 * The answer to the very value that is asked about, whatever run it is read to belong to now; or one to an earlier value
 * of this counter, which was settled before the answer came.
 */
function answerTo(
  work: Work,
  place: CounterPlace,
  asked: Pick<CounterAnswer, "rule" | "run" | "at"> & { readonly answeredAt: Instant | undefined },
): CounterAnswer | undefined {
  const isOfSource = place.type.reset !== "per-run";
  return work.context.answers?.find(
    ({ rule, run, at }) =>
      rule === asked.rule &&
      (asked.answeredAt === undefined || at > asked.answeredAt) &&
      (at === asked.at || (at < asked.at && (isOfSource || run === asked.run))),
  );
}

interface Shown {
  readonly what: string;
  readonly value: number;
  readonly uom: string;
  readonly grade: UnitGrade | null;
}

function tell(
  work: Work,
  reading: AnsweredReading,
  trigger: Sample,
  rule: string,
  { what, ...shown }: Shown,
  body: (by: number) => FactBody,
  also: readonly string[] = [],
): void {
  if (reading.change === "counted") stateFact(work, trigger, rule, body(reading.by), currentRun(work), also);
  else if (reading.change === "question") {
    const { source, workUnit, compiled } = work.context;
    const run = currentRun(work)?.id ?? null;
    const text = `${what} ${inUnits(reading.why)}. Nothing is counted from it until somebody decides.`;
    ask(work, trigger, reading.subject, text, {
      ...shown,
      source,
      workUnit,
      rule,
      run,
      at: trigger.at,
      mapVersion: compiled.map.version,
    });
  }
}

/** Question texts speak in the counter's unit, states in millionths. */
function inUnits(why: string): string {
  return why.replace(/\d+/g, (digits) => String(Number(digits) / microPerUnit));
}

function groupsOf(work: Work, rule: ConsumptionRule): Readonly<Record<string, string>>[] {
  const { compiled } = work.context;
  return Object.keys(work.items).flatMap((path) => {
    const place = compiled.place(path);
    return place?.key === rule.amount ? [place.placeholders] : [];
  });
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
  const value = work.items[work.context.compiled.path(rule.uom.item, placeholders)]?.value;
  return rule.uom.uoms[String(value)] ?? null;
}

function currentRun(work: Work): RunState | null {
  return work.current === null ? null : (work.runs[work.current] ?? null);
}

function saveRun(work: Work, change: Partial<RunState>): void {
  const run = currentRun(work);
  if (run && work.current !== null) work.runs[work.current] = { ...run, ...change };
}
