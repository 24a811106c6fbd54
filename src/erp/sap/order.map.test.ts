/** What of a SAP order becomes a request, and what a planner hears when it cannot. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { formatInstant } from "../../base/instant.ts";
import { readOrder } from "./order.map.ts";
import { askedState, readState } from "./order-status.ts";
import { componentRow, config, operationRow, orderRow, requestOf } from "./testing/sample.ts";

const only = (...rows: readonly unknown[]): { results: readonly unknown[] } => ({ results: rows });
const operations = (...rows: readonly unknown[]): Record<string, unknown> => ({
  to_ProductionOrderOperation: only(...rows),
});
const components = (...rows: readonly unknown[]): Record<string, unknown> => ({
  to_ProductionOrderComponentExt4: only(...rows),
});

function faultOf(
  more: Record<string, unknown>,
  settings: Record<string, unknown> = {},
): { code: string; message: string } {
  const read = readOrder(orderRow(more), config(settings));
  assert.ok(!read.ok, "the order was read");
  assert.equal(read.fault.kind, "invalid");
  return read.fault;
}

test("a released order with one operation and one component", () => {
  const request = requestOf(orderRow(), { erp: "s4", company: "1010" });
  assert.equal(request.id, "s4/1010/1000101");
  assert.equal(request.state, "Released");
  assert.deepEqual(request.quantity, { micro: 100_000_000n, uom: "C62" });
  assert.deepEqual(request.receiptLocation, { plant: "PL01", location: "101A" });
  assert.equal(formatInstant(request.earliestStart ?? assert.fail()), "2025-02-03T05:00:00.000Z");
  const [segment] = request.segments;
  assert.equal(segment?.description, "Cut and crimp");
  assert.deepEqual(segment?.materials, [
    {
      id: "5000/1",
      material: "WIRE-1",
      quantity: { micro: 40_000_000_000n, uom: "MMT" },
      at: { plant: "PL01", location: "101C" },
      lot: null,
      mode: "bill",
      fixed: null,
      scrapPpm: 0,
    },
  ]);
});

test("numbers come padded or not and blank fields come as null, blanks or not at all", () => {
  const padded = requestOf(
    orderRow({
      ManufacturingOrder: "000001000101",
      StorageLocation: null,
      ...components(componentRow({ StorageLocation: "   ", Batch: null })),
    }),
  );
  assert.equal(padded.reference.number, "1000101");
  assert.equal(padded.segments[0]?.materials[0]?.at, null);
  assert.equal(padded.segments[0]?.materials[0]?.lot, null);
  const { to_ProductionOrderItem: _, ...without } = orderRow();
  assert.equal(requestOf(without).receiptLocation, null);
  assert.equal(requestOf(without).receiptItem, "0001");
  assert.equal(requestOf(orderRow({ ManufacturingOrder: "A-17" })).reference.number, "A-17");
});

test("operation numbers are four digits, the standard sequence is none, deleted and sub-operations stay out", () => {
  const rows = [
    operationRow({ ManufacturingOrderOperation: "20", ManufacturingOrderSequence: "000000" }),
    operationRow({ ManufacturingOrderOperation: "10" }),
    operationRow({ ManufacturingOrderOperation: "0030", ManufacturingOrderSequence: "000001" }),
    operationRow({ ManufacturingOrderOperation: "0040", OperationIsDeleted: "X" }),
    operationRow({ ManufacturingOrderOperation: "0010", ManufacturingOrderSubOperation: "0010" }),
  ];
  const { segments } = requestOf(orderRow(operations(...rows)));
  assert.deepEqual(
    segments.map(({ id, sequence }) => [id, sequence]),
    [
      ["0010", ""],
      ["0020", ""],
      ["0030", "1"],
    ],
  );
});

test("what a control key means and how use is found is configured; SAP's backflush wins", () => {
  const settings = {
    controlKeys: { YBP1: { confirmation: "milestone", automaticReceipt: true } },
    consumption: { default: "issued", rules: [{ materialPrefix: "WIRE-", mode: "measured" }] },
  };
  const rows = [
    componentRow(),
    componentRow({ ReservationItem: "2", Material: "SEAL", BaseUnit: "PC" }),
    componentRow({ ReservationItem: "3", Material: "WIRE-2", MatlCompIsMarkedForBackflush: true }),
    componentRow({ ReservationItem: "4", Material: "GREASE", IsBulkMaterialComponent: true }),
    componentRow({ ReservationItem: "5", Material: "SETUP", QuantityIsFixed: true, RequiredQuantity: "3" }),
  ];
  const [segment] = requestOf(orderRow(components(...rows)), settings).segments;
  assert.deepEqual(segment?.rule, { confirmation: "milestone", automaticReceipt: true, external: false });
  assert.deepEqual(segment?.materials.map(({ material, mode }) => [material, mode]), [
    ["WIRE-1", "measured"], ["SEAL", "issued"], ["WIRE-2", "erp"], ["GREASE", "erp"], ["SETUP", "issued"],
  ]); // prettier-ignore
  assert.deepEqual(segment?.materials.at(-1)?.fixed, { micro: 3_000_000n, uom: "MMT" });
});

test("deleted, phantom, text and by-product lines are no consumption; a zero line is kept", () => {
  const rows = [
    componentRow({ ReservationItem: "1", MatlCompIsMarkedForDeletion: true }),
    componentRow({ ReservationItem: "2", MaterialComponentIsPhantomItem: "X" }),
    componentRow({ ReservationItem: "3", Material: "", BOMItemCategory: "T" }),
    componentRow({ ReservationItem: "4", GoodsMovementType: "531", RequiredQuantity: "-1" }),
    componentRow({ ReservationItem: "5", RequiredQuantity: "0.000" }),
    componentRow({ ReservationItem: "6", ReservationRecordType: "R", ManufacturingOrderOperation: "" }),
  ];
  const [segment] = requestOf(orderRow(components(...rows))).segments;
  assert.deepEqual(
    segment?.materials.map(({ id }) => id),
    ["5000/5", "5000/6/R"],
  );
});

test("older releases name their components otherwise", () => {
  const { to_ProductionOrderComponentExt4: rows, ...rest } = orderRow();
  for (const name of ["to_ProductionOrderComponentExt", "to_ProductionOrderComponent"]) {
    assert.equal(requestOf({ ...rest, [name]: rows }).segments[0]?.materials.length, 1, name);
  }
});

test("fields that a customer added and standard times travel as parameters under SAP's names", () => {
  const request = requestOf(
    orderRow({
      ZZ1_Drawing_ORD: "D-77",
      ...operations(
        operationRow({
          WorkCenterStandardWorkQty1: "15.000",
          WorkCenterStandardWorkQty2: "0.000",
          YY1_Speed_OPR: "250",
        }),
      ),
    }),
  );
  const parameters = request.segments[0]?.parameters ?? {};
  assert.equal(parameters["ZZ1_Drawing_ORD"], "D-77");
  assert.equal(parameters["YY1_Speed_OPR"], "250");
  assert.equal(parameters["WorkCenterStandardWorkQty1"], "15.000");
  assert.equal("WorkCenterStandardWorkQty2" in parameters, false);
});

test("every thing that is wrong is named, all at once", () => {
  const fault = faultOf({ Material: " ", TotalQuantity: "0.000", ...operations(operationRow({ WorkCenter: "" })) });
  assert.equal(fault.code, "erp/sap-order-material");
  assert.match(
    fault.message,
    /^Order 1000101: No material.*The order has the quantity 0\.000.*Operation 0010 has no work centre/,
  );
});

test("each fault has its code", () => {
  const cases: [string, Record<string, unknown>][] = [
    ["erp/sap-order-quantity", { TotalQuantity: "-1" }],
    ["erp/sap-order-quantity", { TotalQuantity: "many" }],
    ["erp/sap-order-quantity", operations(operationRow({ OpPlannedTotalQuantity: "0" }))],
    ["erp/sap-unit-unknown", { ProductionUnit: "KAR", ProductionUnitISOCode: "", ProductionUnitSAPCode: "" }],
    ["erp/sap-unit-unknown", { ProductionUnit: "", ProductionUnitISOCode: "", ProductionUnitSAPCode: "" }],
    ["erp/sap-unit-unknown", { ProductionUnit: "constructor", ProductionUnitISOCode: "", ProductionUnitSAPCode: "" }],
    ["erp/sap-order-dates", { MfgOrderScheduledEndTime: "PT05H59M59S" }],
    ["erp/sap-order-dates", { MfgOrderScheduledStartDate: "soon" }],
    ["erp/sap-order-dates", { MfgOrderScheduledStartTime: "PT25H00M00S" }],
    ["erp/sap-order-work-center", operations(operationRow({ WorkCenter: null }))],
    ["erp/sap-order-operation", operations()],
    ["erp/sap-order-operation", operations(operationRow(), operationRow({ ManufacturingOrderOperation: "10" }))],
    ["erp/sap-order-component", components(componentRow({ Material: "" }))],
    ["erp/sap-order-component", components(componentRow({ Reservation: "" }))],
    ["erp/sap-order-component", components(componentRow({ RequiredQuantity: "-2" }))],
    ["erp/sap-order-component", components(componentRow({ ManufacturingOrderOperation: "0099" }))],
    ["erp/sap-order-status-unknown", { OrderIsReleased: "", to_ProductionOrderStatus: only() }],
    ["erp/sap-order-status-unknown", { OrderIsReleased: "", to_ProductionOrderStatus: only({ StatusCode: "I0016" }) }],
    ["erp/sap-order-status-unknown", { OrderIsCreated: "X" }],
    ["erp/sap-order-unreadable", { ManufacturingOrder: "" }],
    ["erp/sap-order-unreadable", { ProductionPlant: "" }],
  ]; // prettier-ignore
  for (const [code, more] of cases) assert.equal(faultOf(more).code, code, JSON.stringify(more));
  assert.match(
    faultOf({ ProductionUnit: "KAR", ProductionUnitISOCode: "", ProductionUnitSAPCode: "" }).message,
    /"KAR"/,
  );
});

test("an unknown unit can be configured", () => {
  const row = orderRow({
    ProductionUnit: "KAR",
    ProductionUnitISOCode: "",
    ProductionUnitSAPCode: "",
    ...operations(operationRow({ OperationUnit: "" })),
  });
  assert.equal(requestOf(row, { units: { KAR: "C62" } }).quantity.uom, "C62");
});

test("two units that the settings make one are refused, because an amount in one would be posted in the other", () => {
  const units = { KAR: "C62", ROL: "C62" };
  const component = (BaseUnit: string, ReservationItem: string): Record<string, unknown> =>
    componentRow({ BaseUnit, ReservationItem, RequiredQuantity: "5.000" });
  const components = (...rows: readonly Record<string, unknown>[]): Record<string, unknown> => ({
    to_ProductionOrderComponentExt4: { results: rows },
  });
  const kilograms = { ProductionUnit: "KG", ProductionUnitISOCode: "KGM", ProductionUnitSAPCode: "KG" };
  for (const more of [
    components(component("KAR", "1")),
    { ...kilograms, ...components(component("KAR", "1")) },
    { ...kilograms, ...operations(operationRow({ OperationUnit: "KG" })), ...components(component("KAR", "1"), component("ROL", "2")) }, // prettier-ignore
  ]) {
    const read = readOrder(orderRow(more), config({ units }));
    assert.equal(!read.ok && read.fault.code, "erp/sap-unit-unknown");
  }
  const alone = { ...kilograms, ...operations(operationRow({ OperationUnit: "KG" })), ...components(component("KAR", "1")) }; // prettier-ignore
  assert.equal(requestOf(orderRow(alone), { units }).segments[0]?.parameters["Unit_C62"], "KAR");
});

test("an external operation needs no work centre", () => {
  const row = orderRow(operations(operationRow({ WorkCenter: "", OperationControlProfile: "YBP3" })));
  assert.equal(requestOf(row, { controlKeys: { YBP3: { external: true } } }).segments[0]?.rule.external, true);
});

test("one state out of many flags and codes", () => {
  const codes = (...list: readonly string[]): unknown => only(...list.map((StatusCode) => ({ StatusCode })));
  const none = { OrderIsReleased: "", to_ProductionOrderStatus: only() };
  const cases: [string, Record<string, unknown>][] = [
    ["Released", {}],
    ["Released", { OrderIsPartiallyConfirmed: "X", OrderIsPartiallyDelivered: "X" }],
    ["Released", { OrderIsDelivered: "X" }],
    ["Completed", { OrderIsConfirmed: "X" }],
    ["Forecast", { ...none, OrderIsCreated: "X" }],
    ["Waiting", { ...none, OrderIsPartiallyReleased: "X" }],
    ["Held", { OrderIsLocked: "X" }],
    ["Held", { to_ProductionOrderStatus: codes("I0002", "E0003") }],
    ["Closed", { OrderIsTechnicallyCompleted: "X", OrderIsConfirmed: "X" }],
    ["Closed", { OrderIsClosed: "X" }],
    ["Cancelled", { OrderIsMarkedForDeletion: "X", OrderIsLocked: "X" }],
    ["Cancelled", { OrderIsDeleted: "X" }],
    ["Released", { ...none, to_ProductionOrderStatus: codes("I0002", "I0010") }],
    ["Completed", { ...none, to_ProductionOrderStatus: codes("I0002", "I0009") }],
    ["Forecast", { ...none, to_ProductionOrderStatus: codes("I0001") }],
    ["Waiting", { ...none, to_ProductionOrderStatus: codes("I0042") }],
    ["Held", { to_ProductionOrderStatus: codes("I0002", "I0043") }],
    ["Closed", { to_ProductionOrderStatus: codes("I0002", "I0045") }],
    ["Released", { to_ProductionOrderStatus: codes("I0001", "I0002") }],
  ]; // prettier-ignore
  for (const [state, more] of cases) {
    const read = readState(orderRow(more), ["E0003"]);
    assert.equal(read.ok && read.value, state, JSON.stringify(more));
  }
  assert.equal(askedState("Completed", orderRow({ OrderIsConfirmed: "X" })), "Released");
  assert.equal(askedState("Held", orderRow({ OrderIsLocked: "X" })), "Held");
});
