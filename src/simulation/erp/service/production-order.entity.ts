/** The entity types of orders, operations, components, items and statuses, and how their properties are found. */
import type { Books } from "../books.ts";
import {
  blank,
  date,
  decimal,
  entityType,
  flag,
  text,
  time,
  truth,
  type EntityType,
  type Navigation,
  type Property,
} from "../odata/edm.ts";
import { statusCodes, type Component, type Operation, type Order, type OrderStatus } from "../order.ts";
import type { ErpUnit } from "../unit.ts";

/** An operation with the order it belongs to. */
interface OperationRow {
  readonly order: Order;
  readonly operation: Operation;
}

interface ComponentRow {
  readonly order: Order;
  readonly component: Component;
}

interface StatusRow {
  readonly order: string;
  readonly status: OrderStatus;
}

export function operationRow(order: Order, operation: Operation): object {
  return { order, operation } satisfies OperationRow;
}

export function componentRow(books: Books, number: string, component: Component): object {
  const order = books.order(number);
  return order ? ({ order, component } satisfies ComponentRow) : component;
}

export function statusRow(order: Order, status: OrderStatus): object {
  return { order: order.number, status } satisfies StatusRow;
}

const has = (status: OrderStatus): Property<Order> => flag((order) => order.statuses.has(status));

/** Three names of one unit: shown, ISO, internal. */
function unitProperties<T>(name: string, unitOf: (row: T) => ErpUnit): Record<string, Property<T>> {
  return {
    [name]: text(3, (row) => unitOf(row).shown),
    [`${name}ISOCode`]: text(3, (row) => unitOf(row).iso),
    [`${name}SAPCode`]: text(3, (row) => unitOf(row).internal),
  };
}

const startOfWork = 6 * 3600;
const endOfWork = 22 * 3600;

export const itemType: EntityType = entityType<Order>({
  name: "A_ProductionOrderItem_2Type",
  keys: ["ManufacturingOrder", "ManufacturingOrderItem"],
  properties: {
    ManufacturingOrder: text(12, (order) => order.number),
    ManufacturingOrderItem: text(4, (order) => order.item),
    ManufacturingOrderCategory: text(2, () => "10"),
    ManufacturingOrderType: text(4, () => "YBM1"),
    IsCompletelyDelivered: truth((order) => order.statuses.has("delivered")),
    Material: text(40, (order) => order.material),
    ProductionPlant: text(4, (order) => order.plant),
    Plant: text(4, (order) => order.plant),
    StorageLocation: text(4, (order) => order.storageLocation),
    Batch: blank(10),
    InventoryUsabilityCode: blank(1),
    ...unitProperties<Order>("ProductionUnit", (order) => order.unit),
    MfgOrderItemPlannedTotalQty: decimal((order) => order.quantity),
    MfgOrderItemPlannedScrapQty: decimal(() => 0n),
    MfgOrderItemGoodsReceiptQty: decimal((order) => order.received),
    MfgOrderItemActualDeviationQty: decimal((order) => order.received - order.quantity),
  },
});

export const operationType: EntityType = entityType<OperationRow>({
  name: "A_ProductionOrderOperation_2Type",
  keys: ["OrderInternalBillOfOperations", "OrderIntBillOfOperationsItem"],
  etag: "LastChangeDateTime",
  properties: {
    OrderInternalBillOfOperations: text(10, ({ order }) => order.internalNumber),
    OrderIntBillOfOperationsItem: text(8, ({ operation }) => operation.item),
    ManufacturingOrder: text(12, ({ order }) => order.number),
    ManufacturingOrderSequence: text(6, () => "0"),
    ManufacturingOrderOperation: text(4, ({ operation }) => operation.number),
    ManufacturingOrderSubOperation: blank(4),
    ManufacturingOrderCategory: text(2, () => "10"),
    ManufacturingOrderType: text(4, () => "YBM1"),
    MfgOrderOperationText: text(40, ({ operation }) => operation.text),
    OperationIsCreated: flag(({ order }) => order.statuses.has("created")),
    OperationIsReleased: flag(({ order }) => !order.statuses.has("created")),
    OperationIsConfirmed: flag(({ operation }) => operation.isFinal),
    OperationIsPartiallyConfirmed: flag(
      ({ operation }) => !operation.isFinal && operation.yield + operation.scrap > 0n,
    ),
    OperationIsDeleted: flag(() => false),
    OperationIsTechlyCompleted: flag(({ order }) => order.statuses.has("technically-completed")),
    OperationIsClosed: flag(({ order }) => order.statuses.has("closed")),
    ProductionPlant: text(4, ({ order }) => order.plant),
    WorkCenterTypeCode: text(1, () => "A"),
    WorkCenter: text(8, ({ operation }) => operation.workCenter),
    OperationControlProfile: text(4, ({ operation }) => operation.controlKey.key),
    OpErlstSchedldExecStrtDte: date(({ order }) => order.startDate),
    OpErlstSchedldExecStrtTme: time(() => startOfWork),
    OpErlstSchedldExecEndDte: date(({ order }) => order.endDate),
    OpErlstSchedldExecEndTme: time(() => endOfWork),
    ...unitProperties<OperationRow>("OperationUnit", ({ order }) => order.unit),
    OpPlannedTotalQuantity: decimal(({ operation }) => operation.planned),
    OpTotalConfirmedYieldQty: decimal(({ operation }) => operation.yield),
    OpTotalConfirmedScrapQty: decimal(({ operation }) => operation.scrap),
    WorkCenterStandardWorkQty1: decimal(({ operation }) => BigInt(operation.minutesPerBase) * 1_000_000n),
    WorkCenterStandardWorkQtyUnit1: text(3, () => "MIN"),
    LastChangeDateTime: text(14, ({ operation }) => operation.changedAt),
  },
});

export const componentType: EntityType = entityType<ComponentRow>({
  name: "A_ProductionOrderComponent_4Type",
  keys: ["Reservation", "ReservationItem", "ReservationRecordType"],
  etag: "LastChangeDateTime",
  properties: {
    Reservation: text(10, ({ component }) => component.reservation),
    ReservationItem: text(4, ({ component }) => component.item),
    ReservationRecordType: blank(1),
    Material: text(40, ({ component }) => component.material),
    Plant: text(4, ({ order }) => order.plant),
    ManufacturingOrderCategory: text(2, () => "10"),
    ManufacturingOrderType: text(4, () => "YBM1"),
    ManufacturingOrder: text(12, ({ order }) => order.number),
    ManufacturingOrderSequence: text(6, () => "0"),
    ManufacturingOrderOperation: text(4, ({ component }) => component.operation),
    ProductionPlant: text(4, ({ order }) => order.plant),
    OrderInternalBillOfOperations: text(10, ({ order }) => order.internalNumber),
    MatlCompRequirementDate: date(({ order }) => order.startDate),
    MatlCompRequirementTime: time(() => startOfWork),
    ReservationIsFinallyIssued: truth(({ component }) => component.finallyIssued),
    MatlCompIsMarkedForDeletion: truth(() => false),
    IsBulkMaterialComponent: truth(() => false),
    MatlCompIsMarkedForBackflush: truth(({ component }) => component.backflush),
    BOMItem: text(8, ({ component }) => component.item.padStart(8, "0")),
    BOMItemCategory: text(1, () => "L"),
    BillOfMaterialItemNumber: text(4, ({ component }) => `${component.item}0`.padStart(4, "0")),
    StorageLocation: text(4, ({ component }) => component.storageLocation),
    Batch: text(10, ({ component }) => component.batch),
    GoodsMovementType: text(3, () => "261"),
    MaterialComponentIsPhantomItem: truth(() => false),
    QuantityIsFixed: truth(({ component }) => component.fixed),
    ComponentScrapInPercent: decimal(({ component }) => component.scrapPercent),
    OperationScrapInPercent: decimal(() => 0n),
    ...unitProperties<ComponentRow>("BaseUnit", ({ component }) => component.baseUnit),
    RequiredQuantity: decimal(({ component }) => component.required),
    WithdrawnQuantity: decimal(({ component }) => component.withdrawn),
    ...unitProperties<ComponentRow>("EntryUnit", ({ component }) => component.unit),
    LastChangeDateTime: text(14, ({ order }) => order.changedAt),
  },
});

export const statusType: EntityType = entityType<StatusRow>({
  name: "A_ProductionOrderStatus_2Type",
  keys: ["ManufacturingOrder", "StatusCode"],
  properties: {
    ManufacturingOrder: text(12, ({ order }) => order),
    StatusCode: text(5, ({ status }) => statusCodes[status].code),
    IsUserStatus: truth(() => false),
    StatusShortName: text(4, ({ status }) => statusCodes[status].short),
    StatusName: text(30, ({ status }) => status),
  },
});

const many = <T>(target: () => EntityType, rows: (row: T) => readonly object[]): Navigation<T> => ({
  target,
  cardinality: "many",
  rows,
});

const componentRows = (order: Order): readonly ComponentRow[] =>
  order.components.map((component) => ({ order, component }));

export const orderType: EntityType = entityType<Order>({
  name: "A_ProductionOrder_2Type",
  keys: ["ManufacturingOrder"],
  etag: "LastChangeDateTime",
  properties: {
    ManufacturingOrder: text(12, (order) => order.number),
    ManufacturingOrderCategory: text(2, () => "10"),
    ManufacturingOrderType: text(4, () => "YBM1"),
    ManufacturingOrderImportance: text(1, (order) => order.importance),
    OrderIsCreated: has("created"),
    OrderIsReleased: has("released"),
    OrderIsPartiallyReleased: flag(() => false),
    OrderIsConfirmed: has("confirmed"),
    OrderIsPartiallyConfirmed: has("partially-confirmed"),
    OrderIsDelivered: has("delivered"),
    OrderIsPartiallyDelivered: has("partially-delivered"),
    OrderIsDeleted: flag(() => false),
    OrderIsLocked: has("locked"),
    OrderIsTechnicallyCompleted: has("technically-completed"),
    OrderIsClosed: has("closed"),
    OrderIsMarkedForDeletion: has("marked-for-deletion"),
    LastChangeDateTime: text(14, (order) => order.changedAt),
    Material: text(40, (order) => order.material),
    StorageLocation: text(4, (order) => order.storageLocation),
    OrderInternalBillOfOperations: text(10, (order) => order.internalNumber),
    ProductionPlant: text(4, (order) => order.plant),
    Plant: text(4, (order) => order.plant),
    MRPController: text(3, () => "001"),
    ProductionSupervisor: blank(3),
    ProductionVersion: text(4, () => "0001"),
    SalesOrder: blank(10),
    SalesOrderItem: text(6, () => "0"),
    MfgOrderPlannedStartDate: date((order) => order.startDate),
    MfgOrderPlannedStartTime: time(() => startOfWork),
    MfgOrderPlannedEndDate: date((order) => order.endDate),
    MfgOrderPlannedEndTime: time(() => endOfWork),
    MfgOrderScheduledStartDate: date((order) => order.startDate),
    MfgOrderScheduledStartTime: time(() => startOfWork),
    MfgOrderScheduledEndDate: date((order) => order.endDate),
    MfgOrderScheduledEndTime: time(() => endOfWork),
    ...unitProperties<Order>("ProductionUnit", (order) => order.unit),
    TotalQuantity: decimal((order) => order.quantity),
    MfgOrderPlannedScrapQty: decimal(() => 0n),
    MfgOrderConfirmedYieldQty: decimal(confirmedYield),
    CustomerName: blank(80),
  },
  navigation: {
    to_ProductionOrderComponentExt4: many(() => componentType, componentRows),
    to_ProductionOrderItem: many(
      () => itemType,
      (order) => [order],
    ),
    to_ProductionOrderOperation: many(
      () => operationType,
      (order) => order.operations.map((operation): OperationRow => ({ order, operation })),
    ),
    to_ProductionOrderStatus: many(
      () => statusType,
      (order) => [...order.statuses].map((status): StatusRow => ({ order: order.number, status })),
    ),
  },
});

/** What the last confirmable operation has confirmed. */
function confirmedYield(order: Order): bigint {
  return order.operations.findLast((operation) => operation.controlKey.confirmation !== "none")?.yield ?? 0n;
}
