/**
 * Takes what a session told out of its queue, in order, into the buffer: values at once, and at a place where values
 * may be missing first the history. The only writer of its source.
 */
import { instant, type Instant } from "../base/instant.ts";
import type { Fault } from "../base/result.ts";
import { fillItems, mendGap, type FilledItems } from "./back-fill.ts";
import { appendDurably, type SessionContext } from "./feed-context.ts";
import { closed, closingMark } from "./gap.ts";
import { anyExtent } from "./live-queue.ts";
import { withoutAhead } from "./live-time.ts";
import { throughOf } from "./live-through.ts";
import { without } from "./recent-sample.ts";

/** Runs until the feed closes (null) or the session is no good any more (why). */
export async function pump(context: SessionContext): Promise<Fault | null> {
  const { queue, closing, bell } = context;
  const broken = await begin(context);
  // When the feed closes here, live values must not overtake the history that is still missing.
  if (broken || closing.aborted) return broken;
  while (!closing.aborted) {
    const front = queue.front();
    if (!front) {
      context.bareFrom = null;
      await bell.wait(closing);
    } else if (front.kind === "samples") await flush(context);
    else {
      queue.shift();
      if (front.kind === "gap") context.missed = true;
      const fault = front.kind === "gap" ? await mendGap(context, front) : await appeared(context, front.paths);
      if (fault || closing.aborted) return fault;
    }
  }
  if (queue.front()?.kind === "samples") await flush(context);
  return null;
}

/** The start of a session is the end of a gap, and shows items that were not there before it. */
async function begin(context: SessionContext): Promise<Fault | null> {
  const { buffer, source } = context.settings;
  // From the first slice on, `through` speaks for all that are there when a source begins.
  if (!buffer.through(source)) await note(context, [...context.items]);
  const fault = await mendGap(context, { cause: "The gateway was not connected.", ...anyExtent });
  if (fault || context.closing.aborted) return fault;
  const known = buffer.knownItems(source);
  const fresh = [...context.items].filter((item) => !known.has(item));
  return fresh.length === 0 ? null : welcome(context, fresh, newItemsFrom(context));
}

const nothingToFill: FilledItems = { stuck: null, askAgain: false };

/** Items appear for the first time, or once more: their node was away, and nobody heard what was said there meanwhile. */
async function appeared(context: SessionContext, paths: readonly string[]): Promise<Fault | null> {
  const fresh = paths.filter((path) => !context.items.has(path));
  const back = paths.filter((path) => context.items.has(path));
  const fault = fresh.length > 0 ? await welcome(context, fresh) : null;
  if (fault || context.closing.aborted || back.length === 0) return fault;
  return welcome(context, back, heardFrom(context, back));
}

/** From the last value of each of them; one that was never heard is read from where the session began. */
function heardFrom(context: SessionContext, items: readonly string[]): Instant | null {
  const { watchedFrom, recent, limits } = context;
  if (watchedFrom === null) return null;
  return items.reduce((from, item) => {
    const at = recent.heardAt(item);
    return instant(Math.min(from, at === null ? watchedFrom : at - limits.overlapMs));
  }, instant(Number.MAX_SAFE_INTEGER));
}

/** Items appeared: their history, from where the session began to cover the source, since nothing of them is older. */
async function welcome(
  context: SessionContext,
  paths: readonly string[],
  from: Instant | null = context.watchedFrom,
): Promise<Fault | null> {
  for (const path of paths) context.items.add(path);
  const { stuck, askAgain } = from === null ? nothingToFill : await fillItems(context, paths, from);
  return stuck ?? (askAgain || context.closing.aborted ? null : note(context, paths));
}

/** From now on these items are covered by `through` like all others. */
async function note(context: SessionContext, items: readonly string[]): Promise<null> {
  if (items.length === 0) return null;
  const { buffer, source, log } = context.settings;
  const added = await buffer.addItems(source, items);
  // Not noted only means: read back once more after the next start.
  if (!added.ok) log.warn(`${items.length} new items of ${source} could not be noted.`, added.fault);
  return null;
}

function newItemsFrom(context: SessionContext): Instant | null {
  const { settings, limits } = context;
  if (settings.clockRule.mode === "replay") return instant(0);
  const through = settings.buffer.through(settings.source);
  return through && instant(through.at - limits.newItemHistoryMs);
}

async function flush(context: SessionContext): Promise<void> {
  const { queue, limits, state } = context;
  const taken = queue.take(limits.batchSamplesMax);
  const behind = context.catchingUp > 0;
  const samples = behind ? without(context.doubles, taken.samples) : taken.samples;
  context.catchingUp -= taken.samples.length;
  const told = { samples: withoutAhead(taken.samples), complete: taken.complete };
  const gaps = closingMark(context, { ...told, isNew: withoutAhead(samples).length > 0 });
  if (samples.length === 0 && gaps.length === 0) return;
  const options = told.samples.length === 0 ? {} : throughOf(context, { ...told, behind });
  context.inFlight = samples.length;
  const durable = await appendDurably(context, { samples, complete: taken.complete, gaps }, options);
  context.inFlight = 0;
  if (!durable) return;
  if (gaps[0]) {
    context.unfilled = null;
    closed(context, gaps[0]);
  }
  context.recent.push(samples);
  state.samples += samples.length;
}
