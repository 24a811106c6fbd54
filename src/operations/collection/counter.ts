/**
 * One counter of a machine: what a new value adds. Every drop is classified by the map's statement about the machine;
 * what cannot be classified is not guessed but becomes a question, and nothing is counted from it meanwhile.
 */
import type { Instant } from "../../base/instant.ts";
import type { CounterValue } from "../../record/counter-answer.ts";
import type { CounterType } from "../../record/machine-map.ts";

/** JSON-serialisable. Values are whole millionths of the counter's unit, as everywhere. */
export interface CounterState {
  /** What counting started from. */
  readonly base: CounterValue;
  /** The value up to which everything is counted. */
  readonly counted: CounterValue;
  /** The newest value seen, counted or not. */
  readonly last: CounterValue;
  /** Event time of the last question whose answer it has taken; absent for none. */
  readonly answeredAt?: Instant;
  /** Values that people have said it goes on from. Whether from one of them, or from `counted`, its next values show. */
  readonly answered?: readonly CounterValue[];
  /** Up to this time its values say nothing: it was begun anew, and somebody has spoken of all that was made up to the value of then. */
  readonly beginsAt?: Instant;
  /** When it last went on from `counted` after it had shown something else: what was doubtful up to then is past. */
  readonly wentOnAt?: Instant;
  /** Its newest steps, not each of them: what it showed before, and when. Where a fall may be a reset. */
  readonly steps?: readonly CounterStep[];
  /** It was asked whether it was set to zero or has rolled over: until it goes on, its values do not tell. */
  readonly isDoubted?: true;
  /** The unit of all these, as the machine writes it; left out where the machine does not say it. */
  readonly shownIn?: string;
}

interface CounterStep {
  /** Null where it was given up: it may have come from anywhere. */
  readonly from: CounterValue | null;
  readonly at: Instant;
}

/** A counter of a machine was set to zero, or it fell as one that begins again by itself. */
export interface CounterFall {
  /** Path of the item that shows it. */
  readonly item: string;
  readonly at: Instant;
  /** What was counted as rolled over, 0 where that was asked about; null where it was set to zero. */
  readonly by: number | null;
  /** It was asked about: it may have been a wild value. */
  readonly isAsked?: true;
}

/** When a value was shown, and how far values may be out of their order. */
export interface Showing {
  readonly at: Instant;
  readonly lateMs: number;
  /** Another counter of the machine was set to zero at that time; or it may have been, at most `lateMs` from it. Left out for none. */
  readonly zeroed?: "then" | "about-then";
}

export type CounterReading =
  | {
      readonly change: "counted";
      /** At most `stepMax`, and so exact. */
      readonly by: number;
      readonly state: CounterState;
      readonly how: "step" | "rollover" | "reset";
    }
  | { readonly change: "none"; readonly state: CounterState; readonly how: "same" | "stale" | "baseline" }
  | { readonly change: "question"; readonly state: CounterState; readonly why: string };

/**
 * A counter that starts now. With baseline `first` its first value is where counting starts from; with `zero` the
 * first value is already counted.
 */
export function startCounter(type: CounterType, value: CounterValue): CounterReading {
  if (type.baseline === "first") {
    return { change: "none", how: "baseline", state: { base: value, counted: value, last: value } };
  }
  const by = BigInt(value);
  if (by > type.stepMax) {
    return question({ base: 0, counted: 0, last: value }, `starts at ${value}, more than ${type.stepMax} in one step`);
  }
  const state: CounterState = { base: 0, counted: value, last: value };
  return by > 0 ? { change: "counted", by: Number(by), how: "step", state } : { change: "none", how: "same", state };
}

/** A counter that starts where all that it had shown was given up: what it has counted before nobody can tell. */
export function startAnew(type: CounterType, value: CounterValue, { at }: Showing): CounterReading {
  const steps = mayFall(type) ? { steps: [{ from: null, at }] } : {};
  const state: CounterState = { base: value, counted: value, last: value, ...steps };
  return question(state, `shows ${value} and goes on from there`);
}

/** A further value of a running counter. `shown`: left out where nothing is known of its time. */
export function readCounter(
  type: CounterType,
  before: CounterState,
  value: CounterValue,
  shown?: Showing,
): CounterReading {
  if (isShownAlready(before, value)) return { change: "none", how: "same", state: before };
  const by = between(before.counted, value);
  const isPlausible = by >= 0 && by <= type.stepMax;
  const isOlder = type.drop === "stale" ? by < 0 : !isPlausible && isWithinSteps(type, before, value, shown);
  if (isOlder) return { change: "none", how: "stale", state: { ...before, last: value } };
  if (by >= 0) return step(type, withStep(type, before, value, shown), value, by, "step");
  return classifyDrop(type, before, value, shown);
}

/** Below what is counted, and within its steps, it may be what a corrected clock showed before: said again, it may be a reset. */
function isShownAlready({ counted, last, steps }: CounterState, value: CounterValue): boolean {
  return value === last && (value === counted || (steps === undefined && between(counted, value) < 0));
}

function between(from: CounterValue, to: CounterValue): bigint {
  return BigInt(to) - BigInt(from);
}

/** Of steps that follow each other faster than this share of the time only the first is kept. */
const stepShare = 1 / 8;

/**
 * A clock that was corrected shows times again: the counter of a machine that goes on has values of both rounds there. It may
 * have begun again in them, so that what was shown before is the larger number.
 */
function isWithinSteps(
  type: CounterType,
  { counted, steps = [] }: CounterState,
  value: CounterValue,
  shown: Showing | undefined,
): boolean {
  const behind = riseFrom(type, value, counted);
  const isOver = ({ from }: CounterStep): boolean => from !== null && riseFrom(type, from, counted) > behind;
  const over = behind > 0 ? steps.findLast(isOver) : undefined;
  return shown !== undefined && over !== undefined && isRecent(over, shown);
}

function isRecent(step: CounterStep, { at, lateMs }: Showing): boolean {
  return at - step.at <= lateMs * (1 + stepShare);
}

/** Its fall may be a reset. */
function mayFall({ drop, reset }: CounterType): boolean {
  return drop === "classify" && reset !== "never";
}

/** What a counter makes from one value to another; below zero where it would have to begin again, and never does. */
function riseFrom({ modulus }: CounterType, from: CounterValue, to: CounterValue): bigint {
  const by = between(from, to);
  return by >= 0 || modulus === null ? by : BigInt(modulus) + by;
}

function withStep(
  type: CounterType,
  before: CounterState,
  value: CounterValue,
  shown: Showing | undefined,
): CounterState {
  if (!shown || !mayFall(type) || value === before.counted) return before;
  const { at, lateMs } = shown;
  const { steps = [], counted } = before;
  const newest = steps.at(-1);
  if (newest && at - newest.at < lateMs * stepShare) return before;
  const kept = steps.filter((one) => isRecent(one, shown));
  return { ...before, steps: [...kept, { from: counted, at }] };
}

/**
 * A value below what is counted, on a machine whose counters can really fall. Set to zero with another one in one statement
 * it is no rollover; where they are said apart, nobody can tell.
 */
function classifyDrop(
  type: CounterType,
  known: CounterState,
  value: CounterValue,
  shown: Showing | undefined,
): CounterReading {
  const across = overTheTop(type, known.counted, value);
  if (mayHaveComeOver(known, value, shown, across)) {
    return question(
      { ...known, last: value },
      `fell from ${known.counted} to ${value} just after what it had shown before was given up: it may have begun again, or a clock that was corrected has shown that before`,
    );
  }
  const isDoubted = across !== null && (shown?.zeroed !== undefined || known.isDoubted === true);
  if (across !== null && !isDoubted) return step(type, withStep(type, known, value, shown), value, across, "rollover");
  // What it showed before is no measure for what it shows from here on.
  const { steps: _, ...before } = known;
  const since = BigInt(value);
  const mayBeReset = type.reset !== "never" && since <= type.stepMax && since < BigInt(before.counted);
  if (mayBeReset && (!isDoubted || (shown?.zeroed === "then" && !known.isDoubted))) {
    return step(type, withStep(type, { ...before, base: 0, counted: 0 }, value, shown), value, since, "reset");
  }
  const fell = `fell from ${before.counted} to ${value}`;
  if (!isDoubted) {
    return question({ ...before, last: value }, `${fell}, which is neither a rollover nor a reset of this counter`);
  }
  return question(
    { ...before, last: value, isDoubted },
    `${fell} as another counter of this machine was set to zero: a reset sets all of them to zero, a rollover would have counted ${across}`,
  );
}

/**
 * It has just started where what it had shown was given up: it may have come over this value before, by a clock that was
 * corrected in between, unless it is nearer across the top of its range.
 */
function mayHaveComeOver(
  { counted, steps = [] }: CounterState,
  value: CounterValue,
  shown: Showing | undefined,
  across: bigint | null,
): boolean {
  const isAnew = shown !== undefined && steps.some((one) => one.from === null && isRecent(one, shown));
  return isAnew && (across === null || between(value, counted) <= across);
}

/** What it made if it went once over the top of its range; null where that is no plausible step. */
function overTheTop(type: CounterType, from: CounterValue, to: CounterValue): bigint | null {
  if (type.modulus === null) return null;
  const across = riseFrom(type, from, to);
  return across >= 0 && across <= type.stepMax ? across : null;
}

/** It fell to zero, or to what it can have made since, and no rollover explains that. One that begins again with each run says nothing so. */
export function isSetToZero(type: CounterType, before: CounterState, reading: CounterReading): boolean {
  const { counted, last, isDoubted } = before;
  const value = reading.state.last;
  if (type.drop !== "classify" || type.reset === "per-run" || BigInt(value) > type.stepMax) return false;
  const isCounted = reading.change !== "question" && reading.how !== "rollover" && reading.state.counted === value;
  if (reading.change !== "question" && !isCounted) return false;
  const isFall = between(counted, value) < 0 && between(last, value) < 0;
  const mayRollOver = isDoubted !== true && overTheTop(type, counted, value) !== null;
  return isFall && !mayRollOver && overTheTop(type, last, value) === null;
}

function step(
  type: CounterType,
  before: CounterState,
  value: CounterValue,
  by: bigint,
  how: "step" | "rollover" | "reset",
): CounterReading {
  if (by > type.stepMax) {
    return question(
      { ...before, last: value },
      `rose by ${by} in one step, more than the ${type.stepMax} that are plausible`,
    );
  }
  const state: CounterState = { base: before.base, counted: value, last: value, ...stepsOf(before) };
  return by > 0 ? { change: "counted", by: Number(by), how, state } : { change: "none", how: "same", state };
}

function stepsOf({ steps }: CounterState): Pick<CounterState, "steps"> {
  return steps ? { steps } : {};
}

function question(state: CounterState, why: string): CounterReading {
  return { change: "question", state, why };
}
