/** Which component of the current job (or of the next ones) loaded material is for. The wrong material fits none. */
import { convert, formatQuantity, type MaterialFactor, type Quantity } from "../../base/quantity.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import type { JobOrder } from "../../isa95/schedule/job-order.ts";
import type { MaterialRequirement } from "../../isa95/schedule/operations-request.ts";

/** A component that could be loaded for. */
export interface FitLine {
  readonly line: MaterialRequirement;
  readonly factors: readonly MaterialFactor[];
  readonly operation: Pick<JobOrder, "request" | "segment">;
}

export interface Offered {
  readonly material: string;
  readonly lot: string | null;
  readonly quantity: Quantity | null;
  /** The requirement it stands in for. */
  readonly substitutes: string | null;
}

export interface Fit {
  readonly requirement: string;
  readonly operation: Pick<JobOrder, "request" | "segment">;
  /** In the unit of the order line. */
  readonly quantity: Quantity | null;
  readonly isSubstitute: boolean;
}

/**
 * @param lines          of the current job, or of the next jobs in dispatch order
 * @param isLotRequired  the site wants the lot of this material
 * @fault refused reporting/wrong-material  no component asks for it; says what is wanted
 * @fault refused reporting/lot-required    its lot was not said
 * @fault refused reporting/wrong-lot       the order asks for another lot
 * @fault refused reporting/unit            the amount cannot be said in the order line's unit
 * @fault refused reporting/count           nothing, or less
 */
export function fitMaterial(
  offered: Offered,
  lines: readonly FitLine[],
  isLotRequired: (material: string) => boolean,
): Result<Fit> {
  const { material, lot } = offered;
  if (lot === null && isLotRequired(material)) return lotMissing(material);
  const found = offered.substitutes === null ? ownLine(offered, lines) : substituted(offered, lines);
  if (!found.ok) return found;
  const { line, factors, operation } = found.value;
  const isSubstitute = line.material !== material;
  const quantity = inUnitOf(line, isSubstitute ? [] : factors, offered);
  return quantity.ok ? ok({ requirement: line.id, operation, quantity: quantity.value, isSubstitute }) : quantity;
}

function ownLine({ material, lot }: Offered, lines: readonly FitLine[]): Result<FitLine> {
  const same = lines.filter(({ line }) => line.material === material);
  if (same.length === 0) return fail("refused", "reporting/wrong-material", wrong(material, lines));
  const fitting = same.find(({ line }) => line.lot === null || line.lot === lot);
  if (fitting) return ok(fitting);
  if (lot === null) return lotMissing(material);
  const wanted = [...new Set(same.map(({ line }) => line.lot))].join(" or ");
  return fail(
    "refused",
    "reporting/wrong-lot",
    `${material} lot ${lot} is not wanted: the order asks for lot ${wanted}.`,
  );
}

function substituted({ material, substitutes }: Offered, lines: readonly FitLine[]): Result<FitLine> {
  const found = lines.find(({ line }) => line.id === substitutes);
  if (found) return ok(found);
  const text = `There is no component ${substitutes} that ${material} could stand in for. ${wantedOf(lines)}`;
  return fail("refused", "reporting/wrong-material", text);
}

function inUnitOf(
  line: MaterialRequirement,
  factors: readonly MaterialFactor[],
  { material, quantity }: Offered,
): Result<Quantity | null> {
  if (!quantity) return ok(null);
  if (quantity.micro <= 0n) {
    return fail(
      "refused",
      "reporting/count",
      `${formatQuantity(quantity)} of ${material} cannot be loaded: enter more than zero.`,
    );
  }
  const converted = convert(quantity, line.quantity.uom, factors);
  if (converted.ok && converted.value.residueNumerator === 0n) return ok(converted.value.quantity);
  const text = `${formatQuantity(quantity)} of ${material} cannot be said in ${line.quantity.uom}, the unit of the order. Enter it in ${line.quantity.uom}.`;
  return fail("refused", "reporting/unit", text);
}

function lotMissing(material: string): Result<never> {
  return fail("refused", "reporting/lot-required", `The lot of ${material} is required. Scan the label with the lot.`);
}

function wrong(material: string, lines: readonly FitLine[]): string {
  return `${material} is the wrong material here. ${wantedOf(lines)}`;
}

function wantedOf(lines: readonly FitLine[]): string {
  const names = lines.map(({ line }) => (line.lot === null ? line.material : `${line.material} lot ${line.lot}`));
  return names.length === 0 ? "No job here wants material." : `Wanted: ${[...new Set(names)].join(", ")}.`;
}
