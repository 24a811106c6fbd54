/** Sums of one thing in several units as one number for a screen. Pure. */
import { sumExact } from "../../base/exact-micro.ts";
import type { Quantity } from "../../base/quantity.ts";

/**
 * In the first unit of which there is something that says all of it exactly. Where none does, in the first one, and what that
 * cannot say exactly is left out: a number cannot say it, and the run's own sums do.
 *
 * @returns null where there are none
 */
export function oneSum(quantities: readonly Quantity[]): Quantity | null {
  const some = quantities.filter(({ micro }) => micro !== 0n);
  const [first, ...others] = some;
  if (!first) return quantities[0] ?? null;
  for (const { uom } of some) {
    const all = exactly(some, uom);
    if (all) return all;
  }
  return others.reduce((sum, more) => exactly([sum, more], sum.uom) ?? sum, first);
}

function exactly(quantities: readonly Quantity[], uom: string): Quantity | null {
  const sum = sumExact(quantities, uom);
  return sum.ok && sum.value.numerator === 0n ? { micro: sum.value.micro, uom } : null;
}
