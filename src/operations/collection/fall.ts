/**
 * What the fall of one counter says of the others: a reset sets all counters of a machine's controller to zero at once, a
 * rollover takes one. Spec: docs/spec/collection.md
 */
import { formatInstant } from "../../base/instant.ts";
import type { CounterType } from "../../record/machine-map.ts";
import type { Sample } from "../../record/sample.ts";
import { microPerUnit } from "./compiled-map.ts";
import { isSetToZero, type CounterFall, type CounterReading, type CounterState, type Showing } from "./counter.ts";
import { ask, type Work } from "./work.ts";

/** When a counter's value was shown, how far it may be out of its order, and whether another one was set to zero about then. */
export function showing(work: Work, { item, at }: Pick<Sample, "item" | "at">): Showing {
  const { lateMs } = work.context.compiled.map.clock;
  const { zeroed = [] } = work.context;
  if (work.falls.length === 0 && zeroed.length === 0) return { at, lateMs };
  const others = [...work.falls, ...zeroed].filter(
    (one) => one.by === null && one.item !== item && Math.abs(at - one.at) <= lateMs,
  );
  if (others.length === 0) return { at, lateMs };
  return { at, lateMs, zeroed: others.some((one) => one.at === at && !one.isAsked) ? "then" : "about-then" };
}

interface FallingCounter {
  readonly type: CounterType;
  readonly before: CounterState | undefined;
  readonly item: string;
}

/**
 * Keeps what the fall of a counter may say of another one. Where one has been counted as rolled over just before this one was
 * set to zero, or was asked about in the same statement, it has to be read again with it; where it stays counted, settled or by
 * another version of the map, somebody is told.
 *
 * @param counter  `item`: path of the item that shows it, which need not be the one that says when it is read
 */
export function noteFall(
  work: Work,
  { type, before, item }: FallingCounter,
  reading: CounterReading,
  trigger: Sample,
): void {
  const { at } = trigger;
  const by = byItself(type, before, reading);
  if (!before || (by === null && !isSetToZero(type, before, reading))) return;
  const { lateMs } = work.context.compiled.map.clock;
  const fall: CounterFall = { item, at, by, ...(reading.change === "question" && { isAsked: true }) };
  const recent = work.falls.filter((one) => at - one.at <= lateMs);
  work.falls = [...recent, fall];
  const doubtful = by === null ? recent.filter((one) => isDoubtfulFor(fall, one)) : [];
  if (doubtful.length === 0) return;
  const isKnown = work.context.zeroed?.some((one) => one.item === item && one.at === at) === true;
  if (!isKnown) work.doubts.push(fall);
  else for (const one of doubtful) if (!one.isAsked) askCounted(work, one, item, trigger);
}

/** What it counted as rolled over; 0 where it was asked about as one that may have been set back; null for anything else. */
function byItself(type: CounterType, before: CounterState | undefined, reading: CounterReading): number | null {
  if (reading.change === "counted" && reading.how === "rollover") return reading.by;
  const isAsked = reading.change === "question" && reading.state.isDoubted === true && before?.isDoubted !== true;
  return isAsked && type.reset !== "never" ? 0 : null;
}

/** It would have been read otherwise, had it been known that this one is set to zero: one that was asked about, in one statement alone. */
function isDoubtfulFor(zeroed: CounterFall, { item, at, by, isAsked }: CounterFall): boolean {
  if (by === null || item === zeroed.item) return false;
  return isAsked !== true || (at === zeroed.at && zeroed.isAsked !== true);
}

function askCounted(work: Work, { item, at, by }: CounterFall, zeroed: string, trigger: Sample): void {
  const counted = (by ?? 0) / microPerUnit;
  const text = `Counter ${item} began again at ${formatInstant(at)}, and ${counted} were counted as if it had rolled over, and that stands. As counter ${zeroed} was set to zero about then, it may have been, too: if so these were not made, and are to be corrected by hand.`;
  ask(work, trigger, `${item}/rolled-over/${at}`, text);
}
