/** API_PROD_ORDER_CONFIRMATION_2_SRV: confirmations of operations, the movements posted with them, and cancellation. */
import type { Books } from "../books.ts";
import { cancelConfirmation } from "../confirmation-reversal.ts";
import { postConfirmation, type ConfirmationInput } from "../confirmation.ts";
import type { Confirmation } from "../document.ts";
import { materialLock, type LockKey } from "../lock.ts";
import { accepted, type Answer } from "../message.ts";
import { entitySet, type EdmValue, type EntitySet, type FunctionImport, type Row, type Service } from "../odata/edm.ts";
import { dateOf, decimalOf, textOf, truthOf, type ReadEntity } from "../odata/reader.ts";
import { confirmationType, movementType, notedProperties, type ConfirmationMovement } from "./confirmation.entity.ts";
import { dateValueOf, stringOf, type PendingWrite, type ServiceHandler, type Written } from "./handler.ts";

export function confirmationService(books: Books): ServiceHandler {
  const service = model(books);
  const confirmations = service.sets.get("ProdnOrdConf2");
  return {
    service,
    create: (set, entity, user) => (set === confirmations ? create(books, set, entity, user) : null),
    call: (name, values, user) =>
      name === "CancelProdnOrdConf" && confirmations ? cancel(books, confirmations, values, user) : null,
  };
}

function model(books: Books): Service {
  const movements = (): readonly ConfirmationMovement[] =>
    books.confirmations.flatMap((confirmation) =>
      confirmation.movements.map((movement) => ({ confirmation, movement })),
    );
  const inGroup = (group: string): readonly Row[] =>
    books.confirmations.filter((c) => Number(c.group) === Number(group));
  const sets = [
    entitySet("ProdnOrdConf2", confirmationType, () => books.confirmations, {
      ExternalSystemConfirmation: (key) => books.confirmationsByKey(key),
      OrderID: (order) => books.confirmationsOfOrder(order),
      ConfirmationGroup: inGroup,
    }),
    entitySet("ProdnOrdConfMatlDocItm", movementType, movements),
  ];
  return {
    name: "API_PROD_ORDER_CONFIRMATION_2_SRV",
    sets: new Map(sets.map((set) => [set.name, set])),
    functions: new Map([[cancelImport.name, cancelImport]]),
  };
}

const cancelImport: FunctionImport = {
  name: "CancelProdnOrdConf",
  parameters: new Map([
    ["ConfirmationGroup", { type: "String", isOptional: false }],
    ["ConfirmationCount", { type: "String", isOptional: false }],
    ["PostingDate", { type: "DateTime", isOptional: true }],
    ["ConfirmationText", { type: "String", isOptional: true }],
    ["ExternalSystemConfirmation", { type: "Guid", isOptional: true }],
  ]),
  returns: { kind: "entity", set: "ProdnOrdConf2" },
};

function create(books: Books, set: EntitySet, entity: ReadEntity, user: string): PendingWrite {
  const key = entity.values.get("ExternalSystemConfirmation");
  const input: ConfirmationInput = {
    order: textOf(entity, "OrderID"),
    operation: textOf(entity, "OrderOperation"),
    sequence: textOf(entity, "Sequence"),
    yield: decimalOf(entity, "ConfirmationYieldQuantity"),
    scrap: decimalOf(entity, "ConfirmationScrapQuantity"),
    rework: decimalOf(entity, "ConfirmationReworkQuantity"),
    unit: textOf(entity, "ConfirmationUnit") || textOf(entity, "ConfirmationUnitISOCode"),
    finalType: textOf(entity, "FinalConfirmationType"),
    isFinal: truthOf(entity, "IsFinalConfirmation"),
    clearsReservations: truthOf(entity, "OpenReservationsIsCleared"),
    hasNoGoodsMovements: truthOf(entity, "APIConfHasNoGoodsMovements"),
    postingDate: dateOf(entity, "PostingDate"),
    externalKey: typeof key === "string" ? key : null,
    text: textOf(entity, "ConfirmationText"),
    noted: Object.fromEntries([...entity.values].filter(([name]) => notedProperties.has(name))),
  };
  return {
    locks: locksOf(books, input.order),
    commit: () => asEntity(set, postConfirmation(books, input, user)),
  };
}

function cancel(books: Books, set: EntitySet, values: ReadonlyMap<string, EdmValue>, user: string): PendingWrite {
  const key = values.get("ExternalSystemConfirmation");
  const wanted = {
    group: stringOf(values, "ConfirmationGroup").padStart(10, "0"),
    count: String(Number(stringOf(values, "ConfirmationCount"))),
    externalKey: typeof key === "string" ? key : null,
    postingDate: dateValueOf(values, "PostingDate"),
  };
  const order = books.confirmation(wanted.group, wanted.count)?.order ?? "";
  return { locks: locksOf(books, order), commit: () => asEntity(set, cancelConfirmation(books, wanted, user)) };
}

/** The order, and the materials that the ERP would move by itself. */
function locksOf(books: Books, number: string): readonly LockKey[] {
  const order = books.order(number);
  if (!order) return [];
  const own = order.components.filter((component) => component.backflush);
  return [`order:${order.number}`, ...own.map((component) => materialLock(component.material, order.plant))];
}

function asEntity(set: EntitySet, answer: Answer<Confirmation>): Answer<Written> {
  return answer.ok ? accepted({ kind: "entity", set, row: answer.value }) : answer;
}
