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
    return { through: setBackTo };
  }
  // A source that never says it is complete begins somewhere all the same.
  if (through === null) return batch.complete ? {} : { through: instant(Math.min(...times)) };
  if (!batch.complete) return {};
  return afterLeap(context, through, instant(Math.max(...times)));
}

/** The time to which an item's values went back; null when all of them went on. */
function steppedBack(context: SessionContext, batch: LiveBatch): Instant | null {
  const { newestAt, limits } = context;
  let to: Instant | null = null;
  for (const { item, at } of batch.samples) {
    const newest = newestAt.get(item);
    if (!batch.behind && newest !== undefined && at < newest - limits.overlapMs) to = at;
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
