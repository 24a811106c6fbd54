/** Money: whole millionths of a currency unit. Two currencies never mix. */
import { fail, ok, type Result } from "./result.ts";

export interface Money {
  readonly micro: bigint;
  /** ISO 4217 code, e.g. `EUR`. */
  readonly currency: string;
}

/** @fault invalid base/currency-mismatch */
export function addMoney(a: Money, b: Money): Result<Money> {
  if (a.currency !== b.currency) {
    return fail("invalid", "base/currency-mismatch", `${a.currency} and ${b.currency} cannot be added without a rate.`);
  }
  return ok({ micro: a.micro + b.micro, currency: a.currency });
}
