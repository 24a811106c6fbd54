/** What a response becomes in SAP's words, and what is refused before it travels. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { guidOf } from "../../base/id.ts";
import { instant } from "../../base/instant.ts";
import { whole } from "../../base/quantity.ts";
import { unwrap, type Result } from "../../base/result.ts";
import type { MaterialActual } from "../../isa95/response/operations-response.ts";
import type { Envelope } from "../connector.ts";
import { composeConfirmation } from "./confirmation.map.ts";
import { thaw } from "./envelope.ts";
import { composeGoodsMovement } from "./goods-movement.map.ts";
import { readMetadata } from "./metadata.ts";
import { composeOrderAccepted } from "./order-accepted.map.ts";
import type { SapModel } from "./service.ts";
import { confirmationEntities, documentEntities, edmx, orderEntities } from "./testing/edmx.ts";
import { componentRow, config, made, operationRow, orderRow, requestOf, response, used } from "./testing/sample.ts";

const key = "ABCDEFGHJKMNPQRS";
const model: SapModel = {
  order: unwrap(readMetadata("o", edmx("O", orderEntities))),
  confirmation: unwrap(readMetadata("c", edmx("C", confirmationEntities))),
  materialDocument: unwrap(readMetadata("d", edmx("D", documentEntities))),
};

type Body = Record<string, unknown> & { to_MaterialDocumentItem?: readonly Record<string, unknown>[] };

function bodyOf(composed: Result<Envelope>): Body {
  const write = unwrap(thaw(unwrap(composed)));
  return JSON.parse(write.body ?? "null") as Body; // written by the map under test
}

function confirm(
  more: Parameters<typeof response>[0] = {},
  row = orderRow(),
  settings: Record<string, unknown> = {},
  dates: Parameters<typeof response>[1] = {},
): Result<Envelope> {
  return composeConfirmation(key, requestOf(row, settings), response(more, dates), { config: config(settings), model });
}

function move(
  kind: "goods-receipt" | "goods-issue",
  materials: readonly MaterialActual[],
  settings: Record<string, unknown> = {},
): Result<Envelope> {
  return composeGoodsMovement(
    key,
    requestOf(orderRow(), settings),
    { kind, response: response({ materials }) },
    { config: config(settings), model },
  );
}

const codeOf = (result: Result<unknown>): string => (result.ok ? "none" : result.fault.code);
const stockOf = (actual: MaterialActual, more: Partial<MaterialActual["stock"]>): MaterialActual => ({
  ...actual,
  stock: { ...actual.stock, ...more },
});

test("a confirmation is complete, keyed and moves no goods", () => {
  assert.deepEqual(bodyOf(confirm()), {
    OrderID: "1000101",
    Sequence: "0",
    OrderOperation: "0010",
    ConfirmationText: key,
    ExternalSystemConfirmation: guidOf(key),
    ConfirmationUnit: "PC",
    ConfirmationYieldQuantity: "5",
    ConfirmationScrapQuantity: "1",
    ConfirmationReworkQuantity: "0",
    IsFinalConfirmation: false,
    OpenReservationsIsCleared: false,
    APIConfHasNoGoodsMovements: true,
    PostingDate: "/Date(1738540800000)/",
    ConfirmedExecutionStartDate: "/Date(1738540800000)/",
    ConfirmedExecutionStartTime: "PT09H00M00S",
    ConfirmedExecutionEndDate: "/Date(1738540800000)/",
    ConfirmedExecutionEndTime: "PT10H00M00S",
  });
});

test("a final confirmation clears reservations unless told otherwise", () => {
  assert.equal(bodyOf(confirm({ final: true }))["OpenReservationsIsCleared"], true);
  assert.equal(
    bodyOf(confirm({ final: true }, orderRow(), { clearReservations: false }))["OpenReservationsIsCleared"],
    false,
  );
});

test("SAP's own goods movements are left on exactly where it books and we do not", () => {
  const suppressed = (
    row: Record<string, unknown>,
    segment = "0010",
    settings: Record<string, unknown> = {},
  ): unknown => bodyOf(confirm({ segment }, row, settings))["APIConfHasNoGoodsMovements"];
  const two = (backflushAt: string): Record<string, unknown> => orderRow({
    to_ProductionOrderOperation: { results: [operationRow(), operationRow({ ManufacturingOrderOperation: "0020", OperationControlProfile: "LAST" })] },
    to_ProductionOrderComponentExt4: { results: [componentRow(), componentRow({ ReservationItem: "2", ManufacturingOrderOperation: backflushAt, MatlCompIsMarkedForBackflush: true })] },
  }); // prettier-ignore
  assert.equal(suppressed(two("0010"), "0010"), false);
  assert.equal(suppressed(two("0010"), "0020"), true);
  assert.equal(suppressed(two("0010"), "0020", { controlKeys: { LAST: { confirmation: "milestone" } } }), false);
  assert.equal(suppressed(two("0020"), "0010", { controlKeys: { YBP1: { confirmation: "milestone" } } }), true);
  assert.equal(suppressed(orderRow(), "0010", { controlKeys: { YBP1: { automaticReceipt: true } } }), false);
});

test("in the hour that comes twice the end is never written before the start", () => {
  // 26 October 2025, Warsaw: 00:50 UTC is 02:50 summer time, 01:10 UTC is 02:10 winter time.
  const dates = { eventFrom: instant(Date.UTC(2025, 9, 26, 0, 50)), eventTo: instant(Date.UTC(2025, 9, 26, 1, 10)) };
  const body = bodyOf(confirm({}, orderRow(), {}, dates));
  assert.equal(body["ConfirmedExecutionStartTime"], "PT02H50M00S");
  assert.equal(body["ConfirmedExecutionEndTime"], "PT02H50M00S");
});

test("a receipt stands against the order item, an issue against the reservation", () => {
  const receipt = bodyOf(move("goods-receipt", [made]));
  assert.equal(receipt["GoodsMovementCode"], "02");
  assert.equal(receipt["ReferenceDocument"], key);
  assert.equal(receipt["MaterialDocumentHeaderText"], key);
  assert.deepEqual(receipt.to_MaterialDocumentItem, [
    { Material: "FG-100", Plant: "PL01", StorageLocation: "101A", GoodsMovementType: "101", ManufacturingOrder: "1000101", ManufacturingOrderItem: "0001", GoodsMovementRefDocType: "F", EntryUnit: "PC", QuantityInEntryUnit: "5" },
  ]); // prettier-ignore
  const issue = bodyOf(move("goods-issue", [stockOf(used, { lot: "L7" }), { ...used, requirement: null }]));
  assert.equal(issue["GoodsMovementCode"], "03");
  const line = {
    Material: "WIRE-1",
    Plant: "PL01",
    StorageLocation: "101C",
    GoodsMovementType: "261",
    ManufacturingOrder: "1000101",
    EntryUnit: "MM",
    QuantityInEntryUnit: "2000",
  };
  assert.deepEqual(issue.to_MaterialDocumentItem, [
    { ...line, Batch: "L7", Reservation: "5000", ReservationItem: "1" },
    line,
  ]);
});

test("units go back under the name that the order used, else by table and language", () => {
  const german = orderRow({ ProductionUnit: "ST" });
  assert.equal(
    bodyOf(composeConfirmation(key, requestOf(german), response(), { config: config(), model }))["ConfirmationUnit"],
    "ST",
  );
  const inKilograms = orderRow({ ProductionUnit: "KG", ProductionUnitISOCode: "KGM", ProductionUnitSAPCode: "KG" });
  const configured = config({ units: { KAR: "C62" } });
  const ofOperation = composeConfirmation(key, requestOf(inKilograms), response(), { config: configured, model });
  assert.equal(bodyOf(ofOperation)["ConfirmationUnit"], "PC", "an operation has a unit of its own");
  const kilograms = stockOf({ ...used, requirement: null }, { quantity: whole(1, "KGM") });
  assert.equal(bodyOf(move("goods-issue", [kilograms])).to_MaterialDocumentItem?.[0]?.["EntryUnit"], "KG");
  const hours = stockOf({ ...used, requirement: null }, { quantity: whole(1, "HUR") });
  assert.equal(
    bodyOf(move("goods-issue", [hours], { language: "DE" })).to_MaterialDocumentItem?.[0]?.["EntryUnit"],
    "STD",
  );
  assert.equal(
    bodyOf(move("goods-issue", [hours], { units: { UUR: "HUR" } })).to_MaterialDocumentItem?.[0]?.["EntryUnit"],
    "UUR",
  );
});

test("nothing that SAP would misread leaves", () => {
  const micro = (amount: bigint, uom = "MMT"): MaterialActual => stockOf(used, { quantity: { micro: amount, uom } });
  const cases: [string, Result<unknown>][] = [
    ["erp/sap-operation", confirm({ segment: "0099" })],
    ["erp/sap-negative", confirm({ good: whole(-1, "C62") })],
    ["erp/sap-negative", confirm({ scrap: whole(-1, "C62") })],
    ["erp/sap-precision", confirm({ good: { micro: 1_000_100n, uom: "C62" } })],
    ["erp/sap-unit-mixed", confirm({ scrap: whole(1, "KGM") })],
    ["erp/sap-negative", move("goods-issue", [micro(-1_000_000n)])],
    ["erp/sap-precision", move("goods-issue", [micro(999n)])],
    ["erp/sap-empty", move("goods-issue", [micro(0n)])],
    ["erp/sap-empty", move("goods-receipt", [])],
    ["erp/sap-unit-unknown", move("goods-issue", [micro(1_000_000n, "XYZ")])],
    ["erp/sap-material-use", move("goods-issue", [made])],
    ["erp/sap-material-use", move("goods-receipt", [{ ...made, use: "By-product Produced" }])],
    ["erp/sap-storage-location", move("goods-issue", [stockOf(used, { at: { plant: "PL01", location: " " } })])],
    ["erp/sap-stock-type", move("goods-receipt", [stockOf(made, { stockType: "quality" })])],
    ["erp/sap-special-stock", move("goods-receipt", [stockOf(made, { specialStock: "E" })])],
    ["erp/sap-too-long", move("goods-receipt", [stockOf(made, { lot: "LOT-4711-001" })])],
  ]; // prettier-ignore
  for (const [code, result] of cases) assert.equal(codeOf(result), code);
  const missing = move("goods-issue", [stockOf(used, { at: { plant: "PL01", location: "" } })]);
  assert.match(missing.ok ? "" : missing.fault.message, /WIRE-1.*1000101/);
  assert.equal(
    codeOf(move("goods-receipt", [stockOf(made, { stockType: "quality" })], { stockTypes: { quality: "02" } })),
    "none",
  );
});

test("a body is cut to what the release has; without metadata nothing is cut", () => {
  const poor = confirmationEntities.map((entity) => {
    const { ConfirmationReworkQuantity: _, ConfirmedExecutionStartTime: __, ...properties } = entity.properties;
    return { ...entity, properties };
  });
  const old: SapModel = { ...model, confirmation: unwrap(readMetadata("c", edmx("C", poor))) };
  const body = bodyOf(composeConfirmation(key, requestOf(orderRow()), response(), { config: config(), model: old }));
  assert.equal("ConfirmationReworkQuantity" in body, false);
  assert.equal("ConfirmedExecutionStartTime" in body, false);
  assert.equal("ConfirmationYieldQuantity" in body, true);
  const blind = bodyOf(composeConfirmation(key, requestOf(orderRow()), response(), { config: config(), model: null }));
  assert.equal("ConfirmationReworkQuantity" in blind, true);
});

test("rework that the release cannot take is refused, not dropped", () => {
  const properties = Object.fromEntries(
    Object.entries(confirmationEntities[0]?.properties ?? {}).filter(([name]) => name !== "ConfirmationReworkQuantity"),
  );
  const old: SapModel = {
    ...model,
    confirmation: unwrap(readMetadata("c", edmx("C", [{ set: "ProdnOrdConf2", properties }]))),
  };
  const composed = composeConfirmation(key, requestOf(orderRow()), response({ rework: whole(2, "C62") }), {
    config: config(),
    model: old,
  });
  assert.equal(codeOf(composed), "erp/sap-field");
});

test("order numbers are padded where the system wants it, and odd ones are quoted", () => {
  const settings = { padOrderNumbers: true };
  assert.equal(bodyOf(confirm({}, orderRow(), settings))["OrderID"], "000001000101");
  const odd = unwrap(composeOrderAccepted(key, requestOf(orderRow({ ManufacturingOrder: "O'1&2" })), config()));
  assert.equal(unwrap(thaw(odd)).path, "API_PRODUCTION_ORDER_2_SRV/OrderReleasedByMES?ManufacturingOrder='O''1%262'");
});
