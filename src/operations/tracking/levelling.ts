/**
 * Use by bill is rounded over all runs of an operation, and what an order uses once is in one of them; but it is posted for
 * each run and posting date. A count that is taken back can so leave less than nothing there while another run, or another
 * day, still holds too much. This says what is moved between them; their sum stays. Spec: docs/spec/consumption.md
 */
import type { Instant, LocalDate } from "../../base/instant.ts";

/** What a run holds as used by bill of an order line, with the runs in whose place it stands. */
export interface HeldUse {
  readonly run: string;
  /** The rule of the order line, see `billRule`. */
  readonly rule: string;
  readonly material: string;
  readonly lot: string | null;
  readonly uom: string;
  /** In millionths. */
  readonly micro: bigint;
  readonly lastAt: Instant;
}

/** An amount that a run holds more, or less when it is below zero, from now on. */
export interface MovedUse {
  readonly of: HeldUse;
  readonly micro: bigint;
}

/** Sums for what enters a document as one: a run, a posting date, an order line, a material and its lot. */
export function useByDay(held: readonly HeldUse[], dateOf: (at: Instant) => LocalDate): readonly HeldUse[] {
  const sums = new Map<string, HeldUse>();
  for (const use of held) {
    const key = [use.run, dateOf(use.lastAt), use.rule, use.material, use.lot ?? "", use.uom].join("\u001f");
    const known = sums.get(key);
    const isLater = !known || use.lastAt > known.lastAt;
    sums.set(key, { ...use, micro: use.micro + (known?.micro ?? 0n), lastAt: isLater ? use.lastAt : known.lastAt });
  }
  return [...sums.values()];
}

/**
 * What is below zero comes to zero, as far as the same order line holds something elsewhere: of the same material and lot
 * first, then the newest, which may not have been posted yet.
 *
 * @param held  as `useByDay` gives it, over all runs of an operation
 */
export function levelled(held: readonly HeldUse[]): readonly MovedUse[] {
  const left = new Map(held.map((use) => [use, use.micro]));
  const moved = new Map<HeldUse, bigint>();
  const move = (of: HeldUse, micro: bigint): void => {
    left.set(of, (left.get(of) ?? 0n) + micro);
    moved.set(of, (moved.get(of) ?? 0n) + micro);
  };
  for (const short of held.filter((use) => use.micro < 0n)) {
    for (const from of giversOf(short, held)) {
      const missing = -(left.get(short) ?? 0n);
      const there = left.get(from) ?? 0n;
      if (missing <= 0n) break;
      if (there <= 0n) continue;
      const taken = there < missing ? there : missing;
      move(from, -taken);
      move(short, taken);
    }
  }
  return [...moved].map(([of, micro]) => ({ of, micro }));
}

function giversOf(short: HeldUse, held: readonly HeldUse[]): readonly HeldUse[] {
  const isSame = ({ material, lot }: HeldUse): number => (material === short.material && lot === short.lot ? 0 : 1);
  return held
    .filter(({ rule, uom, micro }) => rule === short.rule && uom === short.uom && micro > 0n)
    .toSorted((a, b) => isSame(a) - isSame(b) || b.lastAt - a.lastAt || (a.run < b.run ? 1 : -1));
}
