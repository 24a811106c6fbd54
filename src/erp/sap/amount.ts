/**
 * Amounts on their way to SAP: decimal texts in the unit that the order itself uses. An amount that SAP would round is
 * refused here, because the rest would be lost without a trace.
 */
import { fail, ok, type Result } from "../../base/result.ts";
import { formatMicro, formatQuantity, type Quantity } from "../../base/quantity.ts";
import type { OperationsRequest } from "../../isa95/schedule/operations-request.ts";
import type { SapConfig } from "./config.ts";
import { unitParameter } from "./order-unit.ts";
import { writeUnit } from "./unit.ts";

/** Decimals that SAP's quantity fields have in every release. */
const decimals = 3;

export interface WrittenAmount {
  readonly amount: string;
  readonly unit: string;
}

/**
 * @fault invalid erp/sap-negative      below zero: a correction is a reversal, not a negative line
 * @fault invalid erp/sap-precision     more decimals than SAP keeps
 * @fault invalid erp/sap-unit-unknown  no SAP unit for it
 */
export function writeAmount(
  quantity: Quantity,
  what: string,
  request: OperationsRequest,
  config: SapConfig,
): Result<WrittenAmount> {
  if (quantity.micro < 0n) {
    return fail(
      "invalid",
      "erp/sap-negative",
      `${what}: ${formatQuantity(quantity)} is negative. Reverse the document in question instead.`,
    );
  }
  if (quantity.micro % 10n ** BigInt(6 - decimals) !== 0n) {
    const words = `${what}: ${formatQuantity(quantity)} has more than ${decimals} decimals, which SAP would round away.`;
    return fail("invalid", "erp/sap-precision", `${words} Post it in a smaller unit or together with the next amount.`);
  }
  const unit = unitOfOrder(quantity.uom, request) ?? writeUnit(quantity.uom, config.units, config.language);
  return unit.ok ? ok({ amount: formatMicro(quantity.micro), unit: unit.value }) : unit;
}

function unitOfOrder(uom: string, request: OperationsRequest): Result<string> | null {
  for (const segment of request.segments) {
    const unit = segment.parameters[unitParameter(uom)];
    if (unit) return ok(unit);
  }
  return null;
}
