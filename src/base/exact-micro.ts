/**
 * A sum of converted amounts without loss: whole millionths, and the part of one that they cannot say. Sums convert many
 * amounts as if they were one.
 */
import { convert, type Converted, type MaterialFactor, type Quantity } from "./quantity.ts";
import { assert, ok, type Result } from "./result.ts";

/** Part of a millionth in lowest terms, at least nothing and less than one. */
export interface MicroPart {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** `micro + numerator / denominator` millionths of a unit: of what is less than nothing `micro` is the next lower one. */
export interface ExactMicro extends MicroPart {
  readonly micro: bigint;
}

export const noPart: MicroPart = { numerator: 0n, denominator: 1n };

export function exactOf({ quantity, residueNumerator, residueDenominator }: Converted): ExactMicro {
  return exactMicro(quantity.micro * residueDenominator + residueNumerator, residueDenominator);
}

export function addExact(a: ExactMicro, b: ExactMicro): ExactMicro {
  const numerator = a.numerator * b.denominator + b.numerator * a.denominator;
  const part = exactMicro(numerator, a.denominator * b.denominator);
  return { ...part, micro: part.micro + a.micro + b.micro };
}

/**
 * Amounts in several units as one in `uom`.
 *
 * @fault invalid base/unknown-unit, base/dimension    see `convert`
 */
export function sumExact(
  quantities: readonly Quantity[],
  uom: string,
  factors: readonly MaterialFactor[] = [],
): Result<ExactMicro> {
  let sum: ExactMicro = { micro: 0n, ...noPart };
  for (const quantity of quantities) {
    const converted = convert(quantity, uom, factors);
    if (!converted.ok) return converted;
    sum = addExact(sum, exactOf(converted.value));
  }
  return ok(sum);
}

export function negateExact({ micro, numerator, denominator }: ExactMicro): ExactMicro {
  return exactMicro(-(micro * denominator + numerator), denominator);
}

function exactMicro(numerator: bigint, denominator: bigint): ExactMicro {
  assert(denominator > 0n, "a part of a millionth has a positive denominator");
  const rest = ((numerator % denominator) + denominator) % denominator;
  const divisor = greatestDivisor(rest, denominator);
  return { micro: (numerator - rest) / denominator, numerator: rest / divisor, denominator: denominator / divisor };
}

function greatestDivisor(a: bigint, b: bigint): bigint {
  return a === 0n ? b : greatestDivisor(b % a, a);
}
