/**
 * Reading new and changed orders by their change stamp, with overlap, page by page; and the identity of what was read.
 * The mapping itself is order.map.ts.
 */
import { fail, ok, type Result } from "../../base/result.ts";
import { contentId } from "../../base/id.ts";
import { toJson } from "../../base/json.ts";
import type { OperationsRequest } from "../../isa95/schedule/operations-request.ts";
import type { InboundMessage, Page } from "../connector.ts";
import type { SapClient } from "./client.ts";
import type { SapConfig } from "./config.ts";
import { readCursor, remembersAll, sight, writeCursor, type Cursor } from "./cursor.ts";
import { stampBefore } from "./date.ts";
import { unpad } from "./number.ts";
import { readOrder } from "./order.map.ts";
import { askedState } from "./order-status.ts";
import { children, flag, isRow, parseJson, text, type Row } from "./row.ts";
import { operationNavigation, orderQuery, orderSet, type SapModel } from "./service.ts";

const mediaType = "application/json";
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export interface Pulling {
  readonly client: SapClient;
  readonly config: SapConfig;
  readonly model: SapModel;
}

export async function pull(
  { client, config, model }: Pulling,
  cursorText: string | null,
  signal: AbortSignal,
): Promise<Result<Page>> {
  const read = readCursor(cursorText);
  if (!read.ok) return read;
  const cursor = read.value;
  const rows = await client.rows(orderPath(config, model, cursor), "production orders", signal);
  if (!rows.ok) return rows;
  const seen = new Map(cursor.seen);
  const messages: InboundMessage[] = [];
  for (const row of rows.value) {
    if (!isWanted(row, config, seen)) continue;
    const message = messageOf(row, config, seen);
    if (message) messages.push(message);
  }
  const newest = rows.value.map(stampOf).reduce((max, stamp) => (stamp > max ? stamp : max), cursor.newest);
  const more = rows.value.length >= config.pageSize;
  const after = more ? placeAfter(rows.value) : null;
  const from = more ? cursor.from : stampBefore(newest, config.overlapSeconds);
  return ok({ messages, cursor: writeCursor({ from, after, newest, seen }), more });
}

/** The last stamp is read again from its start, unless the whole page bore it: then from the last order on. */
function placeAfter(rows: readonly Row[]): Cursor["after"] {
  const [first, last] = [rows.at(0), rows.at(-1)];
  if (!first || !last) return null;
  const stuck = stampOf(first) === stampOf(last);
  return { stamp: stampOf(last), number: stuck ? text(last, "ManufacturingOrder") : null };
}

function stampOf(row: Row): string {
  return text(row, "LastChangeDateTime");
}

/** The original row of an order, as it came. @fault invalid erp/sap-order-unreadable */
export function interpret(message: InboundMessage, config: SapConfig): Result<OperationsRequest> {
  let row: unknown;
  try {
    row = parseJson(decoder.decode(message.bytes));
  } catch {
    row = null;
  }
  return isRow(row)
    ? readOrder(row, config)
    : fail("invalid", "erp/sap-order-unreadable", `Order ${message.number} is no order of SAP.`);
}

function orderPath(config: SapConfig, model: SapModel, cursor: Cursor): string {
  const { select, expand } = orderQuery(model.order);
  const filters: string[] = [];
  if (config.plants)
    filters.push(`(${config.plants.map((plant) => `ProductionPlant eq ${literal(plant)}`).join(" or ")})`);
  // Later scans also want orders that were taken back since; the first only those that can still be made.
  if (cursor.from === "") filters.push(...firstScan(model));
  else filters.push(`LastChangeDateTime ge ${literal(cursor.from)}`);
  if (cursor.after) {
    const { number } = cursor.after;
    const stamp = literal(cursor.after.stamp);
    const inside = `(LastChangeDateTime gt ${stamp} or (LastChangeDateTime eq ${stamp} and ManufacturingOrder gt ${literal(number ?? "")}))`;
    filters.push(number === null ? `LastChangeDateTime ge ${stamp}` : inside);
  }
  const query = {
    $select: select,
    $expand: expand,
    $filter: filters.join(" and "),
    $orderby: "LastChangeDateTime,ManufacturingOrder",
    $top: String(config.pageSize),
  };
  const parts = Object.entries(query)
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return `${config.services.order}/${orderSet}?${parts.join("&")}`;
}

function firstScan(model: SapModel): readonly string[] {
  const properties = model.order.types.get(model.order.sets.get(orderSet) ?? "")?.properties;
  const partly = properties?.has("OrderIsPartiallyReleased")
    ? "(OrderIsReleased eq 'X' or OrderIsPartiallyReleased eq 'X')"
    : "OrderIsReleased eq 'X'";
  const over = overFlags.filter((name) => properties?.has(name));
  return [partly, ...over.map((name) => `${name} ne 'X'`)];
}

export function literal(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

const overFlags = [
  "OrderIsTechnicallyCompleted",
  "OrderIsClosed",
  "OrderIsDeleted",
  "OrderIsMarkedForDeletion",
  "OrderIsConfirmed",
];

/**
 * Left out: what was never released, what was over before we ever heard of it, and what is no work for us. An order
 * that was delivered before is always wanted; when some were forgotten, one that is over may have been among them.
 */
function isWanted(row: Row, config: SapConfig, seen: ReadonlyMap<string, unknown>): boolean {
  if (seen.has(unpad(text(row, "ManufacturingOrder")))) return true;
  const isReleased = flag(row, "OrderIsReleased") || flag(row, "OrderIsPartiallyReleased");
  if (flag(row, "OrderIsCreated") && !isReleased) return false;
  if (overFlags.some((name) => flag(row, name)) && remembersAll(seen)) return false;
  const centers = config.workCenters;
  return (
    !centers || children(row, operationNavigation).some((operation) => centers.includes(text(operation, "WorkCenter")))
  );
}

function messageOf(row: Row, config: SapConfig, seen: Map<string, string>): InboundMessage | null {
  const number = unpad(text(row, "ManufacturingOrder"));
  const content = contentOf(row, config).slice(0, 16);
  if (!sight(seen, number, content)) return null;
  return {
    // The inbox forgets nothing, the cursor does: without the stamp an order that comes back to what it was would be known.
    idempotencyKey: `${number}/${content}/${stampOf(row)}`,
    noun: "order",
    number,
    bytes: encoder.encode(JSON.stringify(row)),
    mediaType,
  };
}

/** Hash of what is asked, without what execution changes: our own postings never make another order of it. */
function contentOf(row: Row, config: SapConfig): string {
  const read = readOrder(row, config);
  if (!read.ok) return contentId("unreadable", read.fault.message);
  const asked = { ...read.value, version: "", state: askedState(read.value.state, row) };
  return contentId(toJson(asked));
}
