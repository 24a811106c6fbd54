/** What people have said about counters that could not be told, and what is asked of them. */
import type { Instant } from "../../base/instant.ts";
import { unitOf } from "../../base/unit.ts";
import type { CounterAnswer, CounterDoubt, CounterValue } from "../../record/counter-answer.ts";
import type { UnitGrade } from "../../record/fact.ts";
import type { CounterType } from "../../record/machine-map.ts";
import type { Sample } from "../../record/sample.ts";
import { microPerUnit } from "./compiled-map.ts";
import {
  readCounter,
  startAnew,
  startCounter,
  type CounterReading,
  type CounterState,
  type Showing,
} from "./counter.ts";
import { inUnit } from "./shown-unit.ts";
import type { RunState } from "./state.ts";
import { noteFall, showing } from "./fall.ts";
import { ask, askUntilTold, type Work } from "./work.ts";

/** Where a counter is kept. */
export interface CounterPlace {
  readonly type: CounterType;
  readonly before: CounterState | undefined;
  /** Path of the item that shows it, where another one says when it is read. */
  readonly item?: string;
  /** Up to this time what was known of it may have been given up: without a state it begins where it is read next, and is asked about. */
  readonly anewAt?: Instant | undefined;
  /** For a counter that starts anew in the middle of a run: an answer to what was before does not serve. */
  readonly since?: Instant;
  /** The unit of its state, where the machine says it: it may have been another one when a person answered. */
  readonly uom?: string;
  /** When its item spoke before, by the machine's clock; left out where it did not. */
  readonly heardAt?: Instant | undefined;
  save(state: CounterState): void;
}

type Stood = NonNullable<CounterDoubt["stood"]>;

export type AnsweredReading = CounterReading & {
  readonly subject: string;
  /** It begins with this value. */
  readonly isAnew?: true;
  /** Where counting stood, for a question; left out for one that begins. */
  readonly stood?: Stood;
};

/** A person's word each; more than have ever to be told apart at once. */
const answeredMost = 8;

/**
 * A value that cannot be told is read from where a person has said that counting goes on, if one has. Each answer serves
 * once, and the next question has a subject of its own; so has the one that is asked after one that was closed.
 *
 * An answer does not say that the counter still stands there: one wild value is answered just as one that it has really come
 * to. So where counting stood is kept beside it, and the values behind it show which of them the counter has gone on from.
 */
export function readAnswered(
  work: Work,
  place: CounterPlace,
  rule: string,
  value: CounterValue,
  trigger: Sample,
  of: RunState | null,
): AnsweredReading {
  const run = of?.id ?? null;
  const { before, item = trigger.item } = place;
  if (before?.beginsAt !== undefined && trigger.at < before.beginsAt) return saysNothing(rule, before);
  const anewAt = before ? undefined : place.anewAt;
  const isAnew = anewAt !== undefined;
  const type: CounterType = isAnew ? { ...place.type, baseline: "first" } : place.type;
  const shown = showing(work, { item, at: trigger.at });
  let answered = before?.answered ?? [];
  // What was asked about before it was given up is past.
  let answeredAt = before?.answeredAt ?? anewAt ?? place.since;
  const begun = isAnew ? begunLater(work, place, type, { rule, run, answeredAt, at: trigger.at }) : null;
  if (begun) return saysNothing(rule, begun);
  if (!isAnew && isSpokenOf(work, place, { rule, run, answeredAt, at: trigger.at }, of)) {
    return saysNothing(rule, { ...(before ?? { base: 0, counted: 0 }), last: value });
  }
  let reading = isAnew ? startAnew(type, value, shown) : readFrom(type, before, answered, value, shown);
  noteFall(work, { type, before, item }, reading, trigger);
  for (;;) {
    const answer =
      reading.change === "question" ? answerTo(work, place, { rule, run, answeredAt, at: trigger.at }) : undefined;
    if (!answer) {
      const asked = { rule, run, answeredAt, at: trigger.at };
      const decidedAt = closingBefore(work, place, asked, value)?.at ?? answeredAt;
      // The first value may come late, and be of another run.
      const of = isAnew && isOfSource(type) ? null : run;
      const subject = `${rule}/${of ?? "source"}${decidedAt === undefined ? "" : `/${decidedAt}`}`;
      const state = { ...reading.state, ...(answeredAt !== undefined && { answeredAt }) };
      const told = { ...reading, state: { ...state, ...wentOn(before, reading, trigger.at) }, subject };
      return isAnew ? { ...told, isAnew } : { ...told, stood: stoodAt(place) };
    }
    const goesOn = isPast(before, answer, trigger.at) ? null : valueIn(place, answer);
    if (goesOn !== null) answered = [...answered, goesOn].slice(-answeredMost);
    answeredAt = answer.at;
    reading = readFrom(type, before, answered, value, shown);
  }
}

function saysNothing(rule: string, state: CounterState): AnsweredReading {
  return { change: "none", how: "stale", state, subject: rule };
}

/**
 * Where somebody has decided about a later value of a counter that was begun anew, before this one came: they have spoken of all
 * that was made up to that one, and from there it goes on.
 */
function begunLater(
  { context }: Work,
  place: CounterPlace,
  type: CounterType,
  { rule, run, answeredAt, at }: Asked,
): CounterState | null {
  const decided = context.answers?.find(
    (one) =>
      one.begins === true &&
      one.rule === rule &&
      (isOfSource(type) || one.run === run) &&
      one.at > at &&
      (answeredAt === undefined || one.at > answeredAt),
  );
  const goesOn = decided ? valueIn(place, decided) : null;
  if (!decided || goesOn === null) return null;
  const since = decided.closes ? answeredAt : decided.at;
  const { state } = startCounter(type, goesOn);
  return { ...state, ...(since !== undefined && { answeredAt: since }), beginsAt: decided.at };
}

/**
 * A person has said what was made from where it stands up to a later value: one in between that comes late, or is read back, says
 * nothing more. Where they have said no pieces, it counts.
 */
function isSpokenOf(
  { context, runs }: Work,
  place: CounterPlace,
  { rule, run, answeredAt, at }: Asked,
  of: RunState | null,
): boolean {
  // A late word may have given it another beginning since: then nobody knows the run any more that they have spoken of.
  const isThen = (one: CounterAnswer, { since }: Stood): boolean =>
    since !== undefined &&
    of !== null &&
    of.startedAt <= since &&
    !Object.values(runs).some(({ id }) => id === one.run);
  const isOf = (one: CounterAnswer, stood: Stood): boolean =>
    isOfSource(place.type) || one.run === run || isThen(one, stood);
  const standsAt = ({ value, since }: Stood, uom: string): boolean =>
    (since === undefined || at >= since) && valueIn(place, { value, uom }) === countedIn(place);
  return (context.answers ?? []).some(
    (one) =>
      one.stood !== undefined &&
      one.rule === rule &&
      one.at > at &&
      (answeredAt === undefined || one.at > answeredAt) &&
      isOf(one, one.stood) &&
      standsAt(one.stood, one.uom),
  );
}

function stoodAt(place: CounterPlace): Stood {
  const { before, heardAt } = place;
  // A wild value, or a stale one, tells nothing of when it stood there.
  const isThere = before !== undefined && before.last === before.counted;
  return { value: countedIn(place), ...(isThere && heardAt !== undefined && { since: heardAt }) };
}

function countedIn({ before }: CounterPlace): CounterValue {
  return before?.counted ?? 0;
}

/** It goes on over the runs of its machine. */
function isOfSource({ reset }: CounterType): boolean {
  return reset !== "per-run";
}

/** What the value says from where counting stood; where that says nothing, from each value that a person has named. */
function readFrom(
  type: CounterType,
  before: CounterState | undefined,
  answered: readonly CounterValue[],
  value: CounterValue,
  shown: Showing,
): CounterReading {
  const { answered: _, ...stood } = before ?? { base: 0, counted: 0, last: 0 };
  const reading = before ? readCounter(type, stood, value, shown) : startCounter(type, value);
  if (answered.length === 0 || isTold(reading, value)) return reading;
  const state: CounterState = { ...reading.state, answered };
  // It still shows what was asked about: nobody can tell yet.
  if (answered.includes(value)) return { change: "none", how: "same", state };
  const named = answered.map((from) =>
    readCounter(type, { base: stood.base, counted: from, last: from }, value, shown),
  );
  const told = named.find((one) => isTold(one, value));
  if (told) return told;
  return reading.change === "question"
    ? { ...(named.findLast(({ change }) => change === "question") ?? reading), state }
    : { ...reading, state };
}

/** Counting has come to this value, if only because it adds nothing. */
function isTold({ change, state }: CounterReading, value: CounterValue): boolean {
  return change !== "question" && state.counted === value;
}

function wentOn(
  before: CounterState | undefined,
  { state: { counted, last } }: CounterReading,
  at: Instant,
): Pick<CounterState, "wentOnAt"> {
  const wentOnAt = before && before.last !== before.counted && last === counted ? at : before?.wentOnAt;
  return wentOnAt === undefined ? {} : { wentOnAt };
}

/** What was asked about was over before somebody answered: counting had gone on from where it stood. */
function isPast({ wentOnAt }: Pick<CounterState, "wentOnAt"> = {}, answer: CounterAnswer, at: Instant): boolean {
  return wentOnAt !== undefined && answer.at !== at && answer.at <= wentOnAt;
}

type Asked = Pick<CounterAnswer, "rule" | "run" | "at"> & { readonly answeredAt: Instant | undefined };

/** The newest question of this counter in this run that was closed before. The value that it was about is not asked about anew. */
function closingBefore(work: Work, place: CounterPlace, asked: Asked, value: CounterValue): CounterAnswer | undefined {
  return work.context.answers?.findLast(
    (one) =>
      one.closes === true &&
      !one.isTakenBack &&
      one.rule === asked.rule &&
      one.run === asked.run &&
      one.at < asked.at &&
      valueIn(place, one) !== value &&
      (asked.answeredAt === undefined || one.at > asked.answeredAt),
  );
}

/**
 * The answer to the very value that is asked about, whatever run it is read to belong to now; or one to an earlier value
 * of this counter, which was settled before the answer came.
 */
function answerTo(work: Work, place: CounterPlace, asked: Asked): CounterAnswer | undefined {
  return work.context.answers?.find(
    ({ rule, run, at, closes }) =>
      !closes &&
      rule === asked.rule &&
      (asked.answeredAt === undefined || at > asked.answeredAt) &&
      (at === asked.at || (at < asked.at && (isOfSource(place.type) || run === asked.run))),
  );
}

/** The value of an answer in the unit in which the counter is shown now; null where it cannot be said in it. */
function valueIn({ uom }: CounterPlace, answer: Pick<CounterAnswer, "value" | "uom">): CounterValue | null {
  return uom === undefined ? answer.value : inUnit(answer.value, answer.uom, uom);
}

export interface Shown {
  readonly what: string;
  readonly value: CounterValue;
  readonly uom: string;
  readonly grade: UnitGrade | null;
}

/** Asks a person what the counter has counted. */
export function askCounter(
  work: Work,
  reading: AnsweredReading & { readonly change: "question" },
  trigger: Sample,
  rule: string,
  { what, ...shown }: Shown,
  of: RunState | null,
): void {
  const { source, workUnit, compiled } = work.context;
  const goesOn = inUnits(
    `from ${shown.value}, or from ${reading.state.counted} if what it shows next follows from there`,
    shown.uom,
  );
  const then = reading.isAnew
    ? `What was kept of it was damaged and given up, so nobody can tell from here what it had counted last. Compare what it shows with what is stated${of ? " of its run" : ""}, and say what is missing, or that nothing was made.`
    : `Nothing is counted from it until somebody decides. Then counting goes on ${goesOn}.`;
  const text = `${what} ${inUnits(reading.why, shown.uom)}. ${then}`;
  const about = {
    ...shown,
    source,
    workUnit,
    rule,
    run: of?.id ?? null,
    at: trigger.at,
    mapVersion: compiled.map.version,
    ...(reading.stood ? { stood: reading.stood } : { begins: true as const }),
  };
  ask(work, trigger, reading.subject, text, about);
  // What comes late in between may tell it.
  if (reading.stood) askUntilTold(work, trigger, reading.subject, text, { about });
}

/** Question texts speak in the counter's unit, which is named unless it counts pieces; states in millionths. */
function inUnits(why: string, uom: string): string {
  const unit = unitOf(uom)?.dimension === "count" ? "" : ` ${uom}`;
  return why.replace(/\d+/g, (digits) => {
    const micro = Number(digits);
    if (Number.isSafeInteger(micro)) return `${micro / microPerUnit}${unit}`;
    const part = digits.slice(-6).replace(/0+$/, "");
    return digits.slice(0, -6) + (part && `.${part}`) + unit;
  });
}
