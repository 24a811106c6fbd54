/**
 * Reading back what was missed: after a start, an interruption, an overflow, and for items that appeared. History goes
 * into the buffer slice by slice while live values wait behind it. A double is the same sample and does no harm; a
 * missing one would.
 */
import { formatInstant, instant, type Instant } from "../base/instant.ts";
import { makeFault, type Fault, type Result } from "../base/result.ts";
import type { HistoryOutcome, HistorySlice } from "../machine/connector.ts";
import { aheadOfItsTime } from "../record/sample.ts";
import { backoffMs, connectBackoff } from "./backoff.ts";
import { appendDurably, itemsWithHistory, type SessionContext, type UnfilledGap } from "./feed-context.ts";
import { closeFilled, heardExtent, markUnfilled, openGap } from "./gap.ts";
import { listed } from "./item-pattern.ts";
import { longer, type Extent, type Missed } from "./live-queue.ts";
import { timeLineLimit } from "./live-time.ts";
import { without } from "./recent-sample.ts";
import { numberReturns } from "./returning-value.ts";

/** So long the first live values are waited for: before history is read, and of items that appear. */
const hearingMs = 2_000;

/** How the slices of one call go into the buffer. */
interface Filling {
  /** Doubles to expect, and the newest source time at which to expect them. */
  readonly known: ReadonlySet<string>;
  /** Slices complete the source; those of single items do not. */
  readonly completes: boolean;
  reached: Instant;
  progressed: boolean;
}

/**
 * Mends the gap at the front of the queue: opened durably, read back from the last complete source time on, closed.
 * Comes back with the queue behind it ready to go on.
 *
 * @returns a fault when values do not flow again in time: the session is to be opened anew, the gap stays open
 * @fault transient gateway/session-stuck
 */
export async function mendGap(context: SessionContext, gap: Missed): Promise<Fault | null> {
  await openGap(context, gap.cause);
  // One whose end is not heard yet goes on.
  const { unfilled: before } = context;
  let extent = before ? longer(heardExtent(before), gap) : gap;
  context.unfilled = null;
  let reached: Instant | null = null;
  let unfilled: string | null = null;
  for (let attempt = 0; ; attempt += 1) {
    // Gaps right behind this one are covered by the same reading.
    for (let next = context.queue.front(); next?.kind === "gap"; next = context.queue.front()) {
      context.queue.shift();
      context.missed = true;
      extent = longer(extent, next);
    }
    const stuck = await flowing(context);
    if (stuck || context.closing.aborted) return stuck;
    const from: Instant | null = reached ?? historyFrom(context);
    context.watchedFrom ??= from ?? context.startsAt;
    const items = itemsWithHistory(context);
    if (from === null || items.length === 0) break;
    const filling = newFilling(context, from, true);
    await hearing(context);
    const outcome = await readHistory(context, items, filling);
    if (context.closing.aborted) return null;
    if (filling.progressed) {
      reached = instant(filling.reached - context.limits.overlapMs);
      attempt = -1;
    }
    if (outcome.ok) {
      context.state.fault = null;
      if (context.queue.front()?.kind !== "gap") break;
      attempt = -1;
      continue;
    }
    unfilled = await retryOrGiveUp(context, outcome.fault, attempt);
    if (unfilled !== null) break;
  }
  await finish(context, unfilled, extent, before);
  return null;
}

/** @param before  a gap that this one goes on from */
async function finish(
  context: SessionContext,
  unfilled: string | null,
  { until, isOpen }: Extent,
  before: UnfilledGap | null,
): Promise<void> {
  expectDoubles(context);
  if (!context.interruption) context.state.fault = null;
  const bare = [...context.items].filter((item) => !context.hasHistory(item) || context.withoutHistory.has(item));
  let why = unfilled;
  if (why === null && bare.length > 0) why = `The machine does not remember ${listed(bare)}.`;
  if (why === null && context.items.size === 0) why = "No item was watched.";
  const isOfAll = unfilled !== null || before?.items === null || bare.length === 0;
  const items = isOfAll ? null : new Set([...bare, ...(before?.items ?? [])]);
  context.unfilled = why === null ? null : { cause: why, until, isOpen, items, firstAt: new Map() };
  if (why === null) await closeFilled(context);
}

/** What waited behind the history was partly read back with it. */
function expectDoubles(context: SessionContext): void {
  context.state.backfilling = null;
  context.doubles = context.recent.identities();
  context.catchingUp = context.queue.size();
}

export interface FilledItems {
  /** Values do not flow again in time: the session is to be opened anew. */
  readonly stuck: Fault | null;
  /** What was not read may still be had: a later session asks once more. */
  readonly askAgain: boolean;
}

/** History of some items while the others flow. Their samples may be late, and complete nothing; what cannot be had is marked. */
export async function fillItems(
  context: SessionContext,
  paths: readonly string[],
  from: Instant,
): Promise<FilledItems> {
  const items = itemsWithHistory(context, paths);
  const filling = newFilling(context, from, false);
  let missing: MissingItems | null = null;
  let askAgain = false;
  for (let attempt = 0; items.length > 0; attempt += 1) {
    const stuck = await flowing(context);
    if (stuck || context.closing.aborted) return { stuck, askAgain: true };
    filling.progressed = false;
    const outcome = await readHistory(context, items, filling);
    if (filling.progressed) attempt = 0;
    if (context.closing.aborted) return { stuck: null, askAgain: true };
    if (outcome.ok) {
      const forgotten = items.filter((item) => context.withoutHistory.has(item));
      if (forgotten.length > 0) missing = { items: forgotten, from, why: "The machine does not remember it." };
      break;
    }
    const why = await retryOrGiveUp(context, outcome.fault, attempt);
    if (why === null) continue;
    missing = { items, from: filling.reached, why };
    askAgain = mayPass(outcome.fault);
    break;
  }
  expectDoubles(context);
  if (!context.interruption) context.state.fault = null;
  const unread = paths.filter((path) => !context.hasHistory(path));
  if (missing || unread.length > 0) await firstValues(context, paths);
  if (missing) await markMissing(context, missing);
  if (unread.length > 0) await markUnread(context, unread, from);
  for (const path of paths) context.appearedAt.delete(path);
  return { stuck: null, askAgain };
}

/** Where a gap of items that appeared ends is known when they are heard, and others when they say nothing. */
function firstValues(context: SessionContext, items: readonly string[]): Promise<void> {
  const isHeard = (item: string): boolean => context.appearedAt.get(item) !== null;
  return waitFor(context, () => context.heardUpTo !== null && items.every(isHeard));
}

/** Items that are read from no history: as far back as a new item is looked for. */
async function markUnread(context: SessionContext, items: readonly string[], from: Instant): Promise<void> {
  const earliest = (context.heardUpTo ?? from) - context.limits.newItemHistoryMs;
  await markMissing(context, { items, from: instant(Math.max(from, earliest)), why: "No history of it is read." });
}

interface MissingItems {
  readonly items: readonly string[];
  readonly from: Instant;
  readonly why: string;
}

async function markMissing(context: SessionContext, { items, from, why }: MissingItems): Promise<void> {
  // One that says nothing: up to where the others were heard.
  const heard = items.map((item) => context.appearedAt.get(item) ?? context.heardUpTo ?? from);
  const to = heard.reduce((latest, at) => (at > latest ? at : latest), from);
  // With its end: one that appears again from the same place has another gap, and the beginning of each is a fact.
  const cause = `${listed(items)} appeared, and what was said there before ${formatInstant(to)} is missing. ${why}`;
  const until = Object.fromEntries(items.map((item) => [item, context.appearedAt.get(item) ?? to]));
  await markUnfilled(context, { from, to, cause, items: until });
}

/**
 * The first live values tell where the time line of a replayed machine stands; one that says nothing is not waited for.
 * A live machine is judged by the wall clock.
 */
async function hearing(context: SessionContext): Promise<void> {
  if (context.settings.clockRule.mode === "replay") await waitFor(context, () => context.heardAll);
}

/** What a machine says next comes at once or not at all. */
async function waitFor(context: SessionContext, isHeard: () => boolean): Promise<void> {
  const { clock, closing } = context;
  const until = clock.monotonicMs() + hearingMs;
  while (!isHeard() && !closing.aborted) {
    const left = until - clock.monotonicMs();
    if (left <= 0) return;
    await context.bell.wait(closing, left);
  }
}

/** Waits until values flow; a fault when that takes longer than a session may be interrupted. */
async function flowing(context: SessionContext): Promise<Fault | null> {
  const { clock, limits, closing } = context;
  const until = clock.monotonicMs() + limits.reopenMs;
  while (context.interruption && !closing.aborted) {
    const left = until - clock.monotonicMs();
    if (left <= 0) return stuck(context, context.interruption);
    await context.bell.wait(closing, left);
  }
  return null;
}

function stuck(context: SessionContext, interruption: Fault): Fault {
  const seconds = Math.round(context.limits.reopenMs / 1000);
  return makeFault(
    "transient",
    "gateway/session-stuck",
    `${context.settings.source} has given no values for ${seconds} s and does not recover by itself (${interruption.message}). The connection is opened anew.`,
    interruption,
  );
}

/** Where reading back begins; null when nothing is to be read: the first connection of a source in live mode. */
function historyFrom(context: SessionContext): Instant | null {
  const { clock, limits, settings } = context;
  const { mode } = settings.clockRule;
  const through = settings.buffer.through(settings.source);
  if (!through) {
    if (mode === "replay") return instant(0);
    const back = limits.firstHistoryMs;
    return back > 0 || context.missed ? instant(context.startsAt - back) : null;
  }
  // A machine whose clock was once ahead must not make us skip what it says now.
  const at = mode === "live" ? Math.min(through.at, clock.now()) : through.at;
  return instant(at - limits.overlapMs);
}

function newFilling(context: SessionContext, from: Instant, completes: boolean): Filling {
  return { known: context.recent.identities(from), completes, reached: from, progressed: false };
}

async function readHistory(
  context: SessionContext,
  items: readonly string[],
  filling: Filling,
): Promise<Result<HistoryOutcome>> {
  const { state, session, closing } = context;
  const from = filling.reached;
  state.backfilling = { from, at: from };
  // From the first value of `from` on, so that what comes back is numbered as it was live.
  const number = numberReturns();
  const outcome = await session.history(
    items,
    from,
    (slice) => appendSlice(context, filling, { ...slice, samples: slice.samples.map(number) }),
    closing,
  );
  if (outcome.ok) {
    // An item that was only away remembers something the next time.
    for (const item of items) context.withoutHistory.delete(item);
    for (const item of outcome.value.withoutHistory) context.withoutHistory.add(item);
    state.withoutHistory = [...context.withoutHistory];
  }
  return outcome;
}

async function appendSlice(context: SessionContext, filling: Filling, slice: HistorySlice): Promise<void> {
  const { limits, state, settings } = context;
  const { samples, through } = onTimeLine(context, { ...slice, samples: without(filling.known, slice.samples) });
  // Live values without history may wait in the queue and belong before the end of this slice.
  const complete = filling.completes && (context.bareFrom === null || context.bareFrom > through);
  for (let i = 0; i < samples.length; i += limits.batchSamplesMax) {
    const part = samples.slice(i, i + limits.batchSamplesMax);
    const last = i + limits.batchSamplesMax >= samples.length;
    const content = { samples: part, complete: complete && last, gaps: [], fromHistory: true as const };
    if (!(await appendDurably(context, content))) return;
    context.recent.push(part);
    state.historySamples += part.length;
  }
  if (filling.completes) {
    for (const sample of samples.slice(-limits.batchSamplesMax)) context.newestAt.set(sample.item, sample.at);
  }
  if (through > filling.reached) {
    filling.reached = through;
    filling.progressed = true;
  }
  state.backfilling = { from: state.backfilling?.from ?? through, at: through };
  await settings.probe?.("history-slice", settings.source);
}

/**
 * A machine's memory can hold values with times that its time line has not reached, e.g. those stamped with the clock of
 * its start. They are kept and marked, because read in their place they would make everything that follows late.
 */
function onTimeLine(context: SessionContext, slice: HistorySlice): HistorySlice {
  const limit = timeLineLimit(context);
  if (slice.through <= limit) return slice;
  let through = context.state.backfilling?.at ?? instant(0);
  const samples = slice.samples.map((sample) => {
    if (sample.at > limit) return { ...sample, mark: aheadOfItsTime };
    if (sample.at > through) through = sample.at;
    return sample;
  });
  return { samples, through };
}

/** Waits and gives null to try again, or says why the history is given up. */
async function retryOrGiveUp(context: SessionContext, fault: Fault, attempt: number): Promise<string | null> {
  const { settings, limits, state } = context;
  state.fault = fault;
  if (!mayPass(fault) || attempt + 1 >= limits.historyAttemptsMax) {
    settings.log.warn(`The history of ${settings.source} cannot be read and the gap stays: ${fault.message}`, fault);
    return `Its history could not be read: ${fault.message}`;
  }
  await context.clock.sleep(backoffMs(Math.max(0, attempt), connectBackoff, settings.spread?.()), context.closing);
  return null;
}

function mayPass({ kind }: Fault): boolean {
  return kind === "transient" || kind === "ambiguous";
}
