/** By how much the postings that somebody has chosen differ from the document that was keyed by hand. Exact. */
import type { HandAmount } from "../../../api/contract/hand.ts";
import { decimal, micro } from "../../parts/amount.ts";

export interface Difference {
  /** What was chosen says more, or less, than the document. */
  readonly is: "more" | "less";
  /** By this much. */
  readonly said: HandAmount;
}

/**
 * Summed by what it is, material and unit. Lots are left out: people key them otherwise, and it is the same stock that was
 * used. What stands in two units differs in both.
 */
export function differencesOf(document: readonly HandAmount[], chosen: readonly HandAmount[]): readonly Difference[] {
  const sums = new Map<string, { readonly said: HandAmount; sum: bigint }>();
  const add = (said: HandAmount, sign: bigint): void => {
    const key = JSON.stringify([said.what, said.material, said.amount.uom]);
    const before = sums.get(key) ?? { said, sum: 0n };
    sums.set(key, { ...before, sum: before.sum + sign * micro(said.amount.value) });
  };
  for (const said of document) add(said, -1n);
  for (const said of chosen) add(said, 1n);
  return [...sums.values()]
    .filter(({ sum }) => sum !== 0n)
    .map(({ said, sum }) => ({
      is: sum > 0n ? "more" : "less",
      said: { ...said, lot: null, amount: { value: decimal(sum < 0n ? -sum : sum), uom: said.amount.uom } },
    }));
}
