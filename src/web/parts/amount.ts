/** Exact sums of decimal texts: a count on the screen is the one that is booked, to the last digit. */

const unitDigits = 6;

/** Millionths; texts of the contract have at most six decimals. */
export function micro(value: string): bigint {
  const isNegative = value.startsWith("-");
  const [whole = "0", fraction = ""] = value.replace(/^-/, "").split(".");
  const digits = BigInt((whole === "" ? "0" : whole) + fraction.slice(0, unitDigits).padEnd(unitDigits, "0"));
  return isNegative ? -digits : digits;
}

export function decimal(amountMicro: bigint): string {
  const sign = amountMicro < 0n ? "-" : "";
  const digits = (amountMicro < 0n ? -amountMicro : amountMicro).toString().padStart(unitDigits + 1, "0");
  const fraction = digits.slice(-unitDigits).replace(/0+$/, "");
  return sign + digits.slice(0, -unitDigits) + (fraction === "" ? "" : `.${fraction}`);
}

export function sum(values: readonly string[]): string {
  return decimal(values.reduce((total, value) => total + micro(value), 0n));
}

/**
 * What a person has typed, as the contract writes it; null where it is no amount. A comma is what a German keyboard offers.
 * Of pieces there are no parts, and `1,234` and `1.234` may mean a thousand: they are digits alone.
 */
export function typedAmount(text: string, uom: string): string | null {
  const value = text.trim().replace(",", ".");
  return (isPieces(uom) ? /^\d+$/ : /^\d+(\.\d{1,6})?$/).test(value) ? value : null;
}

/** 0 to 100, for a bar. */
export function percentOf(part: string, whole: string): number {
  const all = micro(whole);
  if (all <= 0n) return 0;
  const permille = Number((micro(part) * 1000n) / all);
  return Math.min(100, Math.max(0, permille / 10));
}

/** Counted in whole ones. */
export function isPieces(uom: string): boolean {
  return ["C62", "H87", "EA"].includes(uom);
}
