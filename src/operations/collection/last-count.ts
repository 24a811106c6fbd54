/**
 * What the counters of a run showed last. One that begins anew with each run tells nothing of it afterwards: what it showed
 * in a gap, before its run ended, nobody can know, and somebody is asked.
 */
import { contentId } from "../../base/id.ts";
import { formatInstant, instant, type Instant } from "../../base/instant.ts";
import { formatMicro } from "../../base/quantity.ts";
import { lastCountRule, type CounterAnswer } from "../../record/counter-answer.ts";
import type { UnitGrade } from "../../record/fact.ts";
import { referenceTo, shownAt, type Sample } from "../../record/sample.ts";
import type { CompiledMap } from "./compiled-map.ts";
import { missingUntil, type DoubtfulTimes, type KnownGap } from "./gap.ts";
import type { CollectorState, EndedRun, LastCount, LeftRun, RunState, StationState } from "./state.ts";
import { groupsOf, isOfStation, pathIn, type CounterQuestion, type Reading, type Work } from "./work.ts";

/** @param readings  with which the machine leaves the run: what they show belongs to what follows */
export function leftRun(
  work: Work,
  run: RunState | StationState,
  readings: readonly Reading[],
  trigger: Sample,
  station: string | null = null,
): LeftRun {
  const since = "startedAt" in run ? run.startedAt : run.since;
  const heard = (item: string): Pick<LastCount, "heardAt"> => {
    const fresh = readings.find(({ sample }) => sample.item === item);
    const at = (fresh ? fresh.before : work.items[item])?.at;
    return at === undefined || at < since ? {} : { heardAt: at };
  };
  return { at: shownAt(trigger), counts: countsOf(work, run, station).map((one) => ({ ...one, ...heard(one.item) })) };
}

function countsOf(work: Work, run: RunState | StationState, station: string | null): readonly LastCount[] {
  const { counters, packing, consumption } = work.context.compiled;
  const isHere = (item: string): boolean => station === null || isOfStation(work, item);
  const pieces = (packing ? [...counters, packing] : counters).flatMap((rule): LastCount[] => {
    if (rule.type.reset !== "per-run" || !isHere(rule.item)) return [];
    const counter = run.counters[rule.rule];
    return [
      {
        item: pathIn(work, rule.item, station),
        ...(counter && { value: counter.counted }),
        ...(counter && BigInt(counter.last) < BigInt(counter.counted) && { isLower: true as const }),
        ...("grade" in rule && { pieces: { grade: rule.grade, uom: rule.uom } }),
      },
    ];
  });
  const materials = consumption.flatMap((rule): LastCount[] => {
    if (rule.type.reset !== "per-run" || !isHere(rule.amount)) return [];
    if (rule.snapshot !== null) return [{ item: pathIn(work, rule.snapshot, station) }];
    const groups = groupsOf(work, rule).filter((group) => isIn(work, group, station));
    return groups.map((group) => ({ item: work.context.compiled.path(rule.amount, group) }));
  });
  return [...pieces, ...materials];
}

function isIn(work: Work, group: Readonly<Record<string, string>>, station: string | null): boolean {
  return station === null || group[work.context.compiled.station ?? ""] === station;
}

/** Notes that it is over, where a counter begins anew with the next. A state of before says nothing of when it was left. */
export function noteEnded(
  work: Work,
  { id, number, job }: Pick<RunState, "id" | "number" | "job">,
  left: LeftRun | undefined,
  trigger: Sample,
  station: string | null = null,
): void {
  const rule = work.context.compiled.map.run;
  if (!rule || !left || left.counts.length === 0) return;
  const key = rule.by === "number" ? rule.number : rule.job;
  work.ended.push({
    ...left,
    run: id,
    number,
    job,
    ...(station !== null && { station }),
    named: pathIn(work, key, station),
    endedAt: shownAt(trigger),
    readAt: trigger.at,
    because: referenceTo(work.context.source, trigger, work.context.timedSince),
    mapVersion: work.context.compiled.map.version,
  });
}

/** When runs were left that are over, or may be soon; and when counters spoke last that had fallen in one. */
export function doubtfulTimes(compiled: CompiledMap, state: CollectorState): DoubtfulTimes {
  const { ended = [], runs, stations = {} } = state;
  const left = [...ended, ...Object.values(runs).flatMap((run) => run.left ?? [])];
  const lower = left.flatMap(({ counts }) =>
    counts.filter(({ isLower }) => isLower).flatMap((one) => one.heardAt ?? []),
  );
  const inRuns = Object.values(runs).flatMap((run) => heardLower(compiled, state, run, {}));
  const inStations = Object.entries(stations).flatMap(([name, station]) =>
    heardLower(compiled, state, station, { [compiled.station ?? ""]: name }),
  );
  return { left: left.map(({ at }) => at), lower: [...lower, ...inRuns, ...inStations] };
}

function heardLower(
  { counters, packing, path }: CompiledMap,
  { items }: CollectorState,
  run: RunState | StationState,
  placeholders: Readonly<Record<string, string>>,
): readonly Instant[] {
  return (packing ? [...counters, packing] : counters).flatMap(({ rule, item, type }) => {
    const counter = run.counters[rule];
    if (type.reset !== "per-run" || !counter || BigInt(counter.last) >= BigInt(counter.counted)) return [];
    return items[path(item, placeholders)]?.at ?? [];
  });
}

interface Asked {
  readonly source: string;
  readonly workUnit: string;
  readonly compiled: Pick<CompiledMap, "counters">;
  readonly answers?: readonly CounterAnswer[];
}

/** What may not have been heard: one question. */
export interface UnheardDoubt {
  readonly subject: string;
  /** Its texts are made only where it is asked. */
  readonly question: () => CounterQuestion;
}

/** What may be missing at the ends of runs; one for each run. What a person has decided of a counter stands for the run that ended then. */
export function askLastCounts(
  asked: Asked,
  ended: readonly EndedRun[],
  gaps: readonly KnownGap[],
): readonly UnheardDoubt[] {
  if (gaps.length === 0) return [];
  return ended.flatMap((run) => {
    const since = doubtfulSince(run);
    const near = gaps.filter(({ from, to }) => from < run.endedAt && to >= since);
    if (near.length === 0) return [];
    const missing = run.counts.flatMap((count) => {
      const spans = near.flatMap((gap) => missingAtEnd(run, count, gap) ?? []);
      return spans.length === 0 ? [] : [{ count, spans }];
    });
    if (missing.length === 0) return [];
    const decided = decidedOf(asked, run, ended);
    const open = missing.filter(({ count: { item } }) => !decided.some(({ items }) => items?.includes(item) ?? true));
    if (open.length === 0) return [];
    const subject = subjectOf(asked, run, open);
    return [{ subject, question: () => questionOf(asked, run, subject, open) }];
  });
}

/** What was over before it touches no last count. */
function doubtfulSince({ at, counts }: EndedRun): Instant {
  return counts.reduce((since, { isLower, heardAt = since }) => (isLower && heardAt < since ? heardAt : since), at);
}

/** One that was taken back decides nothing. A late value may give the run another beginning, or another end. */
function decidedOf({ answers = [] }: Asked, run: EndedRun, ended: readonly EndedRun[]): readonly CounterAnswer[] {
  const rule = ruleOf(run);
  return answers.filter((one) => {
    if (one.rule !== rule || one.isTakenBack) return false;
    if (one.run === run.run) return run.station === undefined || one.at === run.readAt;
    return one.at === run.readAt && !ended.some((other) => other.run === one.run);
  });
}

/** By the run and its counters alone: where values are missing may be told more exactly later. */
function subjectOf({ source }: Asked, run: EndedRun, missing: readonly MissingCount[]): string {
  const stay = run.station === undefined ? "" : `@${run.station}/${run.at}`;
  return `${source}/run/${run.run}/last-count${stay}/${contentId("counters", ...missing.map(({ count }) => count.item))}`;
}

interface Span {
  readonly from: Instant;
  readonly to: Instant;
}

/** Where values of the counter are missing after which it said nothing more in the run; null for nowhere. */
function missingAtEnd(
  { at, endedAt, named }: EndedRun,
  { item, isLower, heardAt }: LastCount,
  gap: KnownGap,
): Span | null {
  const until = missingUntil(gap, item);
  if (until === null) return null;
  // It has spoken since only after the machine had left the run.
  if (gap.from < at && at <= until) return { from: gap.from, to: at };
  // It has begun anew in the gap: what it showed was that of another run, of which nobody has heard.
  if (isLower && heardAt !== undefined && gap.from < heardAt && heardAt <= until)
    return { from: gap.from, to: heardAt };
  // The machine had left it before, and what it was in meanwhile is missing, too: it may have taken it up once more.
  const from = instant(Math.max(gap.from, at));
  const to = instant(Math.min(until, missingUntil(gap, named) ?? from, endedAt));
  return from < to ? { from, to } : null;
}

function ruleOf({ station }: EndedRun): string {
  return station === undefined ? lastCountRule : `${lastCountRule}@${station}`;
}

interface MissingCount {
  readonly count: LastCount;
  readonly spans: readonly Span[];
}

function questionOf(
  { source, workUnit, compiled }: Asked,
  run: EndedRun,
  subject: string,
  missing: readonly MissingCount[],
): CounterQuestion {
  const spans = missing.flatMap((one) => one.spans);
  const from = instant(Math.min(...spans.map((span) => span.from)));
  const to = instant(Math.max(...spans.map((span) => span.to)));
  const about = missing.find(({ count }) => count.pieces)?.count;
  return {
    subject,
    at: run.readAt,
    text: textOf(run, missing, { from, to }),
    evidence: [run.because],
    ...(about?.pieces && {
      about: {
        source,
        workUnit,
        rule: ruleOf(run),
        run: run.run,
        at: run.readAt,
        value: about.value ?? 0,
        ...about.pieces,
        mapVersion: run.mapVersion,
        items: missing.map(({ count }) => count.item),
        elsewhere: gradesBeside(compiled, missing),
      },
    }),
  };
}

/** Grades of the machine's counters that none of these counts. */
function gradesBeside(
  { counters }: Pick<CompiledMap, "counters">,
  missing: readonly MissingCount[],
): readonly UnitGrade[] {
  const named = new Set(missing.map(({ count }) => count.pieces?.grade));
  return [...new Set(counters.map(({ grade }) => grade))].filter((grade) => !named.has(grade));
}

function textOf({ number, job, station }: EndedRun, missing: readonly MissingCount[], { from, to }: Span): string {
  const name = `${number === null ? `the run of job "${job}"` : `run ${number} of job "${job}"`}${station === undefined ? "" : ` in ${station}`}`;
  const shown = missing.map(({ count: { item, value, heardAt } }) => {
    if (heardAt === undefined) return `${item} was not heard in it`;
    const showed = value === undefined ? "spoke" : `showed ${formatMicro(BigInt(value))}, heard`;
    return `${item} ${showed} last at ${formatInstant(heardAt)}`;
  });
  return `Before ${name} ended, the machine was not heard from ${formatInstant(from)} to ${formatInstant(to)} (${lengthOf(to - from)}), and its counters begin anew with each run: what they showed last is not known. ${shown.join("; ")}. What was made after that is not counted: say how much it was, or that there was nothing.`;
}

function lengthOf(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  const [h, min, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return [h && `${h} h`, min && `${min} min`, s && `${s} s`].filter(Boolean).join(" ");
}
