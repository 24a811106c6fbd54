/** All confirmations and goods movements of an order, ours and others', in the common language. */
import { ok, type Result } from "../../base/result.ts";
import { guidOf } from "../../base/id.ts";
import { instant, type Instant, type LocalDate } from "../../base/instant.ts";
import { zero } from "../../base/quantity.ts";
import { utc, type TimeZone } from "../../base/site-time.ts";
import type {
  MaterialActual,
  MaterialUse,
  OperationsResponse,
  ResponseDates,
  SegmentResponse,
} from "../../isa95/response/operations-response.ts";
import type { OperationsRequest, SegmentRequirement } from "../../isa95/schedule/operations-request.ts";
import type { ErpDocumentContent } from "../connector.ts";
import type { SapConfig } from "./config.ts";
import { atPlant, readDate, readTime } from "./date.ts";
import { pad, unpad } from "./number.ts";
import { namesIn } from "./order-unit.ts";
import {
  confirmationsOfOrder,
  externalKey,
  movementsOfOrder,
  readPosted,
  type PostedMovement,
  type Reading,
} from "./posted.ts";
import { documentOf } from "./push.ts";
import { flag, text, type Row } from "./row.ts";

/** @fault invalid erp/sap-unit-unknown  a document in a unit that is not known */
export async function documents(
  reading: Reading,
  request: OperationsRequest,
  signal: AbortSignal,
): Promise<Result<readonly ErpDocumentContent[]>> {
  const confirmed = await confirmationsOfOrder(reading, request.reference.number, signal);
  if (!confirmed.ok) return confirmed;
  const moved = await movementsOfOrder(reading, request.reference.number, signal);
  if (!moved.ok) return moved;
  const config = { ...reading.config, units: { ...namesIn(request), ...reading.config.units } };
  const found: ErpDocumentContent[] = [];
  for (const row of confirmed.value) {
    const content = ofConfirmation(row, request, config);
    if (!content.ok) return content;
    if (content.value) found.push(content.value);
  }
  const cancelled = cancelledItems(moved.value);
  for (const movement of moved.value) {
    const content = ofMovement(movement, cancelled, request, config);
    if (!content.ok) return content;
    found.push(...content.value);
  }
  return ok(found);
}

function ofConfirmation(row: Row, request: OperationsRequest, config: SapConfig): Result<ErpDocumentContent | null> {
  const document = documentOf("confirmation", row);
  if (!document) return ok(null);
  const amounts: Record<string, OperationsResponse["segment"]["good"]> = {};
  for (const field of ["ConfirmationYieldQuantity", "ConfirmationScrapQuantity", "ConfirmationReworkQuantity"]) {
    const quantity = readPosted(row, field, "ConfirmationUnit", config);
    if (!quantity.ok) return quantity;
    amounts[field] = quantity.value;
  }
  const id = pad(text(row, "OrderOperation"), 4);
  const sequence = unpad(text(row, "Sequence"));
  const none = zero(request.quantity.uom);
  const segment: SegmentResponse = {
    segment: id,
    sequence: sequence === "0" ? "" : sequence,
    workCenter: text(row, "WorkCenter") || (request.segments.find((one) => one.id === id)?.workCenter ?? ""),
    good: amounts["ConfirmationYieldQuantity"] ?? none,
    scrap: amounts["ConfirmationScrapQuantity"] ?? none,
    rework: amounts["ConfirmationReworkQuantity"] ?? none,
    final: flag(row, "IsFinalConfirmation"),
    materials: [],
  };
  const dates = datesOf(row, config, {
    from: ["ConfirmedExecutionStartDate", "ConfirmedExecutionStartTime"],
    to: ["ConfirmedExecutionEndDate", "ConfirmedExecutionEndTime"],
    recorded: ["ConfirmationEntryDate", "ConfirmationEntryTime"],
    document: "PostingDate",
  });
  return ok({
    document,
    key: keyOfConfirmation(row),
    reversed: flag(row, "IsReversed"),
    response: { reference: request.reference, dates, segment },
  });
}

/** The key stands in the text; a text that a person typed does not hash to the external key beside it. */
function keyOfConfirmation(row: Row): string | null {
  const key = text(row, "ConfirmationText");
  return guidOf(key) === externalKey(row) ? key : null;
}

const moves: Readonly<
  Record<
    string,
    { readonly use: MaterialUse; readonly kind: "goods-receipt" | "goods-issue"; readonly reversal: boolean }
  >
> = {
  "101": { use: "Produced", kind: "goods-receipt", reversal: false },
  "102": { use: "Produced", kind: "goods-receipt", reversal: true },
  "261": { use: "Consumed", kind: "goods-issue", reversal: false },
  "262": { use: "Consumed", kind: "goods-issue", reversal: true },
  "531": { use: "By-product Produced", kind: "goods-receipt", reversal: false },
  "532": { use: "By-product Produced", kind: "goods-receipt", reversal: true },
};

/**
 * Receipts and issues of one material document. Of one that was cancelled in part, what stands and what was taken back are
 * two entries. An item that cancels another one is no movement of its own: the other one says that it was reversed.
 */
function ofMovement(
  { header, items }: PostedMovement,
  cancelled: ReadonlySet<string>,
  request: OperationsRequest,
  config: SapConfig,
): Result<readonly ErpDocumentContent[]> {
  const found: ErpDocumentContent[] = [];
  const own = items.filter((item) => !cancelled.has(cancelsItem(item)));
  for (const kind of ["goods-receipt", "goods-issue"] as const) {
    const ofKind = own.filter((item) => moves[text(item, "GoodsMovementType")]?.kind === kind);
    for (const reversed of [false, true]) {
      const rows = ofKind.filter((item) => flag(item, "GoodsMovementIsCancelled") === reversed);
      const content = ofItems(kind, header, rows, request, config);
      if (!content.ok) return content;
      if (content.value) found.push({ ...content.value, reversed });
    }
  }
  return ok(found);
}

function ofItems(
  kind: "goods-receipt" | "goods-issue",
  header: Row,
  rows: readonly Row[],
  request: OperationsRequest,
  config: SapConfig,
): Result<Omit<ErpDocumentContent, "reversed"> | null> {
  const document = rows[0] && documentOf(kind, rows[0]);
  if (!document) return ok(null);
  const materials: MaterialActual[] = [];
  for (const row of rows) {
    const actual = actualOf(row, request, config);
    if (!actual.ok) return actual;
    materials.push(actual.value);
  }
  const dates = datesOf(header, config, {
    from: [],
    to: [],
    recorded: ["CreationDate", "CreationTime"],
    document: "DocumentDate",
  });
  const segment = segmentOf(kind, materials, request);
  return ok({ document, key: keyOfMovement(header), response: { reference: request.reference, dates, segment } });
}

/** Items that say of themselves that they were cancelled, by number. */
function cancelledItems(movements: readonly PostedMovement[]): ReadonlySet<string> {
  const all = movements.flatMap(({ items }) => items).filter((item) => flag(item, "GoodsMovementIsCancelled"));
  return new Set(
    all.map((item) =>
      itemNumber(
        text(item, "MaterialDocumentYear"),
        text(item, "MaterialDocument"),
        text(item, "MaterialDocumentItem"),
      ),
    ),
  );
}

/** The item that this one cancels; a number that no item has when it cancels none. */
function cancelsItem(item: Row): string {
  return itemNumber(
    text(item, "ReversedMaterialDocumentYear"),
    text(item, "ReversedMaterialDocument"),
    text(item, "ReversedMaterialDocumentItem"),
  );
}

function itemNumber(year: string, document: string, item: string): string {
  return document === "" ? "" : [year, document, item].map(unpad).join("/");
}

function keyOfMovement(header: Row): string | null {
  const key = text(header, "ReferenceDocument");
  return /^[A-HJKMNP-TV-Z0-9]{16}$/.test(key) && key === text(header, "MaterialDocumentHeaderText") ? key : null;
}

function actualOf(row: Row, request: OperationsRequest, config: SapConfig): Result<MaterialActual> {
  const read = readPosted(row, "QuantityInEntryUnit", "EntryUnit", config);
  if (!read.ok) return read;
  const move = moves[text(row, "GoodsMovementType")];
  const micro = move?.reversal ? -read.value.micro : read.value.micro;
  return ok({
    use: move?.use ?? "Consumed",
    stock: {
      material: text(row, "Material"),
      quantity: { micro, uom: read.value.uom },
      at: { plant: text(row, "Plant"), location: text(row, "StorageLocation") },
      lot: text(row, "Batch") || null,
      stockType: stockTypeOf(text(row, "InventoryStockType"), config),
      specialStock: text(row, "InventorySpecialStockType") || null,
    },
    requirement: requirementOf(row, request),
  });
}

function stockTypeOf(code: string, config: SapConfig): "free" | "quality" | "blocked" {
  if (code !== "" && code === config.stockTypes.quality) return "quality";
  return code !== "" && code === config.stockTypes.blocked ? "blocked" : "free";
}

function requirementOf(row: Row, request: OperationsRequest): string | null {
  const [reservation, item] = [unpad(text(row, "Reservation")), unpad(text(row, "ReservationItem"))];
  if (!reservation || reservation === "0") return null;
  const same = ({ id }: { readonly id: string }): boolean => {
    const [r = "", i = ""] = id.split("/");
    return unpad(r) === reservation && unpad(i) === item;
  };
  return (
    request.segments.flatMap(({ materials }) => materials).find(same)?.id ??
    `${text(row, "Reservation")}/${text(row, "ReservationItem")}`
  );
}

/** A movement names no operation: issues belong to the one that asked for the component, receipts to the last. */
function segmentOf(kind: string, materials: readonly MaterialActual[], request: OperationsRequest): SegmentResponse {
  const asking = (segment: SegmentRequirement): boolean =>
    segment.materials.some(({ id }) => materials.some(({ requirement }) => requirement === id));
  const segment = (kind === "goods-issue" ? request.segments.find(asking) : undefined) ?? request.segments.at(-1);
  const none = zero(request.quantity.uom);
  return {
    segment: segment?.id ?? "",
    sequence: segment?.sequence ?? "",
    workCenter: segment?.workCenter ?? "",
    good: none,
    scrap: none,
    rework: none,
    final: false,
    materials,
  };
}

interface DateFields {
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly recorded: readonly string[];
  readonly document: string;
}

/** What SAP does not say falls back to the posting date, midnight at the plant. */
function datesOf(row: Row, config: SapConfig, fields: DateFields): ResponseDates {
  const postingDate: LocalDate =
    readDate(text(row, "PostingDate")) ?? readDate(text(row, "DocumentDate")) ?? "1970-01-01";
  const posted = atPlant(postingDate, 0, config.timeZone);
  const at = ([dateField = "", timeField = ""]: readonly string[], zones = [config.timeZone]): Instant | null => {
    const date = readDate(text(row, dateField));
    const seconds = readTime(text(row, timeField)) ?? 0;
    return date && instant(Math.max(...zones.map((zone) => atPlant(date, seconds, zone))));
  };
  const eventFrom = at(fields.from) ?? posted;
  return {
    eventFrom,
    eventTo: at(fields.to) ?? instant(Math.max(eventFrom, posted)),
    recordedAt: at(fields.recorded, systemZones(config)) ?? posted,
    postingDate,
    documentDate: readDate(text(row, fields.document)) ?? postingDate,
  };
}

/**
 * SAP enters documents by its system's own clock, and names no zone. Unless somebody has said which, the later moment counts: what
 * was keyed during an outage must not look as if it had been there before.
 */
function systemZones({ timeZone, systemTimeZone }: SapConfig): TimeZone[] {
  return systemTimeZone === null ? [timeZone, utc] : [systemTimeZone];
}
