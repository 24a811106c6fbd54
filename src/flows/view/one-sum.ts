/** Sums of one thing in several units as one number for a screen. Pure. */
import { convert, type Quantity } from "../../base/quantity.ts";

/**
 * In the first unit of which there is something. What that unit cannot say exactly is left out: a number cannot say it, and the
 * run's own sums do.
 *
 * @returns null where there are none
 */
export function oneSum(quantities: readonly Quantity[]): Quantity | null {
  const [first, ...others] = quantities.filter(({ micro }) => micro !== 0n);
  if (!first) return quantities[0] ?? null;
  return others.reduce((sum, more) => {
    const converted = convert(more, sum.uom);
    const isExact = converted.ok && converted.value.residueNumerator === 0n;
    return isExact ? { ...sum, micro: sum.micro + converted.value.quantity.micro } : sum;
  }, first);
}
