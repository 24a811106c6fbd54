/** The entity types of confirmations and of the movements posted with them. */
import type { Confirmation, MovementItem } from "../document.ts";
import {
  date,
  decimal,
  entityType,
  guid,
  integer,
  text,
  time,
  truth,
  type EntityType,
  type Property,
} from "../odata/edm.ts";

/** A movement with the confirmation that caused it. */
export interface ConfirmationMovement {
  readonly confirmation: Confirmation;
  readonly movement: MovementItem;
}

export const movementType: EntityType = entityType<ConfirmationMovement>({
  name: "ProdnOrdConfMatlDocItmType",
  keys: ["ConfirmationGroup", "ConfirmationCount", "MaterialDocument", "MaterialDocumentItem", "MaterialDocumentYear"],
  properties: {
    ConfirmationGroup: text(10, ({ confirmation }) => confirmation.group),
    ConfirmationCount: text(8, ({ confirmation }) => confirmation.count),
    MaterialDocument: text(10, ({ movement }) => movement.document),
    MaterialDocumentItem: text(4, ({ movement }) => movement.item),
    MaterialDocumentYear: text(4, ({ movement }) => movement.year),
    OrderID: text(12, ({ movement }) => movement.order),
    OrderItem: text(4, ({ movement }) => movement.orderItem || "0"),
    Material: text(40, ({ movement }) => movement.material),
    Plant: text(4, ({ movement }) => movement.plant),
    Reservation: text(10, ({ movement }) => movement.reservation || "0"),
    ReservationItem: text(4, ({ movement }) => movement.reservationItem || "0"),
    StorageLocation: text(4, ({ movement }) => movement.storageLocation),
    Batch: text(10, ({ movement }) => movement.batch),
    GoodsMovementType: text(3, ({ movement }) => movement.movementType),
    EntryUnit: text(3, ({ movement }) => movement.unit.shown),
    QuantityInEntryUnit: decimal(({ movement }) => movement.quantity),
  },
});

const notedText = (name: string, maxLength: number): Property<Confirmation> =>
  text(maxLength, ({ noted }) => (typeof noted[name] === "string" ? noted[name] : ""));
const notedDecimal = (name: string): Property<Confirmation> =>
  decimal(({ noted }) => (typeof noted[name] === "bigint" ? noted[name] : 0n));
const notedTruth = (name: string): Property<Confirmation> => truth(({ noted }) => noted[name] === true);
const notedDate = (name: string): Property<Confirmation> =>
  date(({ noted }) => (typeof noted[name] === "number" ? noted[name] : null));
const notedTime = (name: string): Property<Confirmation> =>
  time(({ noted }) => (typeof noted[name] === "number" ? noted[name] : 0));

/** What a caller may pass and the ERP only keeps: work, people, times and reasons. */
const noted: Readonly<Record<string, Property<Confirmation>>> = Object.fromEntries([
  ...[1, 2, 3, 4, 5, 6].flatMap((n): [string, Property<Confirmation>][] => [
    [`OpWorkQuantityUnit${n}`, notedText(`OpWorkQuantityUnit${n}`, 3)],
    [`WorkQuantityUnit${n}ISOCode`, notedText(`WorkQuantityUnit${n}ISOCode`, 3)],
    [`OpConfirmedWorkQuantity${n}`, notedDecimal(`OpConfirmedWorkQuantity${n}`)],
    [`NoFurtherOpWorkQuantity${n}IsExpd`, notedTruth(`NoFurtherOpWorkQuantity${n}IsExpd`)],
  ]),
  ...["Execution", "Setup", "Processing", "Teardown"].flatMap((phase) =>
    ["Start", "End"].flatMap((edge): [string, Property<Confirmation>][] => [
      [`Confirmed${phase}${edge}Date`, notedDate(`Confirmed${phase}${edge}Date`)],
      [`Confirmed${phase}${edge}Time`, notedTime(`Confirmed${phase}${edge}Time`)],
    ]),
  ),
  ["ConfirmationExternalEntryDate", notedDate("ConfirmationExternalEntryDate")],
  ["ConfirmationExternalEntryTime", notedTime("ConfirmationExternalEntryTime")],
  ["EnteredByExternalUser", notedText("EnteredByExternalUser", 12)],
  ["VarianceReasonCode", notedText("VarianceReasonCode", 4)],
  ["Personnel", notedText("Personnel", 8)],
]);

export const notedProperties: ReadonlySet<string> = new Set(Object.keys(noted));

export const confirmationType: EntityType = entityType<Confirmation>({
  name: "ProdnOrdConf2Type",
  keys: ["ConfirmationGroup", "ConfirmationCount"],
  properties: {
    ConfirmationGroup: text(10, (c) => c.group),
    ConfirmationCount: text(8, (c) => c.count),
    OrderID: text(12, (c) => c.order),
    Sequence: text(6, (c) => c.sequence),
    OrderOperation: text(4, (c) => c.operation),
    OrderSuboperation: text(4, () => ""),
    OrderType: text(4, () => "YBM1"),
    ConfirmationText: text(40, (c) => c.text),
    Material: text(40, (c) => c.material),
    OrderPlannedTotalQty: decimal((c) => c.planned),
    FinalConfirmationType: text(1, (c) => c.finalType || (c.isFinal ? "X" : "")),
    IsFinalConfirmation: truth((c) => c.isFinal),
    OpenReservationsIsCleared: truth((c) => c.clearsReservations),
    IsReversed: truth((c) => c.isReversed),
    IsReversal: truth((c) => c.isReversal),
    APIConfHasNoGoodsMovements: truth((c) => c.hasNoGoodsMovements),
    ConfirmationEntryDate: date((c) => Math.floor(c.enteredAt / 86_400_000) * 86_400_000),
    ConfirmationEntryTime: time((c) => Math.floor(c.enteredAt / 1000) % 86_400),
    EnteredByUser: text(12, (c) => c.enteredBy),
    ExternalSystemConfirmation: guid((c) => c.externalKey),
    Plant: text(4, (c) => c.plant),
    WorkCenterTypeCode: text(2, () => "A"),
    WorkCenter: text(8, (c) => c.workCenter),
    NumberOfEmployees: integer(() => 0),
    PostingDate: date((c) => c.postingDate),
    ConfirmationUnit: text(3, (c) => c.unit.shown),
    ConfirmationUnitISOCode: text(3, (c) => c.unit.iso),
    ConfirmationYieldQuantity: decimal((c) => c.yield),
    ConfirmationScrapQuantity: decimal((c) => c.scrap),
    ConfirmationReworkQuantity: decimal((c) => c.rework),
    ...noted,
  },
  navigation: {
    to_ProdnOrdConfMatlDocItm: {
      target: () => movementType,
      cardinality: "many",
      rows: (confirmation) => confirmation.movements.map((movement) => ({ confirmation, movement })),
    },
  },
});
