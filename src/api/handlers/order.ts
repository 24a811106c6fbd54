/** Answers about orders: the list, and one order with its operations. */
import { ok, type Result } from "../../base/result.ts";
import { detailOf, useOf, yieldOf, type SegmentUse } from "../../flows/view/order.ts";
import type { OrderDetail, OrderFilter, OrderRecord } from "../../flows/view/order-view.ts";
import type { Views, ViewStore } from "../../flows/view/store-view.ts";
import type { JobOrderRow } from "../../flows/ports.ts";
import type { SegmentRequirement } from "../../isa95/schedule/operations-request.ts";
import type { Caller } from "../../access/caller.ts";
import type { Permission } from "../../access/permission.ts";
import type { Order, OrderRow } from "../contract/order.ts";
import type { Call, HandlersOf } from "../handler.ts";
import { amountOf, cursorOf, notFound, partsOf, timeOf, timeOrNull, unknownPlace } from "./answer.ts";

/** Lists are counted up to here. */
export const countedMax = 10_000;

export function orderHandlers(ports: {
  readonly views: ViewStore;
}): HandlersOf<"GET /api/v1/orders" | "GET /api/v1/orders/:order"> {
  return {
    "GET /api/v1/orders": ({ caller, query }) => listOrders(ports.views, caller, query),

    "GET /api/v1/orders/:order": ({ caller, params }) => {
      const id = params["order"] ?? "";
      return ports.views.read(async (views) => {
        const found = await visibleOrder(views, caller, id);
        return found ? ok(orderOf(found, await detailOf(views.orders, found))) : notFound("order", id);
      });
    },
  };
}

type Listed = { items: OrderRow[]; next: string | null; total: number; totalIsCapped: boolean };

async function listOrders(
  store: ViewStore,
  caller: Caller,
  query: Call<"GET /api/v1/orders">["query"],
): Promise<Result<Listed>> {
  const place = partsOf(query.cursor, ["string", "string"]);
  if (!place.ok) return place;
  const [sort, after] = place.value ?? [query.sort, null];
  // A cursor belongs to the order in which it was made.
  if (sort !== query.sort) return unknownPlace();
  const visible = caller.visible("order.read");
  const filter: OrderFilter = {
    progress: query.progress ?? null,
    workCenter: query.workCenter ?? null,
    material: query.material ?? null,
    text: query.text?.trim() || null,
    toMend: query.toMend === undefined ? null : query.toMend === "true",
    visible: visible && [...visible],
  };
  return store.read(async (views) => {
    const page = await views.orders.page(filter, query.sort, after === null ? null : String(after), query.limit);
    const total = await views.orders.count(filter, countedMax);
    return ok({
      items: page.orders.map(orderRowOf),
      next: page.next === null ? null : cursorOf([query.sort, page.next]),
      total: Math.min(total, countedMax),
      totalIsCapped: total > countedMax,
    });
  });
}

/** The order when the caller may see it: it has a job at equipment of theirs, or they see the whole site. */
export async function visibleOrder(
  views: Views,
  caller: Caller,
  id: string,
  permission: Permission = "order.read",
): Promise<OrderRecord | null> {
  const visible = caller.visible(permission);
  const order = await views.orders.get(id);
  return order && (visible === null || order.workCenters.some((center) => visible.has(center))) ? order : null;
}

function orderRowOf(record: OrderRecord): OrderRow {
  const { request } = record;
  const made = yieldOf(record);
  return {
    id: request.id,
    erp: request.reference.erp,
    number: request.reference.number,
    material: request.material,
    quantity: amountOf(request.quantity),
    good: amountOf(made.good),
    scrap: amountOf(made.scrap),
    state: request.state,
    progress: record.progress,
    priority: request.priority,
    earliestStart: timeOrNull(request.earliestStart),
    latestEnd: timeOrNull(request.latestEnd),
    operations: request.segments.length,
    workCenters: [...record.workCenters],
    toMend: record.toMend,
    acceptedAt: timeOf(record.acceptedAt),
  };
}

function orderOf(record: OrderRecord, detail: OrderDetail): Order {
  const { request } = record;
  const use = useOf(request, detail);
  return {
    ...orderRowOf(record),
    plant: request.plant,
    receiptLocation: request.receiptLocation?.location ?? null,
    version: String(record.version),
    erpVersion: request.version,
    steps: request.segments.map((segment) => stepOf(record, segment, detail, use.get(segment.id))),
  };
}

function stepOf(
  { jobs }: OrderRecord,
  segment: SegmentRequirement,
  detail: OrderDetail,
  use: SegmentUse | undefined,
): Order["steps"][number] {
  const own = jobs.filter((row) => row.jobOrder.segment === segment.id);
  const asked = (use?.lines ?? []).map(({ line, used, posted, counted }) => ({
    id: line.id,
    material: line.material,
    quantity: amountOf(line.quantity),
    mode: line.mode,
    location: line.at?.location ?? null,
    lot: line.lot,
    used: amountOf(used),
    posted: amountOf(posted),
    counted: counted.map(amountOf),
  }));
  const unplanned = (use?.unplanned ?? []).map(({ material, used, posted }) => ({
    id: "",
    material,
    quantity: amountOf({ micro: 0n, uom: used.uom }),
    mode: "measured",
    location: null,
    lot: null,
    used: amountOf(used),
    posted: amountOf(posted),
    counted: [],
  }));
  return {
    id: segment.id,
    description: segment.description,
    // Ours where it is done here; the ERP's code otherwise.
    workCenter: own[0]?.jobOrder.workCenter ?? segment.workCenter,
    confirmation: segment.rule.confirmation,
    isExternal: segment.rule.external,
    automaticReceipt: segment.rule.automaticReceipt,
    quantity: amountOf(segment.quantity),
    jobs: own.map((row) => jobOf(row, detail)),
    materials: [...asked, ...unplanned],
    final: finalOf(segment, detail),
  };
}

function finalOf(segment: SegmentRequirement, detail: OrderDetail): Order["steps"][number]["final"] {
  const found = detail.finals.find((final) => final.covers.includes(segment.id));
  if (!found) return null;
  const { by } = found;
  const who = by.by === "person" ? { by: by.person, because: by.reason } : { by: "rule", because: by.rule };
  return { at: timeOf(found.at), ...who, confirmed: found.confirmed };
}

function jobOf(row: JobOrderRow, detail: OrderDetail): Order["steps"][number]["jobs"][number] {
  const { jobOrder } = row;
  const { uom } = jobOrder.quantity;
  return {
    id: jobOrder.id,
    workUnit: jobOrder.workUnit,
    state: jobOrder.state,
    quantity: amountOf(jobOrder.quantity),
    good: amountOf({ micro: row.goodMicro, uom }),
    scrap: amountOf({ micro: row.scrapMicro, uom }),
    rework: amountOf({ micro: row.reworkMicro, uom }),
    runs: detail.runs.get(jobOrder.id) ?? 0,
    acknowledgedBy: detail.acknowledgedBy.get(jobOrder.id) ?? null,
  };
}
