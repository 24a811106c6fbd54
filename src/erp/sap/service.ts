/**
 * The entity sets and fields of SAP's standard services that this connector reads and writes, and which of them a
 * release may not miss. Wanted fields that a service lacks are left out; missing mandatory ones are reported by name.
 */
import { fail, ok, type Result } from "../../base/result.ts";
import { typeOfNavigation, typeOfSet, type EntityType, type ServiceModel } from "./metadata.ts";

export const orderSet = "A_ProductionOrder_2";
export const confirmationSet = "ProdnOrdConf2";
export const documentSet = "A_MaterialDocumentHeader";
export const documentItemSet = "A_MaterialDocumentItem";
export const documentItems = "to_MaterialDocumentItem";
export const documentHeader = "to_MaterialDocumentHeader";
export const releaseCall = "OrderReleasedByMES";
export const cancelCall = "CancelProdnOrdConf";
export const cancelMovementCall = "Cancel";

/** Newest first: the first that the service has is read. */
export const componentNavigations = [
  "to_ProductionOrderComponentExt4",
  "to_ProductionOrderComponentExt",
  "to_ProductionOrderComponent",
] as const;
export const operationNavigation = "to_ProductionOrderOperation";
export const itemNavigation = "to_ProductionOrderItem";
export const statusNavigation = "to_ProductionOrderStatus";

/** The three services, as far as this system offers them. */
export interface SapModel {
  readonly order: ServiceModel;
  readonly confirmation: ServiceModel;
  readonly materialDocument: ServiceModel;
}

interface Wanted {
  readonly mandatory: readonly string[];
  readonly optional: readonly string[];
}

const order: Wanted = {
  mandatory: ["ManufacturingOrder", "LastChangeDateTime", "Material", "ProductionPlant", "OrderIsReleased", "ProductionUnit", "TotalQuantity"],
  optional: [
    "ManufacturingOrderType", "ManufacturingOrderImportance", "OrderIsCreated", "OrderIsPartiallyReleased", "OrderIsConfirmed",
    "OrderIsDeleted", "OrderIsLocked", "OrderIsTechnicallyCompleted", "OrderIsClosed", "OrderIsMarkedForDeletion", "StorageLocation",
    "Plant", "MRPController", "ProductionSupervisor", "ProductionVersion", "SalesOrder", "SalesOrderItem", "CustomerName",
    "MfgOrderPlannedStartDate", "MfgOrderPlannedStartTime", "MfgOrderPlannedEndDate", "MfgOrderPlannedEndTime",
    "MfgOrderScheduledStartDate", "MfgOrderScheduledStartTime", "MfgOrderScheduledEndDate", "MfgOrderScheduledEndTime",
    "ProductionUnitISOCode", "ProductionUnitSAPCode",
  ],
}; // prettier-ignore

const operation: Wanted = {
  mandatory: ["ManufacturingOrderOperation", "WorkCenter", "OperationUnit", "OpPlannedTotalQuantity"],
  optional: [
    "ManufacturingOrderSequence", "ManufacturingOrderSubOperation", "MfgOrderOperationText", "OperationIsDeleted", "OperationControlProfile",
    "OpErlstSchedldExecStrtDte", "OpErlstSchedldExecStrtTme", "OpErlstSchedldExecEndDte", "OpErlstSchedldExecEndTme",
    "OperationUnitISOCode", "OperationUnitSAPCode",
    ...[1, 2, 3, 4, 5, 6].flatMap((n) => [`WorkCenterStandardWorkQty${n}`, `WorkCenterStandardWorkQtyUnit${n}`]),
  ],
}; // prettier-ignore

const component: Wanted = {
  mandatory: ["Reservation", "ReservationItem", "Material", "ManufacturingOrderOperation", "BaseUnit", "RequiredQuantity"],
  optional: [
    "ReservationRecordType", "Plant", "ManufacturingOrderSequence", "MatlCompIsMarkedForDeletion", "IsBulkMaterialComponent",
    "MatlCompIsMarkedForBackflush", "BOMItemCategory", "StorageLocation", "Batch", "GoodsMovementType", "MaterialComponentIsPhantomItem",
    "QuantityIsFixed", "BaseUnitISOCode", "BaseUnitSAPCode",
  ],
}; // prettier-ignore

const item: Wanted = {
  mandatory: ["ManufacturingOrderItem"],
  optional: ["Material", "Plant", "ProductionPlant", "StorageLocation"],
};
const status: Wanted = { mandatory: ["StatusCode"], optional: ["IsUserStatus"] };

const confirmation: readonly string[] = [
  "ConfirmationGroup", "ConfirmationCount", "OrderID", "OrderOperation", "ConfirmationUnit", "ConfirmationYieldQuantity", "ConfirmationScrapQuantity",
  "PostingDate", "IsFinalConfirmation", "APIConfHasNoGoodsMovements", "ExternalSystemConfirmation",
]; // prettier-ignore
const documentHeaderFields: readonly string[] = [
  "MaterialDocumentYear",
  "MaterialDocument",
  "GoodsMovementCode",
  "PostingDate",
  "DocumentDate",
  "ReferenceDocument",
];
const documentItemFields: readonly string[] = [
  "Material", "Plant", "StorageLocation", "GoodsMovementType", "ManufacturingOrder", "ManufacturingOrderItem", "GoodsMovementRefDocType",
  "Reservation", "ReservationItem", "EntryUnit", "QuantityInEntryUnit",
]; // prettier-ignore

/** `$select` and `$expand` of an order with its operations, components, items and statuses. */
export interface OrderQuery {
  readonly select: string;
  readonly expand: string;
  readonly component: string;
}

/** Cuts the wanted fields to what the service has; fields that a customer added (`ZZ1_`, `YY1_`) are read too. */
export function orderQuery(model: ServiceModel): OrderQuery {
  const head = typeOfSet(model, orderSet);
  const componentName = componentNavigations.find((name) => head?.navigations.has(name)) ?? "";
  const parts: string[] = head ? fieldsOf(head, order) : [];
  const expands: string[] = [];
  const wanted = [
    [operationNavigation, operation],
    [componentName, component],
    [itemNavigation, item],
    [statusNavigation, status],
  ] as const;
  for (const [navigation, fields] of wanted) {
    const type = head && typeOfNavigation(model, head, navigation);
    if (!type) continue;
    expands.push(navigation);
    parts.push(...fieldsOf(type, fields).map((name) => `${navigation}/${name}`));
  }
  return { select: parts.join(","), expand: expands.join(","), component: componentName };
}

function fieldsOf(type: EntityType, wanted: Wanted): string[] {
  const own = [...type.properties.keys()].filter((name) => /^(ZZ|YY)\d?_/.test(name));
  return [...wanted.mandatory, ...wanted.optional, ...own].filter((name) => type.properties.has(name));
}

/** @fault invalid erp/sap-metadata  names every mandatory set, navigation, field and function that is missing */
export function checkModel(model: SapModel, announceRelease: boolean): Result<SapModel> {
  const missing: string[] = [];
  const need = (where: string, type: EntityType | undefined, fields: readonly string[]): void => {
    if (!type) missing.push(where);
    else for (const name of fields) if (!type.properties.has(name)) missing.push(`${where}/${name}`);
  };
  const head = typeOfSet(model.order, orderSet);
  const via = (navigation: string): EntityType | undefined => head && typeOfNavigation(model.order, head, navigation);
  need(orderSet, head, order.mandatory);
  need(operationNavigation, via(operationNavigation), operation.mandatory);
  const componentName = componentNavigations.find((name) => head?.navigations.has(name)) ?? componentNavigations[0];
  need(componentName, via(componentName), component.mandatory);
  need(itemNavigation, via(itemNavigation), item.mandatory);
  need(confirmationSet, typeOfSet(model.confirmation, confirmationSet), confirmation);
  need(documentSet, typeOfSet(model.materialDocument, documentSet), documentHeaderFields);
  need(documentItemSet, typeOfSet(model.materialDocument, documentItemSet), documentItemFields);
  if (announceRelease && !model.order.functions.has(releaseCall)) missing.push(`${releaseCall}()`);
  if (missing.length === 0) return ok(model);
  return fail(
    "invalid",
    "erp/sap-metadata",
    `This SAP release lacks what Millrace needs: ${missing.join(", ")}. Check the service versions under "services".`,
  );
}
