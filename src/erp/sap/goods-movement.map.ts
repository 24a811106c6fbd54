/**
 * OperationsResponse → material document: receipt of what was made (101 against the order item) or issue of what was
 * used (261 against the reservation, or against the order for a component it does not list). Pure. Reversals are not
 * written as negative lines.
 */
import { fail, ok, type Result } from "../../base/result.ts";
import type { MaterialActual, OperationsResponse } from "../../isa95/response/operations-response.ts";
import type { OperationsRequest } from "../../isa95/schedule/operations-request.ts";
import type { Envelope } from "../connector.ts";
import { writeAmount } from "./amount.ts";
import type { SapConfig } from "./config.ts";
import { writeDate } from "./date.ts";
import { fit, freeze, jsonHeaders, repeatabilityHeaders } from "./envelope.ts";
import { typeOfSet } from "./metadata.ts";
import { writeOrderNumber } from "./order-accepted.map.ts";
import type { Row } from "./row.ts";
import { documentItems, documentSet, type SapModel } from "./service.ts";

const forms = {
  "goods-receipt": { use: "Produced", code: "02", movement: "101" },
  "goods-issue": { use: "Consumed", code: "03", movement: "261" },
} as const;

/**
 * @fault invalid erp/sap-empty             nothing to book
 * @fault invalid erp/sap-material-use      a receipt that consumes, an issue that produces, by- and co-products
 * @fault invalid erp/sap-storage-location  SAP needs one and none is known for the material
 * @fault invalid erp/sap-stock-type        no InventoryStockType configured for quality or blocked stock
 * @fault invalid erp/sap-special-stock     special stock is not posted
 * @fault invalid erp/sap-negative, erp/sap-precision, erp/sap-unit-unknown, erp/sap-too-long
 */
export function composeGoodsMovement(
  key: string,
  request: OperationsRequest,
  { kind, response }: { readonly kind: keyof typeof forms; readonly response: OperationsResponse },
  { config, model }: { readonly config: SapConfig; readonly model: SapModel | null },
): Result<Envelope> {
  const { segment, dates } = response;
  const form = forms[kind];
  if (segment.materials.length === 0) {
    return fail(
      "invalid",
      "erp/sap-empty",
      `Order ${request.reference.number}: a ${kind} without material cannot be booked.`,
    );
  }
  const items: Row[] = [];
  for (const actual of segment.materials) {
    if (actual.use !== form.use) {
      return fail(
        "invalid",
        "erp/sap-material-use",
        `${actual.stock.material}: "${actual.use}" cannot be booked as a ${kind} in SAP.`,
      );
    }
    const item = itemOf(actual, kind, request, config);
    if (!item.ok) return item;
    items.push(item.value);
  }
  const body: Row = {
    GoodsMovementCode: form.code,
    PostingDate: writeDate(dates.postingDate),
    DocumentDate: writeDate(dates.documentDate),
    ReferenceDocument: key,
    MaterialDocumentHeaderText: key,
    [documentItems]: items,
  };
  const fitted = fit(
    body,
    model ? typeOfSet(model.materialDocument, documentSet) : undefined,
    model?.materialDocument ?? null,
  );
  if (!fitted.ok) return fitted;
  const headers = { ...jsonHeaders, ...(config.repeatability ? repeatabilityHeaders(key, dates.recordedAt) : {}) };
  const path = `${config.services.materialDocument}/${documentSet}`;
  return ok(freeze(key, kind, { method: "POST", path, headers, body: JSON.stringify(fitted.value) }));
}

function itemOf(
  actual: MaterialActual,
  kind: keyof typeof forms,
  request: OperationsRequest,
  config: SapConfig,
): Result<Row> {
  const { material, quantity, at, lot, stockType, specialStock } = actual.stock;
  const written = writeAmount(quantity, `Material ${material}`, request, config);
  if (!written.ok) return written;
  if (quantity.micro === 0n)
    return fail("invalid", "erp/sap-empty", `Material ${material}: an amount of zero cannot be booked.`);
  if (!at.plant.trim() || !at.location.trim()) {
    const words = `No storage location is known for material ${material} of order ${request.reference.number}.`;
    return fail(
      "invalid",
      "erp/sap-storage-location",
      `${words} Name one in the order in SAP or in the site's policy.`,
    );
  }
  if (specialStock !== null) {
    return fail(
      "invalid",
      "erp/sap-special-stock",
      `Material ${material}: special stock (${specialStock}) is not posted to SAP.`,
    );
  }
  const stock = stockType === "free" ? "" : config.stockTypes[stockType];
  if (stock === undefined) {
    return fail(
      "invalid",
      "erp/sap-stock-type",
      `Material ${material}: "stockTypes" of the SAP connection does not name ${stockType} stock.`,
    );
  }
  return ok({
    Material: material,
    Plant: at.plant,
    StorageLocation: at.location,
    ...(lot === null ? {} : { Batch: lot }),
    ...(stock === "" ? {} : { InventoryStockType: stock }),
    GoodsMovementType: forms[kind].movement,
    ManufacturingOrder: writeOrderNumber(request, config),
    ...(kind === "goods-receipt" ? receiptLine(request) : issueLine(actual.requirement)),
    EntryUnit: written.value.unit,
    QuantityInEntryUnit: written.value.amount,
  });
}

function receiptLine(request: OperationsRequest): Row {
  return { ManufacturingOrderItem: request.receiptItem, GoodsMovementRefDocType: "F" };
}

/** A requirement is `reservation/item` or `reservation/item/record type`, see component.map.ts. */
function issueLine(requirement: string | null): Row {
  if (requirement === null) return {};
  const [reservation = "", item = "", recordType] = requirement.split("/");
  return {
    Reservation: reservation,
    ReservationItem: item,
    ...(recordType ? { ReservationItemRecordType: recordType } : {}),
  };
}
