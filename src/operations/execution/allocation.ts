/**
 * Shares an amount that was used out over the order lines that ask for the material: line after line up to what each
 * asks for, the last line takes whatever is more. Nothing is clamped.
 */
import { convert, type MaterialFactor, type Quantity } from "../../base/quantity.ts";
import { ok, type Result } from "../../base/result.ts";
import type { MaterialRequirement } from "../../isa95/schedule/operations-request.ts";

export interface Share {
  /** Null for material that no line asks for. */
  readonly requirement: MaterialRequirement | null;
  readonly quantity: Quantity;
}

/**
 * @param issued  what the lines have got so far, in millionths of each line's unit; brought up to date
 * @fault invalid base/dimension  the used unit and the line's unit have no factor between them
 */
export function allocate(
  used: Quantity,
  lines: readonly MaterialRequirement[],
  issued: Map<string, bigint>,
  factors: readonly MaterialFactor[],
): Result<readonly Share[]> {
  const first = lines[0];
  if (!first) return ok([{ requirement: null, quantity: used }]);
  const converted = convert(used, first.quantity.uom, factors);
  if (!converted.ok) return converted;
  // An amount that the line's unit cannot express exactly travels in its own unit, so that nothing is lost.
  const isExact = converted.value.residueNumerator === 0n;
  if (!isExact || lines.some((line) => line.quantity.uom !== first.quantity.uom)) {
    issued.set(first.id, (issued.get(first.id) ?? 0n) + converted.value.quantity.micro);
    return ok([{ requirement: first, quantity: used }]);
  }
  const shares: Share[] = [];
  let rest = converted.value.quantity.micro;
  for (const [at, line] of lines.entries()) {
    const open = line.quantity.micro - (issued.get(line.id) ?? 0n);
    const isLast = at === lines.length - 1;
    const take = isLast || rest < open ? rest : open;
    if (take <= 0n) continue;
    shares.push({ requirement: line, quantity: { micro: take, uom: line.quantity.uom } });
    issued.set(line.id, (issued.get(line.id) ?? 0n) + take);
    rest -= take;
  }
  return ok(shares);
}

/** What was issued for an order line, in the unit in which it travelled. */
export interface IssuedAmount {
  readonly requirement: string;
  readonly quantity: Quantity;
}

/** Sums per line, in millionths of the line's unit: only for filling lines one after the other, so rounding is harmless. */
export function issuedPerLine(
  lines: readonly MaterialRequirement[],
  amounts: readonly IssuedAmount[],
  factors: readonly MaterialFactor[],
): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { requirement, quantity } of amounts) {
    const line = lines.find((l) => l.id === requirement);
    const converted = line && convert(quantity, line.quantity.uom, factors);
    if (converted?.ok) sums.set(requirement, (sums.get(requirement) ?? 0n) + converted.value.quantity.micro);
  }
  return sums;
}
