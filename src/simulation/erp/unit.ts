/**
 * Units as the simulated ERP knows them: its internal code, the ISO code and the code people see, and how they convert.
 */
import { convert, type Quantity } from "../../base/quantity.ts";

export interface ErpUnit {
  readonly internal: string;
  readonly iso: string;
  /** What people see in English. */
  readonly shown: string;
  /** UN/ECE Recommendation 20 code by which it is converted. */
  readonly rec20: string;
}

const units: readonly ErpUnit[] = [
  { internal: "ST", iso: "PCE", shown: "PC", rec20: "H87" },
  { internal: "EA", iso: "EA", shown: "EA", rec20: "EA" },
  { internal: "KG", iso: "KGM", shown: "KG", rec20: "KGM" },
  { internal: "G", iso: "GRM", shown: "G", rec20: "GRM" },
  { internal: "M", iso: "MTR", shown: "M", rec20: "MTR" },
  { internal: "CM", iso: "CMT", shown: "CM", rec20: "CMT" },
  { internal: "MM", iso: "MMT", shown: "MM", rec20: "MMT" },
  { internal: "L", iso: "LTR", shown: "L", rec20: "LTR" },
  { internal: "ML", iso: "MLT", shown: "ML", rec20: "MLT" },
  { internal: "MIN", iso: "MIN", shown: "MIN", rec20: "MIN" },
  { internal: "STD", iso: "HUR", shown: "H", rec20: "HUR" },
  { internal: "KWH", iso: "KWH", shown: "KWH", rec20: "KWH" },
];

const byAnyCode: ReadonlyMap<string, ErpUnit> = new Map([
  ...units.map((unit) => [unit.iso, unit] as const),
  ...units.map((unit) => [unit.internal, unit] as const),
  ...units.map((unit) => [unit.shown, unit] as const),
]);

/** The unit under any of its codes. */
export function erpUnit(code: string): ErpUnit | undefined {
  return byAnyCode.get(code);
}

/** Exact conversion rounded half up to thousandths, the ERP's resolution; null when the units do not convert. */
export function convertUnit(micro: bigint, from: ErpUnit, to: ErpUnit): bigint | null {
  if (from.rec20 === to.rec20) return micro;
  const quantity: Quantity = { micro, uom: from.rec20 };
  const converted = convert(quantity, to.rec20);
  if (!converted.ok) return null;
  const sign = converted.value.quantity.micro < 0n ? -1n : 1n;
  return ((converted.value.quantity.micro * sign + 500n) / 1000n) * 1000n * sign;
}
