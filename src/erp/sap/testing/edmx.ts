/** Minimal `$metadata` texts with the names this connector uses; written here, not taken from SAP. For tests. */

export interface EdmxEntity {
  readonly set: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly navigations?: Readonly<Record<string, string>>;
}

/** @param entities  property → type with options, e.g. `String:40`, `Decimal`, `Guid!` (not filterable) */
export function edmx(service: string, entities: readonly EdmxEntity[], functions: readonly string[] = []): string {
  const types = entities.map(({ set, properties, navigations = {} }) => {
    const fields = Object.entries(properties).map(([name, spec]) => property(name, spec));
    const links = Object.keys(navigations).map(
      (name) =>
        `<NavigationProperty Name="${name}" Relationship="${service}.a_${set}_${name}" FromRole="F" ToRole="T"/>`,
    );
    return `<EntityType Name="${set}Type"><Key/>${fields.join("")}${links.join("")}</EntityType>`;
  });
  const associations = entities.flatMap(({ set, navigations = {} }) =>
    Object.entries(navigations).map(
      ([name, target]) =>
        `<Association Name="a_${set}_${name}"><End Type="${service}.${set}Type" Multiplicity="1" Role="F"/><End Type="${service}.${target}Type" Multiplicity="*" Role="T"/></Association>`,
    ),
  );
  const sets = entities.map(({ set }) => `<EntitySet Name="${set}" EntityType="${service}.${set}Type"/>`);
  const calls = functions.map(
    (name) =>
      `<FunctionImport Name="${name}" m:HttpMethod="POST"><Parameter Name="ManufacturingOrder" Type="Edm.String" Mode="In"/></FunctionImport>`,
  );
  return `<?xml version="1.0" encoding="utf-8"?><!-- for tests --><edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx"><edmx:DataServices><Schema Namespace="${service}">${types.join("")}${associations.join("")}<EntityContainer Name="C">${sets.join("")}${calls.join("")}</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>`;
}

function property(name: string, spec: string): string {
  const [kind = "", length] = spec.replace("!", "").split(":");
  const filterable = spec.includes("!") ? ' sap:filterable="false"' : "";
  const size = length ? ` MaxLength="${length}"` : "";
  return `<Property Name="${name}" Type="Edm.${kind}"${size}${kind === "Decimal" ? ' Precision="13" Scale="3"' : ""}${filterable}/>`;
}

const strings = (names: string, length = 40): Record<string, string> =>
  Object.fromEntries(names.split(" ").map((name) => [name, `String:${length}`]));
const of = (kind: string, names: string): Record<string, string> =>
  Object.fromEntries(names.split(" ").map((name) => [name, kind]));

export const orderEntities: readonly EdmxEntity[] = [
  {
    set: "A_ProductionOrder_2",
    properties: {
      ...strings(
        "ManufacturingOrder LastChangeDateTime Material ProductionPlant OrderIsReleased OrderIsCreated OrderIsPartiallyReleased",
      ),
      ...strings(
        "OrderIsConfirmed OrderIsLocked OrderIsTechnicallyCompleted OrderIsClosed OrderIsMarkedForDeletion OrderIsDeleted",
      ),
      ...strings(
        "ProductionUnit ProductionUnitISOCode ProductionUnitSAPCode StorageLocation ManufacturingOrderImportance ZZ1_Drawing_ORD",
      ),
      ...of("DateTime", "MfgOrderScheduledStartDate MfgOrderScheduledEndDate"),
      ...of("Time", "MfgOrderScheduledStartTime MfgOrderScheduledEndTime"),
      TotalQuantity: "Decimal",
    },
    navigations: {
      to_ProductionOrderOperation: "A_ProductionOrderOperation_2",
      to_ProductionOrderComponentExt4: "A_ProductionOrderComponent_4",
      to_ProductionOrderItem: "A_ProductionOrderItem_2",
      to_ProductionOrderStatus: "A_ProductionOrderStatus_2",
    },
  },
  {
    set: "A_ProductionOrderOperation_2",
    properties: {
      ...strings(
        "ManufacturingOrderOperation ManufacturingOrderSequence WorkCenter OperationUnit MfgOrderOperationText OperationControlProfile",
      ),
      OpPlannedTotalQuantity: "Decimal",
    },
  },
  {
    set: "A_ProductionOrderComponent_4",
    properties: {
      ...strings(
        "Reservation ReservationItem ReservationRecordType Material ManufacturingOrderOperation BaseUnit StorageLocation Plant Batch",
      ),
      ...of("Boolean", "MatlCompIsMarkedForBackflush QuantityIsFixed"),
      RequiredQuantity: "Decimal",
    },
  },
  { set: "A_ProductionOrderItem_2", properties: strings("ManufacturingOrderItem StorageLocation Plant") },
  {
    set: "A_ProductionOrderStatus_2",
    properties: { ...strings("StatusCode StatusShortName"), IsUserStatus: "Boolean" },
  },
];

export const confirmationEntities: readonly EdmxEntity[] = [
  {
    set: "ProdnOrdConf2",
    properties: {
      ...strings(
        "ConfirmationGroup ConfirmationCount OrderID Sequence OrderOperation ConfirmationUnit ConfirmationText WorkCenter",
      ),
      ...of("Decimal", "ConfirmationYieldQuantity ConfirmationScrapQuantity ConfirmationReworkQuantity"),
      ...of(
        "Boolean",
        "IsFinalConfirmation IsReversed IsReversal OpenReservationsIsCleared APIConfHasNoGoodsMovements",
      ),
      ...of("DateTime", "PostingDate ConfirmedExecutionStartDate ConfirmedExecutionEndDate"),
      ...of("Time", "ConfirmedExecutionStartTime ConfirmedExecutionEndTime"),
      ExternalSystemConfirmation: "Guid",
    },
  },
];

export const documentEntities: readonly EdmxEntity[] = [
  {
    set: "A_MaterialDocumentHeader",
    properties: {
      ...strings("MaterialDocument MaterialDocumentYear", 10),
      ...strings("GoodsMovementCode", 2),
      ...strings("ReferenceDocument", 16),
      ...strings("MaterialDocumentHeaderText", 25),
      ...of("DateTime", "PostingDate DocumentDate"),
    },
    navigations: { to_MaterialDocumentItem: "A_MaterialDocumentItem" },
  },
  {
    set: "A_MaterialDocumentItem",
    properties: {
      ...strings(
        "Material Plant StorageLocation GoodsMovementType ManufacturingOrder ManufacturingOrderItem GoodsMovementRefDocType",
      ),
      ...strings("Reservation ReservationItem EntryUnit ReversedMaterialDocument InventoryStockType"),
      ...strings("Batch", 10),
      ...of("Boolean", "GoodsMovementIsCancelled"),
      QuantityInEntryUnit: "Decimal",
    },
    navigations: { to_MaterialDocumentHeader: "A_MaterialDocumentHeader" },
  },
];
