/**
 * Amounts with a unit: whole millionths, never a float. Adding two units is a fault, conversion is explicit and exact;
 * what a conversion cannot express in millionths is returned as a residue, never dropped.
 */
import { assert, fail, ok, type Result } from "./result.ts";
import { unitOf } from "./unit.ts";

/** `micro` millionths of the unit with UN/ECE Rec 20 code `uom`. */
export interface Quantity {
  readonly micro: bigint;
  readonly uom: string;
}

/** A material's own factor across dimensions: `numerator` of unit `to` per `denominator` of unit `from`. */
export interface MaterialFactor {
  readonly from: string;
  readonly to: string;
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** The converted amount and what was left over, in millionths of the target unit times `residueDenominator`. */
export interface Converted {
  readonly quantity: Quantity;
  readonly residueNumerator: bigint;
  readonly residueDenominator: bigint;
}

const MICRO = 1_000_000n;

/**
 * Reads a decimal string such as `0.125`, `.5`, `-3` or `0.4E1`.
 *
 * @fault invalid base/quantity       no decimal number, more than six decimals that are not zero, or beyond 10^12
 * @fault invalid base/unknown-unit   the unit is not in the table
 */
export function parseQuantity(text: string, uom: string): Result<Quantity> {
  if (!unitOf(uom)) return fail("invalid", "base/unknown-unit", `Unit "${uom}" is not a known UN/ECE Rec 20 code.`);
  const micro = parseMicro(text);
  if (micro === null) {
    return fail("invalid", "base/quantity", `"${text}" is no quantity of at most 10^12 with at most six decimals.`);
  }
  return ok({ micro, uom });
}

/** Every column of ours holds as much, nine times over. What nobody has vouched for is not more. */
const microMax = 10n ** 18n;

function parseMicro(text: string): bigint | null {
  const match = /^\s*([+-]?)(?=\.?\d)(\d{0,30})(?:\.(\d{0,40}))?(?:[eE]([+-]?\d{1,2}))?\s*$/.exec(text);
  if (!match) return null;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  const digits = whole + fraction;
  const scale = 6 - fraction.length + Number(exponent);
  let value = BigInt(digits);
  if (scale >= 0) value *= 10n ** BigInt(scale);
  else {
    const divisor = 10n ** BigInt(-scale);
    if (value % divisor !== 0n) return null;
    value /= divisor;
  }
  if (value > microMax) return null;
  return sign === "-" ? -value : value;
}

/** A whole number of units. */
export function whole(count: number | bigint, uom: string): Quantity {
  assert(typeof count === "bigint" || Number.isSafeInteger(count), `${count} is a whole number`);
  return { micro: BigInt(count) * MICRO, uom };
}

export function zero(uom: string): Quantity {
  return { micro: 0n, uom };
}

/** Decimal text without an exponent and without needless zeros, e.g. `12.5`. */
export function formatMicro(micro: bigint): string {
  const sign = micro < 0n ? "-" : "";
  const positive = micro < 0n ? -micro : micro;
  const fraction = (positive % MICRO).toString().padStart(6, "0").replace(/0+$/, "");
  return `${sign}${positive / MICRO}${fraction && `.${fraction}`}`;
}

export function formatQuantity(quantity: Quantity): string {
  return `${formatMicro(quantity.micro)} ${quantity.uom}`;
}

/** The sum of two amounts of one unit. @fault invalid base/unit-mismatch */
export function add(a: Quantity, b: Quantity): Result<Quantity> {
  if (a.uom !== b.uom) {
    return fail("invalid", "base/unit-mismatch", `${a.uom} and ${b.uom} cannot be added: convert one of them first.`);
  }
  return ok({ micro: a.micro + b.micro, uom: a.uom });
}

export function negate(quantity: Quantity): Quantity {
  return { micro: -quantity.micro, uom: quantity.uom };
}

/**
 * Exact conversion inside one dimension, or across two by the material's own factor.
 *
 * @returns the amount rounded towards zero to millionths, and the exact residue that the caller carries on
 * @fault invalid base/unknown-unit   one of the units is not in the table
 * @fault invalid base/dimension      other dimension and no factor of the material between exactly these units
 */
export function convert(quantity: Quantity, to: string, factors: readonly MaterialFactor[] = []): Result<Converted> {
  if (quantity.uom === to) return ok({ quantity, residueNumerator: 0n, residueDenominator: 1n });
  const a = unitOf(quantity.uom);
  const b = unitOf(to);
  if (!a || !b) {
    const unknown = a ? to : quantity.uom;
    return fail("invalid", "base/unknown-unit", `Unit "${unknown}" is not a known UN/ECE Rec 20 code.`);
  }
  if (a.dimension === b.dimension) {
    return ok(divide(quantity.micro * a.numerator * b.denominator, a.denominator * b.numerator, to));
  }
  const forward = factors.find((f) => f.from === quantity.uom && f.to === to);
  if (forward) return ok(divide(quantity.micro * forward.numerator, forward.denominator, to));
  const back = factors.find((f) => f.from === to && f.to === quantity.uom);
  if (back) return ok(divide(quantity.micro * back.denominator, back.numerator, to));
  return fail(
    "invalid",
    "base/dimension",
    `${quantity.uom} is ${a.dimension} and ${to} is ${b.dimension}: the material needs a factor of its own between them.`,
  );
}

function divide(numerator: bigint, denominator: bigint, uom: string): Converted {
  const micro = numerator / denominator;
  return { quantity: { micro, uom }, residueNumerator: numerator % denominator, residueDenominator: denominator };
}

/** `amount × numerator / denominator`, rounded half away from zero to millionths. */
export function scale(quantity: Quantity, numerator: bigint, denominator: bigint): Quantity {
  assert(denominator > 0n, "a ratio has a positive denominator");
  const product = quantity.micro * numerator;
  const half = product < 0n ? -denominator / 2n : denominator / 2n;
  return { micro: (product + half) / denominator, uom: quantity.uom };
}
