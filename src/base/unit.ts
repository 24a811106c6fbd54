/**
 * Units of measure by UN/ECE Recommendation 20 code, with exact factors to the base unit of their dimension.
 * Only units that travel in orders and stock; engineering units of measurements are UCUM and live elsewhere.
 *
 * @source UN/ECE Recommendation 20; international yard and pound agreement of 1959 for the imperial units
 */

export type Dimension = "count" | "mass" | "length" | "area" | "volume" | "time" | "energy";

/** One unit of this = numerator / denominator base units of its dimension. Exact. */
export interface Unit {
  readonly code: string;
  readonly name: string;
  readonly dimension: Dimension;
  readonly numerator: bigint;
  readonly denominator: bigint;
}

const row = (code: string, name: string, dimension: Dimension, numerator: bigint, denominator = 1n): Unit => ({
  code,
  name,
  dimension,
  numerator,
  denominator,
});

/** Base units: one piece, gram, millimetre, square millimetre, millilitre, second, joule. */
const table: readonly Unit[] = [
  row("C62", "one", "count", 1n),
  row("H87", "piece", "count", 1n),
  row("EA", "each", "count", 1n),
  row("PR", "pair", "count", 2n),
  row("DZN", "dozen", "count", 12n),
  row("CEN", "hundred", "count", 100n),
  row("MIL", "thousand", "count", 1000n),
  row("MGM", "milligram", "mass", 1n, 1000n),
  row("GRM", "gram", "mass", 1n),
  row("KGM", "kilogram", "mass", 1000n),
  row("TNE", "tonne", "mass", 1_000_000n),
  row("LBR", "pound", "mass", 45_359_237n, 100_000n),
  row("ONZ", "ounce", "mass", 45_359_237n, 1_600_000n),
  row("4H", "micrometre", "length", 1n, 1000n),
  row("MMT", "millimetre", "length", 1n),
  row("CMT", "centimetre", "length", 10n),
  row("DMT", "decimetre", "length", 100n),
  row("MTR", "metre", "length", 1000n),
  row("KMT", "kilometre", "length", 1_000_000n),
  row("INH", "inch", "length", 254n, 10n),
  row("FOT", "foot", "length", 3048n, 10n),
  row("YRD", "yard", "length", 9144n, 10n),
  row("MMK", "square millimetre", "area", 1n),
  row("CMK", "square centimetre", "area", 100n),
  row("MTK", "square metre", "area", 1_000_000n),
  row("MLT", "millilitre", "volume", 1n),
  row("CMQ", "cubic centimetre", "volume", 1n),
  row("LTR", "litre", "volume", 1000n),
  row("HLT", "hectolitre", "volume", 100_000n),
  row("MTQ", "cubic metre", "volume", 1_000_000n),
  row("GLL", "gallon (US)", "volume", 3_785_411_784n, 1_000_000n),
  row("SEC", "second", "time", 1n),
  row("MIN", "minute", "time", 60n),
  row("HUR", "hour", "time", 3600n),
  row("DAY", "day", "time", 86_400n),
  row("JOU", "joule", "energy", 1n),
  row("KJO", "kilojoule", "energy", 1000n),
  row("WHR", "watt hour", "energy", 3600n),
  row("KWH", "kilowatt hour", "energy", 3_600_000n),
  row("MWH", "megawatt hour", "energy", 3_600_000_000n),
];

const byCode: ReadonlyMap<string, Unit> = new Map(table.map((unit) => [unit.code, unit]));

/** The unit with this Rec 20 code, or undefined: an unknown unit is never guessed. */
export function unitOf(code: string): Unit | undefined {
  return byCode.get(code);
}

/** Counted one by one: a dozen may be halved, a piece is not. */
export function isPiece(code: string): boolean {
  const unit = unitOf(code);
  return unit?.dimension === "count" && unit.numerator === unit.denominator;
}

export function knownUnits(): readonly Unit[] {
  return table;
}
