/** Orders as a person reads them: each operation with its jobs, its material and what became of it. */
import { convert, type Quantity } from "../../base/quantity.ts";
import type {
  MaterialRequirement,
  OperationsRequest,
  SegmentRequirement,
} from "../../isa95/schedule/operations-request.ts";
import { receiptSegment } from "../../operations/order/operation.ts";
import type { JobOrderRow } from "../ports.ts";
import { countedPerLine, isCountedUse, postedPerLine, unclearUses, usedPerLine, type LineAmounts } from "./line-use.ts";
import type { OrderDetail, OrderRecord, OrderView } from "./order-view.ts";

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

/**
 * With the uses told apart whose line only their rule tells. What was counted and is used stands with what is used; *counted*
 * is what the bill alone speaks for.
 */
export async function detailOf(view: OrderView, { request }: OrderRecord): Promise<OrderDetail> {
  const kept = await view.detail(request.id);
  const counted = kept.counted.filter((one) => !isCountedUse(request, one));
  const detail = { ...kept, used: [...kept.used, ...kept.counted.filter((one) => !counted.includes(one))], counted };
  const unclear = unclearUses(request, detail.used);
  if (unclear.length === 0) return detail;
  const told = await view.usedByRule(request.id, unclear);
  return { ...detail, used: [...detail.used.filter((one) => !unclear.includes(one)), ...told] };
}

export interface LineUse {
  readonly line: MaterialRequirement;
  readonly used: Quantity;
  readonly posted: Quantity;
  /** What machines have counted of a component for which the bill alone speaks, one for each unit that has no factor to the line's. */
  readonly counted: readonly Quantity[];
}

export interface UnplannedUse {
  readonly material: string;
  readonly used: Quantity;
  readonly posted: Quantity;
}

export interface SegmentUse {
  readonly lines: readonly LineUse[];
  /** Material that the operation has used, or that was posted of it, and that no line asks for. */
  readonly unplanned: readonly UnplannedUse[];
}

/** What each operation has used and what was posted of it, by operation. */
export function useOf(
  request: OperationsRequest,
  detail: Pick<OrderDetail, "used" | "posted" | "counted">,
): ReadonlyMap<string, SegmentUse> {
  const used = usedPerLine(request, detail.used);
  const posted = postedPerLine(request, detail.posted);
  const counted = countedPerLine(request, detail.counted);
  return new Map(
    request.segments.map((segment) => {
      const none = (line: MaterialRequirement): Quantity => ({ micro: 0n, uom: line.quantity.uom });
      const lines = segment.materials.map((line) => ({
        line,
        used: used.of.get(line) ?? none(line),
        posted: posted.of.get(line) ?? none(line),
        counted: counted.get(line) ?? [],
      }));
      return [segment.id, { lines, unplanned: unplannedOf(segment, used, posted) }];
    }),
  );
}

function unplannedOf({ id }: SegmentRequirement, used: LineAmounts, posted: LineAmounts): readonly UnplannedUse[] {
  const own = [...used.unplanned, ...posted.unplanned].filter(({ segment }) => segment === id);
  return [...Map.groupBy(own, ({ material, quantity }) => `${quantity.uom} ${material}`).values()].flatMap((same) => {
    const [first] = same;
    if (!first) return [];
    const { material, quantity } = first;
    const sum = ({ unplanned }: LineAmounts): Quantity => ({
      micro: unplanned
        .filter((one) => one.segment === id && one.material === material && one.quantity.uom === quantity.uom)
        .reduce((micro, one) => micro + one.quantity.micro, 0n),
      uom: quantity.uom,
    });
    return [{ material, used: sum(used), posted: sum(posted) }];
  });
}
