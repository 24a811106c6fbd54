/**
 * One counter of a machine: what a new value adds. Every drop is classified by the map's statement about the machine;
 * what cannot be classified is not guessed but becomes a question, and nothing is counted from it meanwhile.
 */
import type { Instant } from "../../base/instant.ts";
import type { CounterType } from "../../record/machine-map.ts";

/** JSON-serialisable. Values are whole millionths of the counter's unit, as everywhere. */
export interface CounterState {
  /** What counting started from. */
  readonly base: number;
  /** The value up to which everything is counted. */
  readonly counted: number;
  /** The newest value seen, counted or not. */
  readonly last: number;
  /** Event time of the last question whose answer it has gone on from; absent for none. */
  readonly answeredAt?: Instant;
}

export type CounterReading =
  | {
      readonly change: "counted";
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
export function startCounter(type: CounterType, value: number): CounterReading {
  if (type.baseline === "first") {
    return { change: "none", how: "baseline", state: { base: value, counted: value, last: value } };
  }
  if (value > type.stepMax) {
    return question({ base: 0, counted: 0, last: value }, `starts at ${value}, more than ${type.stepMax} in one step`);
  }
  const state: CounterState = { base: 0, counted: value, last: value };
  return value > 0 ? { change: "counted", by: value, how: "step", state } : { change: "none", how: "same", state };
}

/** A further value of a running counter. */
export function readCounter(type: CounterType, before: CounterState, value: number): CounterReading {
  if (value === before.last && value <= before.counted) return { change: "none", how: "same", state: before };
  if (value >= before.counted) return step(type, before, value, value - before.counted, "step");
  if (type.drop === "stale") return { change: "none", how: "stale", state: { ...before, last: value } };
  return classifyDrop(type, before, value);
}

/** A value below what is counted, on a machine whose counters can really fall. */
function classifyDrop(type: CounterType, before: CounterState, value: number): CounterReading {
  if (type.modulus !== null) {
    const across = type.modulus - before.counted + value;
    // A rollover is one plausible step over the top of the range.
    if (across <= type.stepMax) return step(type, before, value, across, "rollover");
  }
  if (type.reset !== "never" && value <= type.stepMax && value < before.counted) {
    return step(type, { ...before, base: 0, counted: 0 }, value, value, "reset");
  }
  return question(
    { ...before, last: value },
    `fell from ${before.counted} to ${value}, which is neither a rollover nor a reset of this counter`,
  );
}

function step(
  type: CounterType,
  before: CounterState,
  value: number,
  by: number,
  how: "step" | "rollover" | "reset",
): CounterReading {
  if (by > type.stepMax) {
    return question(
      { ...before, last: value },
      `rose by ${by} in one step, more than the ${type.stepMax} that are plausible`,
    );
  }
  const state: CounterState = { base: before.base, counted: value, last: value };
  return by > 0 ? { change: "counted", by, how, state } : { change: "none", how: "same", state };
}

function question(state: CounterState, why: string): CounterReading {
  return { change: "question", state, why };
}
