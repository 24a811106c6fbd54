/**
 * What is known of the gaps in a source's stream: of what values may be missing. Gaps are told in the stream, so that
 * whoever reads it again knows the same of them.
 */
import { canonicalJson } from "../../base/json.ts";
import { instant, type Instant } from "../../base/instant.ts";
import type { GapMark, SampleBatch } from "../../record/sample-batch.ts";

/** JSON-serialisable. Times are those that the machine's clock showed. */
export interface KnownGap {
  readonly from: Instant;
  readonly to: Instant;
  /** By item, up to when values are missing; left out: of any, up to the end. */
  readonly items?: Readonly<Record<string, Instant>>;
  /** Items of which history was read after it had been marked. */
  readonly read?: readonly string[];
}

/** JSON-serialisable. */
export interface KnownGaps {
  /** Where the one begins that is not over; null for none. */
  readonly open: Instant | null;
  /** Those that no history filled, in the order in which they were told. */
  readonly unfilled: readonly KnownGap[];
  /**
   * Those that are told only later in the stream, and of which something is read then that is settled here; left out for none.
   * Whoever begins here knows it when they are told.
   */
  readonly ahead?: readonly KnownGap[];
}

export const noGaps: KnownGaps = { open: null, unfilled: [] };

type Heard = Partial<Pick<SampleBatch, "gaps" | "samples" | "fromHistory">>;

/**
 * With what a batch says of gaps. What a machine remembers of an item is read whole, or what is still missing is marked anew:
 * a value of its history that comes after the gap was marked fills it for that item.
 *
 * @param settled  what is not after it comes too late to be read, and fills nothing
 */
export function hearGaps(
  known: KnownGaps,
  { gaps = [], samples = [], fromHistory }: Heard,
  settled: Instant | null,
): KnownGaps {
  const { ahead = [] } = known;
  let { open, unfilled } = known;
  for (const mark of gaps) {
    const gap = mark.state === "closed" ? unfilledOf(mark, open) : null;
    if (gap && !unfilled.some((one) => isSame(one, gap)))
      unfilled = [...unfilled, ahead.find((one) => isSame(one, gap)) ?? gap];
    open = mark.state === "opened" ? mark.at : null;
  }
  if (fromHistory && unfilled.length > 0) {
    unfilled = unfilled.map((gap) => {
      const found = samples.filter(({ item, at }) => {
        const until = missingUntil(gap, item);
        return until !== null && at > gap.from && at < until && (settled === null || at > settled);
      });
      const read = [...new Set([...(gap.read ?? []), ...found.map(({ item }) => item)])];
      return found.length === 0 ? gap : { ...gap, read };
    });
  }
  if (gaps.length === 0 && unfilled === known.unfilled) return known;
  return { open, unfilled, ...stillAhead(ahead, unfilled) };
}

function stillAhead(ahead: readonly KnownGap[], unfilled: readonly KnownGap[]): Pick<KnownGaps, "ahead"> {
  const left = ahead.filter((gap) => !unfilled.some((one) => isSame(one, gap)));
  return left.length === 0 ? {} : { ahead: left };
}

/** What was known at an earlier place of the stream, with what has been read since of the gaps that are known `now`. */
export function withRead(then: KnownGaps, now: KnownGaps): KnownGaps {
  const unfilled = then.unfilled.map((gap) => now.unfilled.find((one) => isSame(one, gap)) ?? gap);
  const ahead = [...now.unfilled.filter(({ read }) => read !== undefined), ...(now.ahead ?? [])];
  return { open: then.open, unfilled, ...stillAhead(ahead, unfilled) };
}

/** Told again, by another buffer: what was read of it stays read. */
function isSame(known: KnownGap, { from, to, items }: KnownGap): boolean {
  return known.from === from && known.to === to && canonicalJson(known.items ?? null) === canonicalJson(items ?? null);
}

function unfilledOf({ filled, at, missing }: GapMark, open: Instant | null): KnownGap | null {
  const from = missing?.from ?? open;
  if (filled || from === null) return null;
  // No item is missing longer than the gap is.
  const to = instant(Math.max(at, ...Object.values(missing?.items ?? {})));
  return { from, to, ...(missing?.items && { items: missing.items }) };
}

/** Up to when values of an item may be missing in a gap; null: none is. */
export function missingUntil({ from, to, items, read }: KnownGap, item: string): Instant | null {
  if (read?.includes(item)) return null;
  const until = items === undefined ? to : (items[item] ?? null);
  return until !== null && until > from ? until : null;
}

/** More than these are not kept. */
const keptMost = 100;

/** By which it is judged in which gaps a last count may be missing. */
export interface DoubtfulTimes {
  /** Runs were left: in the gap, or before it and taken up once more in it. */
  readonly left: readonly Instant[];
  /** Counters spoke last that had fallen. */
  readonly lower: readonly Instant[];
}

/** Gaps that are over at `since` are forgotten, unless it is still to be judged what was missing in them. Of many the doubtful ones are kept first, then the newest. */
export function forgetGaps(known: KnownGaps, since: Instant, { left, lower }: DoubtfulTimes): KnownGaps {
  const first = Math.min(...left);
  const isIn = ({ from, to }: KnownGap, times: readonly Instant[]): boolean =>
    times.some((at) => from < at && at <= to);
  const isDoubtful = (gap: KnownGap): boolean => isIn(gap, left) || isIn(gap, lower);
  let kept = known.unfilled.filter((gap) => gap.to > since || first <= gap.to || isIn(gap, lower));
  if (kept.length > keptMost) {
    const chosen = new Set([...kept.filter((gap) => !isDoubtful(gap)), ...kept.filter(isDoubtful)].slice(-keptMost));
    kept = kept.filter((gap) => chosen.has(gap));
  }
  return kept.length === known.unfilled.length ? known : { ...known, unfilled: kept };
}

/** Up to when the stream has told of gaps; null before the first. */
export function toldUpTo({ open, unfilled }: KnownGaps): Instant | null {
  return open ?? unfilled.at(-1)?.to ?? null;
}

/** What is before it is settled, as far as the gaps go. */
export function settledBefore({ open }: KnownGaps, position: Instant): Instant {
  return open === null ? position : instant(Math.min(open, position));
}
