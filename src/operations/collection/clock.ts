/**
 * A machine's clock that was set back. It shows times again that it has shown before, and what it says then came later, not
 * earlier: its values are read in the order of that clock, behind all that was read before, at the gateway's time. This is
 * so for each item until the machine's own time is past the last at which the item was read.
 *
 * One late value is no clock that was set back. It counts as one when nothing that the machine says comes up to what it had
 * said, when that goes on for longer than values may be late, and when all the while its clock keeps the same distance from
 * the gateway's.
 */
import { formatInstant, instant, type Instant } from "../../base/instant.ts";
import type { ClockRule } from "../../record/machine-map.ts";
import { sampleIdentity, type Sample } from "../../record/sample.ts";

/** JSON-serialisable; part of a checkpoint. */
export interface SetBack {
  /** The machine has not yet shown a time past all that was read. */
  readonly isBehind: boolean;
  /** The first time that the clock showed again. */
  readonly from: Instant;
  /** When the first of what it showed again was received, as far as was known by then. Left out in older checkpoints. */
  readonly since?: Instant;
  /** The newest time at which anything was read that was said before. Left out in older checkpoints. */
  readonly after?: Instant;
  /** The first time past all that was read, when the machine has shown one. Left out in older checkpoints. */
  readonly until?: Instant;
  /** What the clock shows, by the value that came the soonest after it was said. */
  readonly shows: Shown;
  /** What it showed and when that is read, for the time within which values may be late; ascending in both. */
  readonly read: readonly Reading[];
  /** What each item was last read at so, until its own time is past that. */
  readonly items: Readonly<Record<string, Reading>>;
}

interface Shown {
  readonly shown: Instant;
  readonly receivedAt: Instant;
}

/** What the clock showed, and when that is read. */
export interface Reading {
  readonly shown: Instant;
  readonly at: Instant;
}

/** What a source's time line is judged by. */
export interface SourceClock {
  /** Newest time at which anything is read. */
  front: Instant | null;
  /** When what was said then was received first, live or out of the machine's history; null where that is not known. */
  frontReceivedAt: Instant | null;
  /** Live values that lie behind it by more than values may be late; in order of arrival. */
  suspects: Sample[];
  /** The same, read back from the machine's history: it proves nothing, and is not read when the clock was set back. */
  remembered: Sample[];
  /** When the newest live value was received that does not; null before that. */
  soundAt: Instant | null;
  /** When one was received before that: what came with the newest one may have been said any time since. */
  soundBefore: Instant | null;
  setBack: SetBack | null;
}

/** So long it must have gone on at least, however little values may be late. */
const steadyMs = 10_000;
/** By so much the distance between the two clocks may change meanwhile, at least. */
const jitterMs = 1_000;
const suspectsMax = 2_000;
/** Where the gateway's clock has not come so far, times follow each other with at most this between them: room for late values. */
const spaceMs = 20;

/** What of it is part of a checkpoint. */
export interface KeptClock {
  readonly setBack?: SetBack;
  readonly soundAt?: Instant;
  readonly soundBefore?: Instant;
  readonly frontReceivedAt?: Instant;
}

export function startClock(position: Instant | null, kept: KeptClock): SourceClock {
  const { setBack, soundAt, soundBefore, frontReceivedAt } = kept;
  return {
    front: position,
    frontReceivedAt: frontReceivedAt ?? null,
    suspects: [],
    remembered: [],
    // Without that time, what a gateway received before and could not tell sooner would pass for what the machine says now.
    soundAt: soundAt ?? position,
    soundBefore: soundBefore ?? null,
    setBack: setBack ?? null,
  };
}

/** Whether a sample is to be read behind all that was read, not at the time that it shows. */
export function isBehind({ front, setBack }: SourceClock, sample: Sample, lateMs: number): boolean {
  if (!setBack || front === null) return false;
  const { item, at, receivedAt } = sample;
  if (setBack.since !== undefined && receivedAt <= setBack.since && !isShownBy(setBack, sample, lateMs)) return false;
  const own = setBack.items[item];
  return (setBack.isBehind && at <= front) || (own !== undefined && at <= own.at);
}

/** Whether it was received as far behind its time as the clock is: then the clock that was set back showed it. */
export function isShownBy({ shows }: SetBack, sample: Sample, lateMs: number): boolean {
  return Math.abs(distance(sample) - (shows.receivedAt - shows.shown)) <= Math.max(lateMs, jitterMs);
}

/** A value that is not behind. What came a little before it may still tell of a clock that was set meanwhile. */
export function hearSound(clock: SourceClock, { receivedAt }: Sample, lateMs: number): void {
  // Another gateway may tell only now what it received before.
  if (clock.soundAt === null || receivedAt > clock.soundAt) {
    clock.soundBefore = clock.soundAt;
    clock.soundAt = receivedAt;
  }
  if (!isInDoubt(clock)) return;
  const isNear = (one: Sample): boolean => one.receivedAt > receivedAt - lateMs;
  clock.suspects = clock.suspects.filter(isNear);
  clock.remembered = clock.remembered.filter(isNear);
}

/** Whether it is open if the clock was set back. */
export function isInDoubt({ suspects, remembered }: SourceClock): boolean {
  return suspects.length + remembered.length > 0;
}

/** A sample that is read at its own time: what it tells of the clock. */
export function hearOwnTime(clock: SourceClock, sample: Sample): void {
  const { front, setBack } = clock;
  if (front !== null && sample.at <= front) return;
  clock.front = sample.at;
  clock.frontReceivedAt = sample.receivedAt;
  if (!setBack) return;
  const { [sample.item]: _, ...items } = setBack.items;
  clock.setBack =
    Object.keys(items).length === 0 ? null : { ...setBack, isBehind: false, until: setBack.until ?? sample.at, items };
}

/**
 * The sample with the time at which it is read, its own in `saidAt`. Null for one that this clock has not shown when it was
 * received: it is older than another value of its item by more than values may be late, or from before the clock was set, or
 * newer than what the clock shows.
 *
 * @param told  when all that this clock showed is read, as far as it is not settled
 */
export function readBehind(
  clock: SourceClock,
  sample: Sample,
  lateMs: number,
  told: () => readonly Reading[],
): Sample | null {
  const { setBack } = clock;
  const at = setBack && (timeOf(clock, setBack, sample, lateMs) ?? timeAmong(clock, setBack, sample, lateMs, told));
  if (!at) return null;
  const { item, at: shown, receivedAt } = sample;
  const reading = { shown, at };
  const own = setBack.items[item];
  clock.setBack = {
    ...setBack,
    shows: aheadMost(setBack.shows, { shown, receivedAt }),
    read: withReading(setBack.read, reading, lateMs),
    items: own && own.shown > shown ? setBack.items : { ...setBack.items, [item]: reading },
  };
  if (clock.front === null || at > clock.front) clock.front = at;
  // What this clock showed later is read already: it may come only now what was remembered before anybody knew.
  const mayBeStated = shown < (setBack.read.at(-1)?.shown ?? shown);
  return { ...sample, at, saidAt: shown, ...(mayBeStated && { mayBeStated }) };
}

function timeOf(clock: SourceClock, setBack: SetBack, sample: Sample, lateMs: number): Instant | null {
  const { front } = clock;
  const { read, items, from, until } = setBack;
  const { item, at: shown, receivedAt } = sample;
  const own = items[item];
  const isOld = own ? shown < own.shown - lateMs : shown < from;
  if (isOld || isAhead(clock, setBack, sample, lateMs)) return null;
  const index = read.findLastIndex((one) => one.shown <= shown);
  const before = read[index];
  if (before?.shown === shown) return before.at;
  const after = read[index + 1];
  const sinceMs = before ? shown - before.shown : spaceMs;
  const next = instant((front ?? receivedAt) + Math.min(sinceMs, spaceMs));
  // Distances stay as the machine shows them, as far as the gateway's clock has come.
  const said = before ? before.at + sinceMs : receivedAt;
  // Put right while nobody listened: what the clock showed until then was said before what it shows since.
  if (!after && until !== undefined && said < until) return instant(said);
  if (!after) return instant(Math.max(next, Math.min(receivedAt, said)));
  if (before) return between(before, after, shown);
  // The first that this item says is what it says now, when it was not received as long ago.
  return own || isShownBy(setBack, sample, lateMs) ? null : next;
}

/** Whether it is newer than what this clock showed. Close to the front it is the true time again: the clock was put right. */
function isAhead({ front }: SourceClock, { shows }: SetBack, { at, receivedAt }: Sample, lateMs: number): boolean {
  const showsNow = shows.shown + Math.max(0, receivedAt - shows.receivedAt);
  return at > showsNow + Math.max(lateMs, jitterMs) && at < (front ?? at) - lateMs;
}

/**
 * A value that a gateway received while the clock showed it, and can tell only now: it was said between what the clock showed
 * before it and after it. What the machine remembers, or says again, was received later than that; it is read so when it
 * follows what its item has said.
 */
function timeAmong(
  clock: SourceClock,
  setBack: SetBack,
  sample: Sample,
  lateMs: number,
  told: () => readonly Reading[],
): Instant | null {
  const { after: last, items } = setBack;
  const { item, at: shown } = sample;
  const own = items[item];
  const follows = own !== undefined && own.shown <= shown && !isAhead(clock, setBack, sample, lateMs);
  if (last === undefined || (!follows && !isShownBy(setBack, sample, lateMs))) return null;
  const read = ascending(told());
  const index = read.findLastIndex((one) => one.shown <= shown);
  const known = read[index];
  const before = follows && own.shown > (known?.shown ?? Number.NEGATIVE_INFINITY) ? own : known;
  const after = read[index + 1];
  if (!after) return null;
  if (before) return shown === before.shown ? before.at : between(before, after, shown);
  // Before all that is known of this clock, as long before as it shows.
  const at = instant(after.at - (after.shown - shown));
  return at > last ? at : null;
}

/** In order of what was shown; what was read out of it, as the first that its item said, says nothing about the others. */
function ascending(told: readonly Reading[]): readonly Reading[] {
  const inOrder: Reading[] = [];
  for (const one of told.toSorted((a, b) => a.at - b.at || a.shown - b.shown))
    if (one.shown > (inOrder.at(-1)?.shown ?? Number.NEGATIVE_INFINITY)) inOrder.push(one);
  return inOrder;
}

/**
 * As far between the two as it was shown, and at neither: two statements must not become one. Null where no room is left,
 * as there may be none where a clock had been ahead.
 */
function between(before: Reading, after: Reading, shown: Instant): Instant | null {
  const room = after.at - before.at;
  const sinceMs = Math.floor((room * (shown - before.shown)) / (after.shown - before.shown));
  // A gateway tells in order what it has to tell late: half of the room stays for what it tells next.
  const untilMs = Math.min(after.shown - shown, Math.ceil(room / 2));
  const at = before.at + Math.max(1, Math.min(sinceMs, room - untilMs));
  return at < after.at ? instant(at) : null;
}

function aheadMost(a: Shown, b: Shown): Shown {
  return b.shown - b.receivedAt > a.shown - a.receivedAt ? b : a;
}

function withReading(read: readonly Reading[], reading: Reading, lateMs: number): readonly Reading[] {
  const index = read.findLastIndex(({ shown }) => shown <= reading.shown);
  if (read[index]?.shown === reading.shown) return read;
  // What is read out of its order says nothing about the order of the others.
  if (index === -1 && read.length > 0) return read;
  const all = read.toSpliced(index + 1, 0, reading);
  const newest = all.at(-1) ?? reading;
  // One that is older than all that may still come stays, to read those behind it.
  return all.slice(
    Math.max(
      0,
      all.findLastIndex(({ at }) => at < newest.at - lateMs),
    ),
  );
}

/**
 * A live value that lies so far behind, and was not said before. When it shows that the clock was set back: all that came
 * since then, to be read anew in this order. Null otherwise.
 */
export function suspect(clock: SourceClock, sample: Sample, lateMs: number): readonly Sample[] | null {
  const { suspects } = clock;
  // Said once more, it says nothing new of the clock.
  const { at, item, receivedAt } = sample;
  // Nor does what was received before the newest value that did not lie behind.
  if (clock.soundAt !== null && receivedAt < clock.soundAt - lateMs) return null;
  // Nor what was received before what it lies behind, as that came out of the machine's history: it was said before that.
  if (clock.frontReceivedAt !== null && receivedAt < clock.frontReceivedAt - lateMs) return null;
  const identity = sampleIdentity(sample);
  if (suspects.some((one) => one.at === at && one.item === item && sampleIdentity(one) === identity)) return null;
  suspects.push(sample);
  if (suspects.length > suspectsMax) suspects.shift();
  const goesOnMs = Math.max(lateMs, steadyMs);
  if (sample.receivedAt - (clock.soundAt ?? Number.NEGATIVE_INFINITY) <= goesOnMs) return null;
  const isSteady = (one: Sample): boolean => Math.abs(distance(one) - distance(sample)) <= Math.max(lateMs, jitterMs);
  // Said in the time of which nothing was heard, before this session began: what it began with holds values of before, too.
  const unheardFrom = ({ receivedAt }: Sample): Instant =>
    (clock.soundAt !== null && receivedAt <= clock.soundAt ? clock.soundBefore : clock.soundAt) ?? receivedAt;
  const isSince = (one: Sample): boolean =>
    distance(one) >= distance(sample) && one.at + distance(sample) >= unheardFrom(one);
  if (!suspects.some((one) => isSteady(one) && sample.receivedAt - one.receivedAt > goesOnMs)) return null;
  const since = suspects.filter((one) => isSteady(one) || isSince(one));
  const inOrder = since.toSorted((a, b) => a.at - b.at);
  const from = inOrder[0]?.at ?? sample.at;
  const received = inOrder.reduce((first, one) => (one.receivedAt < first ? one.receivedAt : first), sample.receivedAt);
  const shows = { shown: sample.at, receivedAt: sample.receivedAt };
  clock.suspects = [];
  const after = clock.front === null ? {} : { after: clock.front };
  clock.setBack = { isBehind: true, from, since: received, ...after, shows, read: [], items: {} };
  return inOrder;
}

/** Whether a live value lies behind the source's time line by more than values may be late. */
export function isSuspect({ front }: SourceClock, { at }: Sample, { trust, mode, lateMs }: ClockRule): boolean {
  return trust === "device" && mode === "live" && front !== null && at < front - lateMs;
}

/** What people are told. */
export function setBackText({ at }: Sample, front: Instant): string {
  const seconds = Math.round((front - at) / 1000);
  const by = seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
  return `The machine's clock was set back by about ${by}, or was ahead before. Until it shows a time after ${formatInstant(front)} its values are read in the order in which they come, at the gateway's time; what it remembers of this time is not read. See that its clock is right; nothing is to be counted by hand.`;
}

function distance({ at, receivedAt }: Sample): number {
  return receivedAt - at;
}
