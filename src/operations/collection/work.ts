/**
 * The working copy of a source's state while a batch is folded, and how rules speak: facts, questions, samples set
 * aside. Never leaves this room.
 */
import type { Instant } from "../../base/instant.ts";
import { counterValue, type CounterAnswer, type CounterDoubt, type CounterValue } from "../../record/counter-answer.ts";
import { referenceTo, type Sample, type SampleReference } from "../../record/sample.ts";
import type { ConsumptionRule } from "../../record/machine-map.ts";
import { factId, type Fact, type FactBody } from "../../record/fact.ts";
import { microPerUnit, type CompiledMap, type ItemPlace } from "./compiled-map.ts";
import type { CounterFall, CounterState } from "./counter.ts";
import type {
  Credit,
  EndedRun,
  HeldValue,
  PassingQuestion,
  RunCounters,
  RunState,
  StationState,
  UnnumberedRun,
} from "./state.ts";

export interface SourceContext {
  readonly source: string;
  readonly workUnit: string;
  /** The map that is right for the frame at hand; outside a fold, the newest. */
  readonly compiled: CompiledMap;
  /** All versions of the map, by the event time from which each is right. */
  readonly maps: readonly CompiledMap[];
  /** What people have said about counters that could not be told, in order of event time. */
  readonly answers?: readonly CounterAnswer[];
  /** Counters that the samples to be read are known to set to zero, in whatever order they say it. */
  readonly zeroed?: readonly CounterFall[];
  /** Before this source time its samples have identities without a time (`sampleId`). */
  readonly timedSince?: Instant | null;
}

/** Something collection cannot decide. Open until a person answers; nothing is counted from it meanwhile. */
export type CounterQuestion = Omit<PassingQuestion, "run">;

/** A sample that is kept but was not read, with the reason. */
export interface SetAside {
  readonly sample: SampleReference;
  readonly why: string;
}

/** The good samples of a frame with their place in the map. */
export interface Reading {
  readonly sample: Sample;
  readonly place: ItemPlace;
  /** What the item showed before. */
  readonly before?: HeldValue;
}

/** Working copy of the state while a batch is folded; never leaves this room. */
export interface Work {
  context: SourceContext;
  readonly items: Record<string, HeldValue>;
  readonly runs: Record<string, RunState>;
  unnumbered: readonly UnnumberedRun[];
  readonly counters: Record<string, CounterState>;
  current: string | null;
  state: string | null;
  energy: number;
  readonly anewAt: Instant | undefined;
  readonly stations: Record<string, StationState>;
  readonly credits: Record<string, Credit>;
  /** The newest, as far back as values may be late. */
  falls: readonly CounterFall[];
  /** Counters that were set to zero just after another one was read to have rolled over. */
  readonly doubts: CounterFall[];
  /** Runs that are over, whose counters have begun anew. */
  readonly ended: EndedRun[];
  readonly passing: PassingQuestion[];
  /** Null where nothing is to be stated. */
  readonly facts: Fact[] | null;
  readonly questions: CounterQuestion[];
  readonly setAside: SetAside[];
}

/** The value that an item of the map holds now; undefined before its first good sample. */
export function held(work: Work, key: string | null, station: string | null = null): HeldValue["value"] | undefined {
  return key === null ? undefined : work.items[pathIn(work, key, station)]?.value;
}

export function readingOf(readings: readonly Reading[], key: string | null): Sample | undefined {
  return key === null ? undefined : readings.findLast((r) => r.place.key === key)?.sample;
}

/** The concrete path of an item, in a station where it has one for each. */
export function pathIn(work: Pick<Work, "context">, key: string, station: string | null): string {
  const name = work.context.compiled.station;
  return work.context.compiled.path(key, name === null || station === null ? {} : { [name]: station });
}

/** Whether an item has a path for each station. */
export function isOfStation({ context }: Pick<Work, "context">, key: string): boolean {
  const { map, station } = context.compiled;
  return station !== null && map.items[key]?.path.includes(`{${station}}`) === true;
}

/** What the placeholders stand for in the amounts that the machine has shown. */
export function groupsOf(work: Work, rule: ConsumptionRule): Readonly<Record<string, string>>[] {
  const { compiled } = work.context;
  return Object.keys(work.items).flatMap((path) => {
    const place = compiled.place(path);
    return place?.key === rule.amount ? [place.placeholders] : [];
  });
}

/** The run that values belong to now: those of a station, or those of a unit that runs one job at a time. */
export function runIn(work: Work, station: string | null): RunState | null {
  const key = station === null ? work.current : (work.stations[station]?.run ?? null);
  return key === null ? null : (work.runs[key] ?? null);
}

/** What is counted anew with the run that values belong to now; null outside every run. */
export function countersIn(work: Work, station: string | null): RunCounters | null {
  const run = runIn(work, station);
  return run && (station === null ? run : (work.stations[station] ?? null));
}

export function saveCounters(work: Work, station: string | null, change: Partial<RunCounters>): void {
  if (station !== null) {
    const known = work.stations[station];
    if (known) work.stations[station] = { ...known, ...change };
    return;
  }
  const run = runIn(work, null);
  if (run && work.current !== null) work.runs[work.current] = { ...run, ...change };
}

/** A rule of a station states facts of its own: their identity is the sample and this. */
export function ruleIn(rule: string, station: string | null): string {
  return station === null ? rule : `${rule}@${station}`;
}

/**
 * What was stated of a sample at the time that it shows, and taken back when it was known that its clock was set back, may be
 * settled and forgotten when it is stated at the time at which it is read now: so many revisions are left to it.
 */
const revisionBehind = 1_000;

/** Adds a fact read out of `trigger`; `also` names further items whose held values are part of the evidence. */
export function stateFact(
  work: Work,
  trigger: Sample,
  rule: string,
  body: FactBody,
  run: RunState | null,
  also: readonly string[] = [],
): void {
  if (!work.facts) return;
  const { source, workUnit, compiled } = work.context;
  const evidence = [referenceOf(work.context, trigger)];
  for (const path of also) {
    const value = work.items[path];
    if (value && path !== trigger.item) evidence.push(heldReference(work.context, path, value));
  }
  const revision = trigger.mayBeStated ? revisionBehind : 0;
  work.facts.push({
    id: factId(evidence[0]?.id ?? "", rule, revision),
    source,
    workUnit,
    run: run?.id ?? null,
    eventAt: trigger.at,
    rule,
    mapVersion: compiled.map.version,
    revision,
    saidBy: { by: "machine", source },
    evidence,
    body,
  });
}

/** How a machine is brought to say again what has not changed. */
export const toldWhenOpened =
  "It tells it when it changes, and most machines when their connection is opened anew, as when Millrace is restarted.";

/** Something that cannot be told from the value of a sample. */
export function ask(work: Work, trigger: Sample, subject: string, text: string, about?: CounterDoubt): void {
  work.questions.push({ ...question(work.context, trigger, subject, text), ...(about ? { about } : {}) });
}

/** About what was not heard: it is taken back when that is told late, and the same stretch is read again. */
export function askUntilTold(
  work: Work,
  trigger: Sample,
  subject: string,
  text: string,
  of: Pick<PassingQuestion, "run" | "about"> = {},
): void {
  const asked = question(work.context, trigger, subject, text);
  if (!work.passing.some((one) => one.subject === asked.subject)) work.passing.push({ ...asked, ...of });
}

export function question(context: Naming, trigger: Sample, subject: string, text: string): CounterQuestion {
  const evidence = [referenceOf(context, trigger)];
  return { subject: `${context.source}/${subject}`, at: trigger.at, text, evidence };
}

export function setAside(work: Pick<Work, "context" | "setAside">, sample: Sample, why: string): void {
  work.setAside.push({ sample: referenceOf(work.context, sample), why });
}

/** Whole millionths; null (and the sample set aside) when the value is no number that a counter can show. */
export function wholeMicro(work: Work, trigger: Sample, value: unknown): CounterValue | null {
  const micro = toMicro(value);
  if (micro === null) setAside(work, trigger, `"${String(value)}" ${whyNoCount(value)}`);
  return micro;
}

/** What a counter of 64 bits shows last. */
const counterMost = 2n ** 64n - 1n;

/** Exact, or null: whole numbers as text up to 64 bits, other numbers as far as they tell one count from the next. */
export function toMicro(value: unknown): CounterValue | null {
  const number = numberOf(value);
  const micro = Math.round(number * microPerUnit);
  if (Number.isSafeInteger(micro)) return micro >= 0 ? micro : null;
  const whole = typeof value === "string" && /^\s*\d+\s*$/.test(value) ? BigInt(value) : null;
  if (whole !== null) return whole <= counterMost ? counterValue(whole * BigInt(microPerUnit)) : null;
  const trunk = Math.trunc(number);
  if (!Number.isSafeInteger(trunk) || number < 0) return null;
  const part = Math.round((number - trunk) * microPerUnit);
  return counterValue(BigInt(trunk) * BigInt(microPerUnit) + BigInt(part));
}

function whyNoCount(value: unknown): string {
  const number = numberOf(value);
  if (!Number.isFinite(number) || number <= Number.MAX_SAFE_INTEGER) return "is no count.";
  if (number > counterMost) return "is more than a counter of 64 bits can show.";
  return "is beyond 2^53, where a floating-point number does not tell one count from the next.";
}

function numberOf(value: unknown): number {
  if (typeof value === "number") return value;
  return typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
}

/** What the identities of samples depend on. */
export type Naming = Pick<SourceContext, "source" | "timedSince">;

function referenceOf({ source, timedSince }: Naming, sample: Sample): SampleReference {
  return referenceTo(source, sample, timedSince);
}

function heldReference(context: Naming, item: string, value: HeldValue): SampleReference {
  const sample: Sample = { item, at: value.at, receivedAt: value.at, status: 0, value: value.value, mark: value.mark };
  return referenceOf(context, sample);
}
