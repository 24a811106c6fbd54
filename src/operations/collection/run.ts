/**
 * Which run the values of a machine belong to: starts, steps aside and ends, by the map's run rule. Production that the
 * machine attributes to no run is a run of its own kind (`outside`), so that nothing made is lost.
 */
import { contentId } from "../../base/id.ts";
import type { Instant } from "../../base/instant.ts";
import type { Sample } from "../../record/sample.ts";
import type { RunRule } from "../../record/machine-map.ts";
import {
  askUntilTold,
  held,
  pathIn,
  readingOf,
  ruleIn,
  runIn,
  setAside,
  stateFact,
  type Reading,
  type Work,
} from "./work.ts";
import { leftRun, noteEnded } from "./last-count.ts";
import { nothingCounted, outsideRun, type RunState } from "./state.ts";

/** The machine has gone over to another run, to one, or to none: what came before belongs to this one, null for none. */
export interface RunChange {
  readonly from: RunState | null;
}

/** Brings `work.current` up to date with the frame. @returns null when the machine goes on with what it was in */
export function followRun(work: Work, at: Instant, readings: readonly Reading[]): RunChange | null {
  const rule = work.context.compiled.map.run;
  if (!rule) return null;
  const before = work.current;
  const from = runIn(work, null);
  const trigger = readings[0]?.sample;
  if (!trigger) return null;
  if (rule.by === "number") followNumber(work, rule, at, readings);
  else followJob(work, rule, at, readings);
  const left = before !== null && before !== work.current ? (work.runs[before] ?? null) : null;
  if (left && before !== null) work.runs[before] = { ...left, left: leftRun(work, left, readings, trigger) };
  if (left?.mayHaveEnded && !left.ending) askWhetherEnded(work, left, trigger);
  closeEnded(work, trigger);
  // By identity: a run outside follows another one under the same key, and is over as soon as the machine goes on.
  return runIn(work, null)?.id === from?.id ? null : { from };
}

function followNumber(
  work: Work,
  rule: Extract<RunRule, { by: "number" }>,
  at: Instant,
  readings: readonly Reading[],
): void {
  const ended = readings.findLast(({ place }) => place.key === rule.ended.count);
  if (ended) {
    announceEnd(work, rule, at);
    doubtEnds(work, rule, ended);
  }
  const number = held(work, rule.number);
  if (typeof number !== "number") {
    const said = readingOf(readings, rule.number);
    if (said && said.value !== null) setAside(work, said, `${JSON.stringify(said.value)} is no number of a run.`);
    return;
  }
  const job = text(held(work, rule.job));
  const article = text(held(work, rule.article));
  const because = readingOf(readings, rule.number) ?? readingOf(readings, rule.job) ?? readings[0]?.sample;
  if (!because) return;
  if (number !== rule.none) {
    closeOutside(work, because, readings);
    open(work, String(number), { number, job, article }, at, because);
    return;
  }
  // What it names may have been given up: work outside every run goes on until it names something else.
  const outside = held(work, rule.job) === undefined ? work.runs[outsideRun] : undefined;
  followOutside(work, outside ?? { number: null, job, article }, at, because, readings);
}

/** Production that the machine itself attributes to no run. */
function followOutside(work: Work, named: Named, at: Instant, because: Sample, readings: readonly Reading[]): void {
  const open_ = work.runs[outsideRun];
  if (open_ && (open_.job !== named.job || open_.article !== named.article)) closeOutside(work, because, readings);
  if (named.job === "") {
    closeOutside(work, because, readings);
    work.current = null;
  } else open(work, outsideRun, named, at, because);
}

function followJob(work: Work, rule: Extract<RunRule, { by: "job" }>, at: Instant, readings: readonly Reading[]): void {
  const job = text(held(work, rule.job));
  const article = text(held(work, rule.article));
  const because = readingOf(readings, rule.job) ?? readingOf(readings, rule.article);
  if (!because) return;
  const key = `${job}\u001f${article}`;
  for (const [other, run] of Object.entries(work.runs)) {
    if (other !== key && !run.ending) work.runs[other] = { ...run, ending: { at, result: "left" } };
  }
  if (job === "") work.current = null;
  else open(work, key, { number: null, job, article }, at, because);
}

export interface Named {
  readonly number: number | null;
  readonly job: string;
  readonly article: string;
}

function open(work: Work, key: string, named: Named, at: Instant, because: Sample): void {
  work.current = key;
  if (named.number !== null) recognise(work, named.number);
  if (!work.runs[key]) begin(work, key, named, at, because);
}

/** One that was open when its machine was begun anew, and of which nobody could tell the number, goes on when the machine names it. */
function recognise(work: Work, number: number): void {
  const known = work.unnumbered.find((run) => runId(work.context.source, { ...run, number }, run.startedAt) === run.id);
  if (!known || work.runs[String(number)]) return;
  const anew = work.anewAt === undefined ? {} : { anewAt: work.anewAt };
  work.runs[String(number)] = { ...known, number, ending: null, ...nothingCounted, ...anew };
  work.unnumbered = work.unnumbered.filter((run) => run !== known);
}

/** @param station  the one that names its job first; null for a unit that runs one job at a time */
export function begin(
  work: Work,
  key: string,
  named: Named,
  at: Instant,
  because: Sample,
  station: string | null = null,
): void {
  const id = runId(work.context.source, named, at);
  const run: RunState = { id, ...named, startedAt: at, ending: null, ...nothingCounted };
  work.runs[key] = run;
  const rule = work.context.compiled.map.run;
  const also = rule ? [rule.job, rule.article].flatMap((k) => (k ? [pathIn(work, k, station)] : [])) : [];
  stateFact(
    work,
    because,
    ruleIn("run/started", station),
    { kind: "JobStarted", job: named.job, article: named.article, outside: key === outsideRun },
    run,
    also,
  );
}

/** @param at  of the frame that shows it first */
export function runId(source: string, { number, job, article }: Named, at: Instant): string {
  return contentId("run", source, number ?? "", job, article, at);
}

function announceEnd(work: Work, rule: Extract<RunRule, { by: "number" }>, at: Instant): void {
  const number = held(work, rule.ended.number);
  if (typeof number === "number") recognise(work, number);
  const run = work.runs[String(number)];
  if (run && !run.ending) {
    work.runs[String(number)] = { ...run, ending: { at, result: text(held(work, rule.ended.result)) } };
  }
}

/**
 * The machine counts the runs that it has ended: where that goes on by more than one, nobody has heard the others end. Which
 * those were cannot be told; of each run that is open somebody is asked, of the one that the machine is in when it leaves it.
 * Where it names one that is not open, or has ended more than were, it has been in runs of which nobody has heard at all; some
 * count the end of work outside every run as well, and name none then.
 */
function doubtEnds(work: Work, rule: Extract<RunRule, { by: "number" }>, { sample, before }: Reading): void {
  const risen = Number(sample.value) - Number(before?.value ?? sample.value);
  const mayEnd = Object.entries(work.runs).filter(([, run]) => run.number !== null && !run.ending);
  const last = held(work, rule.ended.number);
  const isHeard = last === rule.none || work.runs[String(last)] !== undefined;
  const others = mayEnd.length + work.unnumbered.length + (work.runs[outsideRun] ? 1 : 0);
  const unheard = (isHeard ? 0 : 1) + Math.max(0, risen - 1 - others);
  const isGivenUp = work.anewAt !== undefined && before !== undefined && before.at <= work.anewAt;
  if (risen >= 1 && unheard > 0)
    askUnheard(work, sample, { count: unheard, last: isHeard ? null : text(last), isGivenUp });
  if (!(risen > 1)) return;
  for (const [key, run] of mayEnd) {
    if (key === work.current) work.runs[key] = { ...run, mayHaveEnded: true };
    else askWhetherEnded(work, run, sample);
  }
}

interface Unheard {
  readonly count: number;
  /** The number of the last of them; null where that is of one that was heard. */
  readonly last: string | null;
  /** How many runs had ended was said last before what is kept was given up. */
  readonly isGivenUp: boolean;
}

/** What its counters showed before is that of another run: outside every run they are counted from what they show next. */
function askUnheard(work: Work, because: Sample, { count, last, isGivenUp }: Unheard): void {
  const outside = work.runs[outsideRun];
  if (outside) work.runs[outsideRun] = { ...outside, ...nothingCounted };
  const which = count > 1 ? `${count} runs` : "a run";
  const name = last === null ? "" : count > 1 ? `, the last of them run ${last},` : `, run ${last},`;
  // What was heard of a run before its end was, and not that the machine was in it, is counted where that was heard to be.
  const other = outside ?? runIn(work, null);
  const but = other ? `, but for what is stated as made ${placeOf(other)} and was made there` : "";
  const mayBeStated = isGivenUp
    ? " They may also have been heard in what was given up of this machine, and be stated: compare first."
    : "";
  const said = `The machine has ended ${which}${name} of which nobody has heard: what was made there is not counted${but}, nor what it has made outside every run before its counters are heard again.${mayBeStated} Look at the machine or its record, and enter by hand what is missing.`;
  askUntilTold(work, because, `unheard-run/${because.at}`, said);
}

function placeOf({ number, job }: RunState): string {
  return `${number === null ? "outside every run" : `in run ${number}`} of job "${job}"`;
}

function askWhetherEnded(work: Work, { id, number, job }: RunState, because: Sample): void {
  const text = `The machine may have ended run ${number} of job "${job}" while nobody heard it: the run is open, and what was made in it is not posted. If it is over, dismiss it and enter by hand what was made.`;
  askUntilTold(work, because, `run/${id}/unheard-end`, text, { run: id });
}

/** An announced end counts when the machine has gone on to something else: closing values come in between. */
function closeEnded(work: Work, trigger: Sample): void {
  for (const [key, run] of Object.entries(work.runs)) {
    if (!run.ending || key === work.current) continue;
    stateFact(work, trigger, `run/ended:${run.id}`, { kind: "JobEnded", result: run.ending.result }, run);
    noteEnded(work, run, run.left, trigger);
    delete work.runs[key];
  }
}

function closeOutside(work: Work, because: Sample, readings: readonly Reading[]): void {
  const run = work.runs[outsideRun];
  if (!run) return;
  noteEnded(work, run, leftRun(work, run, readings, because), because);
  stateFact(work, because, `run/ended:${run.id}`, { kind: "JobEnded", result: "outside" }, run);
  delete work.runs[outsideRun];
}

/** What a machine names, as text. */
export function text(value: unknown): string {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}
