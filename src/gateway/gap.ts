/**
 * Gaps in the stream of one source: opened durably where values may begin to be missing, closed when they flow again,
 * with the word whether everything in between was read back. An open gap survives a restart; it is never opened twice. What
 * is missing of single items while the others flow is marked from its beginning to its end at once.
 */
import { instant, type Instant } from "../base/instant.ts";
import { mayMiss, type GapMark, type MissingValues } from "../record/sample-batch.ts";
import { isGood, type Sample } from "../record/sample.ts";
import { appendDurably, type FeedContext, type SessionContext, type UnfilledGap } from "./feed-context.ts";
import type { Extent } from "./live-queue.ts";

/** Opens a gap where the source was last complete. A source that never was complete has nothing to miss. */
export async function openGap(context: FeedContext, cause: string): Promise<void> {
  const { buffer, source } = context.settings;
  const { state } = context;
  const known = buffer.openGap(source);
  const through = buffer.through(source);
  if (known || !through) {
    state.gap = known;
    return;
  }
  const mark: GapMark = { state: "opened", at: through.at, cause, filled: false };
  if (!(await appendDurably(context, { samples: [], complete: false, gaps: [mark] }))) return;
  state.gap = mark;
  state.gaps = { ...state.gaps, opened: state.gaps.opened + 1 };
}

/** Closes the source's gap, if it has one: everything in it was read back. */
export async function closeFilled(context: FeedContext): Promise<void> {
  const { buffer, source } = context.settings;
  const opened = buffer.openGap(source);
  if (!opened) return;
  const at = instant(Math.max(opened.at, buffer.through(source)?.at ?? opened.at));
  const mark: GapMark = { state: "closed", at, cause: opened.cause, filled: true };
  if (await appendDurably(context, { samples: [], complete: false, gaps: [mark] })) closed(context, mark);
}

/** How far values are missing by what was heard up to now. */
export function heardExtent({ until, isOpen, firstAt }: UnfilledGap): Extent {
  if (!isOpen) return { until, isOpen };
  return { until: firstAt.values().reduce((latest, at) => (at > latest ? at : latest), until), isOpen };
}

/**
 * The mark that closes the source's gap, when the end of it is heard: with values after which nothing is under way, or, of
 * a machine that does not tell that, when every item has been heard. A machine that is watched anew repeats the values that
 * stand now, which bear times inside the gap and before it; what an item said between is missing up to its own first value.
 * The time of a bad value may be of another clock, and ends nothing.
 *
 * A gap in which the machine did nothing has no length. It is closed when the source has gone on: one that was opened once
 * more from the same place would be the same fact.
 *
 * @param heard  what was told next, doubles included: a value that merely stands is the end of the gap, too
 */
export function closingMark(
  context: SessionContext,
  heard: { readonly samples: readonly Sample[]; readonly complete: boolean; readonly isNew: boolean },
): readonly GapMark[] {
  const { unfilled, items, tellsComplete } = context;
  const opened = context.settings.buffer.openGap(context.settings.source);
  if (!unfilled || !opened) return [];
  const { firstAt, isOpen, cause } = unfilled;
  for (const sample of heard.samples)
    if (isGood(sample) && !firstAt.has(sample.item)) firstAt.set(sample.item, sample.at);
  if (isOpen && firstAt.size === 0) return [];
  if (!heard.complete && (tellsComplete || ![...items].every((item) => firstAt.has(item)))) return [];
  const at = instant(Math.max(opened.at, heardExtent(unfilled).until));
  const isPast = heard.isNew || heard.samples.some((sample) => sample.at > opened.at);
  if (at === opened.at && !isPast) return [];
  const missing = missingIn(context, unfilled, { from: opened.at, to: at });
  return [{ state: "closed", at, cause: `${opened.cause} ${cause}`, filled: false, missing }];
}

/** What each item said is missing up to its first value after the gap; nothing is where that is one of before it. */
function missingIn(
  { items: watched }: SessionContext,
  { items: unread, firstAt }: UnfilledGap,
  { from, to }: { readonly from: Instant; readonly to: Instant },
): MissingValues {
  const items: Record<string, Instant> = {};
  for (const item of unread ?? watched) {
    const next = firstAt.get(item);
    if (next === undefined || next > from) items[item] = next === undefined || next > to ? to : next;
  }
  return { from, items };
}

interface UnheardItems {
  readonly from: Instant;
  readonly to: Instant;
  readonly cause: string;
  /** By item, up to when. */
  readonly items: Readonly<Record<string, Instant>>;
}

/** A gap that is known only when it is over, and stays unfilled. One that is open at that time stays open. */
export async function markUnfilled(context: FeedContext, { from, to, cause, items }: UnheardItems): Promise<void> {
  const { buffer, source } = context.settings;
  const open = buffer.openGap(source);
  const gaps: readonly GapMark[] = [
    { state: "opened", at: from, cause, filled: false },
    { state: "closed", at: to, cause, filled: false, missing: { from, items } },
    // The last mark is the one that the buffer holds for the source; said again, it is the same fact.
    ...(open ? [open] : []),
  ];
  if (!(await appendDurably(context, { samples: [], complete: false, gaps }))) return;
  const { opened, unfilled } = context.state.gaps;
  context.state.gaps = { ...context.state.gaps, opened: opened + 1, unfilled: unfilled + 1 };
}

/** Notes a gap whose closing mark is durable. */
export function closed(context: FeedContext, mark: GapMark): void {
  const { state } = context;
  const how = mark.filled ? "filled" : mayMiss(mark) ? "unfilled" : "empty";
  state.gap = null;
  state.gaps = { ...state.gaps, [how]: state.gaps[how] + 1 };
}
