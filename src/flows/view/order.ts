/** Orders as a person reads them: each operation with its jobs, its material and what became of it. */
import { convert, type Quantity } from "../../base/quantity.ts";
import type {
  MaterialRequirement,
  OperationsRequest,
  SegmentRequirement,
} from "../../isa95/schedule/operations-request.ts";
import { allocate } from "../../operations/execution/allocation.ts";
import { receiptSegment } from "../../operations/order/operation.ts";
import type { JobOrderRow } from "../ports.ts";
import type { OrderDetail, OrderRecord } from "./order-view.ts";

export interface Yield {
  readonly good: Quantity;
  readonly scrap: Quantity;
}

/** Of the operation that receives the finished goods, over its job orders, in the order's unit. */
export function yieldOf({ request, jobs }: OrderRecord): Yield {
  const segment = receiptSegment(request)?.id;
  const own = jobs.filter((row) => row.jobOrder.segment === segment);
  const sum = (of: (row: JobOrderRow) => bigint): Quantity => total(request, own, of);
  return { good: sum((row) => row.goodMicro), scrap: sum((row) => row.scrapMicro) };
}

/** Job orders are in the operation's unit; where the order's unit cannot say it, the amount stays in its own. */
function total(request: OperationsRequest, rows: readonly JobOrderRow[], of: (row: JobOrderRow) => bigint): Quantity {
  const uom = rows[0]?.jobOrder.quantity.uom ?? request.quantity.uom;
  const micro = rows.reduce((sum, row) => (row.jobOrder.quantity.uom === uom ? sum + of(row) : sum), 0n);
  const converted = convert({ micro, uom }, request.quantity.uom, request.materialFactors);
  return converted.ok ? converted.value.quantity : { micro, uom };
}

export interface LineUse {
  readonly line: MaterialRequirement;
  readonly used: Quantity;
  readonly posted: Quantity;
}

/** What each line of an operation has used and what was posted of it. Lines of one material fill one after the other. */
export function useOf(
  request: OperationsRequest,
  segment: SegmentRequirement,
  detail: OrderDetail,
): readonly LineUse[] {
  const filled = new Map<string, bigint>();
  const used = new Map<string, Quantity>();
  for (const sum of detail.used.filter((u) => u.segment === segment.id)) {
    const lines = segment.materials.filter((line) => line.material === sum.material);
    const shares = allocate(sum.quantity, lines, filled, request.materialFactors);
    if (!shares.ok) continue; // units with no factor between them: a question asks about it
    for (const { requirement, quantity } of shares.value) {
      if (requirement) put(request, used, requirement, quantity);
    }
  }
  const posted = new Map<string, Quantity>();
  for (const { requirement, quantity } of detail.posted) {
    const line = segment.materials.find((l) => l.id === requirement);
    if (line) put(request, posted, line, quantity);
  }
  return segment.materials.map((line) => ({
    line,
    used: used.get(line.id) ?? { micro: 0n, uom: line.quantity.uom },
    posted: posted.get(line.id) ?? { micro: 0n, uom: line.quantity.uom },
  }));
}

function put(request: OperationsRequest, sums: Map<string, Quantity>, line: MaterialRequirement, more: Quantity): void {
  const converted = convert(more, line.quantity.uom, request.materialFactors);
  const quantity = converted.ok ? converted.value.quantity : more;
  const known = sums.get(line.id);
  if (known && known.uom !== quantity.uom) return;
  sums.set(line.id, { micro: (known?.micro ?? 0n) + quantity.micro, uom: quantity.uom });
}

/** Material that an operation has used and no line of it asks for. */
export function unplannedUse(
  segment: SegmentRequirement,
  detail: OrderDetail,
): readonly { readonly material: string; readonly used: Quantity; readonly posted: Quantity }[] {
  const asked = new Set(segment.materials.map((line) => line.material));
  const used = detail.used.filter((u) => u.segment === segment.id && !asked.has(u.material));
  return used.map(({ material, quantity }) => {
    const posted = detail.posted.filter(
      (p) => p.segment === segment.id && p.requirement === null && p.material === material,
    );
    const micro = posted.reduce((sum, p) => (p.quantity.uom === quantity.uom ? sum + p.quantity.micro : sum), 0n);
    return { material, used: quantity, posted: { micro, uom: quantity.uom } };
  });
}
