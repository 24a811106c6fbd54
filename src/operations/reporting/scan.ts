/** What a scanned text says: the number of an operation, or material with lot, handling unit and quantity. */
import { formatMicro, parseQuantity } from "../../base/quantity.ts";
import { isGs1, readGs1, type Gs1Label } from "./gs1.ts";

/** How a label is read: the whole text must fit, named groups say what stands where. */
export interface ScanPattern {
  readonly pattern: string;
  /** Unit of the group `quantity`; null: the order line's. */
  readonly uom: string | null;
}

export interface ScannedMaterial {
  readonly material: string;
  readonly lot: string | null;
  readonly handlingUnit: string | null;
  /** Decimal text; the unit null: that of the order line. */
  readonly quantity: { readonly value: string; readonly uom: string | null } | null;
}

export type Scanned =
  | { readonly says: "operation"; readonly order: string; readonly operation: string }
  | ({ readonly says: "material" } & ScannedMaterial)
  | { readonly says: "nothing"; readonly why: string };

/** What fits without any format of the site's: `order/operation`. */
const plainOperation: ScanPattern = {
  pattern: String.raw`(?<order>[0-9A-Za-z]+)\s*[/\-]\s*(?<operation>\d{1,4})`,
  uom: null,
};

/** The site's formats come first, in their order; then GS1; then an order's number with its operation. */
export function readScan(text: string, patterns: readonly ScanPattern[]): Scanned {
  const trimmed = text.trim();
  for (const pattern of patterns) {
    const read = byPattern(trimmed, pattern);
    if (read) return read;
  }
  if (isGs1(trimmed)) return fromGs1(trimmed);
  return byPattern(trimmed, plainOperation) ?? nothing("No label or operation number looks like this.");
}

function byPattern(text: string, { pattern, uom }: ScanPattern): Scanned | null {
  const groups = new RegExp(`^(?:${pattern})$`, "u").exec(text)?.groups;
  if (!groups) return null;
  const { order, operation, material, lot, handlingUnit, quantity } = groups;
  if (order !== undefined && operation !== undefined) return { says: "operation", order, operation };
  if (material === undefined) return handlingUnit === undefined ? null : unknownUnit(handlingUnit);
  return {
    says: "material",
    material,
    lot: lot || null,
    handlingUnit: handlingUnit || null,
    quantity: quantity ? decimal(quantity, uom) : null,
  };
}

/** A comma is a decimal point on many labels. */
function decimal(text: string, uom: string | null): ScannedMaterial["quantity"] {
  const read = parseQuantity(text.replace(",", "."), uom ?? "C62");
  return read.ok ? { value: formatMicro(read.value.micro), uom } : null;
}

/** Ours is the customer's part number (241), else the additional identification (240), else the trade item (01, 02). */
function fromGs1(text: string): Scanned {
  const read = readGs1(text);
  if (!read.ok) return nothing(read.fault.message);
  const label: Gs1Label = read.value;
  const material = label.get("241") ?? label.get("240") ?? label.get("01") ?? label.get("02") ?? null;
  const handlingUnit = label.get("00") ?? null;
  if (material === null)
    return handlingUnit === null ? nothing("The label names no material.") : unknownUnit(handlingUnit);
  const count = label.get("37") ?? label.get("30") ?? null;
  return {
    says: "material",
    material,
    lot: label.get("10") ?? null,
    handlingUnit,
    // Counted in whole units of whatever the material is kept in.
    quantity: count === null ? null : { value: String(BigInt(count)), uom: null },
  };
}

function unknownUnit(handlingUnit: string): Scanned {
  return nothing(`The label of ${handlingUnit} does not say what is in it. Scan the label of the material.`);
}

function nothing(why: string): Scanned {
  return { says: "nothing", why };
}
