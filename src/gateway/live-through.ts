/**
 * Where a source is complete after a live batch, when that is not simply its newest time: a machine whose clock was set,
 * or whose first values bear the time of its start. Too early costs a longer reading of history, too late would skip it.
 */
import { formatInstant, instant, type Instant } from "../base/instant.ts";
import type { Sample } from "../record/sample.ts";
import type { SessionContext } from "./feed-context.ts";
import type { AppendOptions } from "./sample-buffer.ts";

/** Smaller steps back are disorder, not a clock that was set. */
const notableStepMs = 60_000;
/** A time line does not go so far in one batch, unless the machine was idle. */
const leapMs = 86_400_000;

export interface LiveBatch {
  readonly samples: readonly Sample[];
  readonly complete: boolean;
  /** It waited behind a back-fill: older values are no surprise. */
  readonly behind: boolean;
}

/** Nothing said means: a complete batch moves the source forward to its newest time, an incomplete one nowhere. */
export function throughOf(context: SessionContext, batch: LiveBatch): AppendOptions {
  const { buffer, source, log } = context.settings;
  const through = buffer.through(source)?.at ?? null;
  const setBackTo = steppedBack(context, batch);
  // A batch has at most `batchSamplesMax` samples, few enough for one call.
  const times = batch.samples.map(({ at }) => at);
  if (setBackTo !== null) {
    if ((through ?? 0) - setBackTo > notableStepMs) {
      log.warn(`The clock of ${source} was set back to ${formatInstant(setBackTo)}.`);
    }
    // What is still under way may be older than an old snapshot: then the place does not move on to where that ends.
    return { through: batch.complete ? setBackTo : instant(Math.min(through ?? setBackTo, setBackTo)) };
  }
  // A source that never says it is complete begins somewhere all the same.
  if (through === null) return batch.complete ? {} : { through: instant(Math.min(...times)) };
  if (!batch.complete) return {};
  const newest = instant(Math.max(...times));
  const leap = afterLeap(context, through, newest);
  // Doubles are told here and kept already.
  return batch.behind && leap.through === undefined ? { through: instant(Math.max(through, newest)) } : leap;
}

/** The time to which items' values went back, the earliest of a batch that is not complete; null when all of them went on. */
function steppedBack(context: SessionContext, batch: LiveBatch): Instant | null {
  const { newestAt, limits } = context;
  let to: Instant | null = null;
  for (const { item, at } of batch.samples) {
    const newest = newestAt.get(item);
    const isBack = !batch.behind && newest !== undefined && at < newest - limits.overlapMs;
    if (isBack) to = batch.complete || to === null || at < to ? at : to;
    else if (to !== null && batch.complete && at > to) to = at;
    if (!batch.behind || newest === undefined || at > newest) newestAt.set(item, at);
  }
  return to;
}

/** A leap ahead is believed when a second batch confirms it, one back at once. */
function afterLeap(context: SessionContext, through: Instant, newest: Instant): AppendOptions {
  if (newest - through > leapMs && !context.leapt) {
    context.leapt = true;
    return { through };
  }
  context.leapt = false;
  return through - newest > leapMs ? { through: newest } : {};
}
