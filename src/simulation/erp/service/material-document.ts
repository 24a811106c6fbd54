/** API_MATERIAL_DOCUMENT_SRV: goods movements, created with their items in one call, and their cancellation. */
import type { Books } from "../books.ts";
import type { MaterialDocument, MovementItem } from "../document.ts";
import {
  cancelMaterialDocument,
  postMaterialDocument,
  type MaterialDocumentInput,
  type MovementInput,
} from "../goods-movement.ts";
import { materialLock, type LockKey } from "../lock.ts";
import { accepted, type Answer } from "../message.ts";
import {
  blank,
  date,
  decimal,
  entitySet,
  entityType,
  text,
  time,
  truth,
  type EdmValue,
  type EntitySet,
  type EntityType,
  type FunctionImport,
  type Service,
} from "../odata/edm.ts";
import { dateOf, decimalOf, textOf, truthOf, type ReadEntity } from "../odata/reader.ts";
import { dateValueOf, stringOf, type PendingWrite, type ServiceHandler, type Written } from "./handler.ts";

export function materialDocumentService(books: Books): ServiceHandler {
  const service = model(books);
  const headers = service.sets.get("A_MaterialDocumentHeader");
  return {
    service,
    create: (set, entity, user) => (set === headers ? createDocument(books, set, entity, user) : null),
    call: (name, values, user) => (name === "Cancel" && headers ? cancel(books, headers, values, user) : null),
  };
}

/** An item with the document it is part of. */
interface ItemRow {
  readonly document: MaterialDocument;
  readonly item: MovementItem;
}

const itemType: EntityType = entityType<ItemRow>({
  name: "A_MaterialDocumentItemType",
  keys: ["MaterialDocumentYear", "MaterialDocument", "MaterialDocumentItem"],
  properties: {
    MaterialDocumentYear: text(4, ({ item }) => item.year),
    MaterialDocument: text(10, ({ item }) => item.document),
    MaterialDocumentItem: text(4, ({ item }) => item.item),
    Material: text(40, ({ item }) => item.material),
    Plant: text(4, ({ item }) => item.plant),
    StorageLocation: text(4, ({ item }) => item.storageLocation),
    Batch: text(10, ({ item }) => item.batch),
    GoodsMovementType: text(3, ({ item }) => item.movementType),
    InventoryStockType: text(2, ({ item }) => item.stockType),
    InventorySpecialStockType: text(1, ({ item }) => item.specialStock),
    ManufacturingOrder: text(12, ({ item }) => item.order),
    ManufacturingOrderItem: text(4, ({ item }) => item.orderItem || "0"),
    GoodsMovementRefDocType: text(1, ({ item }) => item.refDocType),
    GoodsMovementReasonCode: text(4, () => "0"),
    MaterialBaseUnit: text(3, ({ item }) => item.baseUnit.shown),
    QuantityInBaseUnit: decimal(({ item }) => item.baseQuantity),
    EntryUnit: text(3, ({ item }) => item.unit.shown),
    QuantityInEntryUnit: decimal(({ item }) => item.quantity),
    IsCompletelyDelivered: truth(() => false),
    MaterialDocumentItemText: text(50, ({ item }) => item.text),
    GoodsRecipientName: blank(12),
    UnloadingPointName: blank(25),
    Reservation: text(10, ({ item }) => item.reservation || "0"),
    ReservationItem: text(4, ({ item }) => item.reservationItem || "0"),
    ReservationItemRecordType: blank(1),
    ReservationIsFinallyIssued: truth(({ item }) => item.finallyIssued),
    IsAutomaticallyCreated: text(1, ({ item }) => (item.automatic ? "X" : "")),
    GoodsMovementIsCancelled: truth(({ item }) => item.isCancelled),
    ReversedMaterialDocumentYear: text(4, ({ item }) => item.reverses?.year ?? "0"),
    ReversedMaterialDocument: text(10, ({ item }) => item.reverses?.document ?? ""),
    ReversedMaterialDocumentItem: text(4, ({ item }) => item.reverses?.item ?? "0"),
    DebitCreditCode: text(1, ({ item }) =>
      Number(item.movementType) % 2 === (item.movementType.startsWith("1") ? 1 : 0) ? "S" : "H",
    ),
  },
  navigation: {
    to_MaterialDocumentHeader: {
      target: () => headerType,
      cardinality: "one",
      rows: ({ document }) => [document],
    },
  },
});

const headerType: EntityType = entityType<MaterialDocument>({
  name: "A_MaterialDocumentHeaderType",
  keys: ["MaterialDocumentYear", "MaterialDocument"],
  properties: {
    MaterialDocumentYear: text(4, (document) => document.year),
    MaterialDocument: text(10, (document) => document.document),
    InventoryTransactionType: text(2, (document) => (document.code === "02" ? "WF" : "WA")),
    DocumentDate: date((document) => document.documentDate),
    PostingDate: date((document) => document.postingDate),
    CreationDate: date((document) => Math.floor(document.createdAt / 86_400_000) * 86_400_000),
    CreationTime: time((document) => Math.floor(document.createdAt / 1000) % 86_400),
    CreatedByUser: text(12, (document) => document.createdBy),
    MaterialDocumentHeaderText: text(25, (document) => document.headerText),
    ReferenceDocument: text(16, (document) => document.reference),
    VersionForPrintingSlip: blank(1),
    ManualPrintIsTriggered: blank(1),
    CtrlPostgForExtWhseMgmtSyst: blank(1),
    GoodsMovementCode: text(2, (document) => document.code),
  },
  navigation: {
    to_MaterialDocumentItem: { target: () => itemType, cardinality: "many", rows: itemsOf },
  },
});

function itemsOf(document: MaterialDocument): readonly ItemRow[] {
  return document.items.map((item) => ({ document, item }));
}

function model(books: Books): Service {
  const byNumber = (number: string): readonly MaterialDocument[] => {
    const document = books.document(number);
    return document ? [document] : [];
  };
  const ofOrder = function* (order: string): Iterable<ItemRow> {
    for (const item of books.movementsOfOrder(order)) {
      for (const document of byNumber(item.document)) yield { document, item };
    }
  };
  const every = function* (): Iterable<ItemRow> {
    for (const document of books.materialDocuments) yield* itemsOf(document);
  };
  const sets = [
    entitySet("A_MaterialDocumentHeader", headerType, () => books.materialDocuments, {
      ReferenceDocument: (reference) => books.documentsByReference(reference),
      MaterialDocument: byNumber,
    }),
    entitySet("A_MaterialDocumentItem", itemType, every, {
      ManufacturingOrder: ofOrder,
      MaterialDocument: (number) => byNumber(number).flatMap(itemsOf),
    }),
  ];
  return {
    name: "API_MATERIAL_DOCUMENT_SRV",
    sets: new Map(sets.map((set) => [set.name, set])),
    functions: new Map([[cancelImport.name, cancelImport]]),
  };
}

const cancelImport: FunctionImport = {
  name: "Cancel",
  parameters: new Map([
    ["MaterialDocumentYear", { type: "String", isOptional: false }],
    ["MaterialDocument", { type: "String", isOptional: false }],
    ["PostingDate", { type: "DateTime", isOptional: true }],
  ]),
  returns: { kind: "entity", set: "A_MaterialDocumentHeader" },
};

function createDocument(books: Books, set: EntitySet, entity: ReadEntity, user: string): PendingWrite {
  const items = (entity.links.get("to_MaterialDocumentItem") ?? []).map(movementOf);
  const input: MaterialDocumentInput = {
    code: textOf(entity, "GoodsMovementCode"),
    postingDate: dateOf(entity, "PostingDate"),
    documentDate: dateOf(entity, "DocumentDate"),
    headerText: textOf(entity, "MaterialDocumentHeaderText"),
    reference: textOf(entity, "ReferenceDocument"),
    items,
  };
  return {
    locks: items.map((item) => materialLock(item.material, item.plant)),
    commit: () => asEntity(set, postMaterialDocument(books, input, { user, by: "user" })),
  };
}

function cancel(books: Books, set: EntitySet, values: ReadonlyMap<string, EdmValue>, user: string): PendingWrite {
  const year = stringOf(values, "MaterialDocumentYear");
  const number = stringOf(values, "MaterialDocument");
  const locks: LockKey[] = (books.document(number)?.items ?? []).map((item) => materialLock(item.material, item.plant));
  const wanted = { year, number, postingDate: dateValueOf(values, "PostingDate") };
  return { locks, commit: () => asEntity(set, cancelMaterialDocument(books, wanted, { user, by: "user" })) };
}

function asEntity(set: EntitySet, answer: Answer<MaterialDocument>): Answer<Written> {
  return answer.ok ? accepted({ kind: "entity", set, row: answer.value }) : answer;
}

function movementOf(entity: ReadEntity): MovementInput {
  return {
    material: textOf(entity, "Material"),
    plant: textOf(entity, "Plant"),
    storageLocation: textOf(entity, "StorageLocation"),
    batch: textOf(entity, "Batch"),
    movementType: textOf(entity, "GoodsMovementType"),
    stockType: textOf(entity, "InventoryStockType"),
    specialStock: textOf(entity, "InventorySpecialStockType"),
    order: textOf(entity, "ManufacturingOrder"),
    orderItem: textOf(entity, "ManufacturingOrderItem"),
    reservation: textOf(entity, "Reservation"),
    reservationItem: textOf(entity, "ReservationItem"),
    refDocType: textOf(entity, "GoodsMovementRefDocType"),
    finallyIssued: truthOf(entity, "ReservationIsFinallyIssued"),
    text: textOf(entity, "MaterialDocumentItemText"),
    unit: textOf(entity, "EntryUnit"),
    quantity: decimalOf(entity, "QuantityInEntryUnit"),
  };
}
