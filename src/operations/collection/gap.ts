/**
 * What is known of the gaps in a source's stream: of what values may be missing. Gaps are told in the stream, so that
 * whoever reads it again knows the same of them.
 */
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
  let { open, unfilled } = known;
  for (const mark of gaps) {
    const gap = mark.state === "closed" ? unfilledOf(mark, open) : null;
    if (gap) unfilled = [...unfilled, gap];
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
  return gaps.length === 0 && unfilled === known.unfilled ? known : { open, unfilled };
}

function unfilledOf({ filled, at, missing }: GapMark, open: Instant | null): KnownGap | null {
  const from = missing?.from ?? open;
  if (filled || from === null) return null;
  return { from, to: at, ...(missing?.items && { items: missing.items }) };
}

/** Up to when values of an item may be missing in a gap; null: none is. */
export function missingUntil({ from, to, items, read }: KnownGap, item: string): Instant | null {
  if (read?.includes(item)) return null;
  const until = items === undefined ? to : (items[item] ?? null);
  return until !== null && until > from ? until : null;
}

/** More than these are not kept for a run that stays open: of an end that nobody has heard somebody is asked anyway. */
const keptMost = 100;

/** @param since  gaps that are over at it are forgotten, unless it is still to be judged what was missing in them */
export function forgetGaps(known: KnownGaps, since: Instant, isOpen: (gap: KnownGap) => boolean): KnownGaps {
  const kept = known.unfilled.filter((gap) => gap.to > since || isOpen(gap));
  return kept.length === known.unfilled.length ? known : { ...known, unfilled: kept.slice(-keptMost) };
}

/** What is before it is settled, as far as the gaps go. */
export function settledBefore({ open }: KnownGaps, position: Instant): Instant {
  return open === null ? position : instant(Math.min(open, position));
}
