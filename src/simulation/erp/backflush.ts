/**
 * The goods movements that the ERP posts by itself when an operation is confirmed. One that fails does not stop the
 * confirmation: it waits among the failed movements, as it would on the real system's list for a person.
 */
import type { Books } from "./books.ts";
import type { CoveredOperation, MovementItem } from "./document.ts";
import { postMaterialDocument, type MovementInput, type PostedBy } from "./goods-movement.ts";
import type { Component, Operation, Order } from "./order.ts";
import { erpUnit } from "./unit.ts";

export interface OwnMovements {
  readonly order: Order;
  readonly operation: Operation;
  readonly good: bigint;
  /** Scrap and rework: they have used material too. */
  readonly notGood: bigint;
  readonly covered: readonly CoveredOperation[];
  readonly postingDate: number;
  readonly user: string;
}

/** What the ERP posts by itself: issues of components marked for backflush, and the automatic receipt. */
export function ownMovements(books: Books, of: OwnMovements): readonly MovementItem[] {
  const { order, operation, postingDate } = of;
  const by: PostedBy = { user: of.user, by: "system" };
  const post = (code: string, item: MovementInput): readonly MovementItem[] => {
    const document = { code, postingDate, documentDate: postingDate, headerText: "", reference: "", items: [item] };
    const answer = postMaterialDocument(books, document, by);
    if (answer.ok) return answer.value.items;
    const { code: refusalCode, text } = answer.refusal;
    const unit = erpUnit(item.unit) ?? order.unit;
    books.failedMovements.push({
      order: order.number,
      operation: operation.number,
      material: item.material,
      quantity: item.quantity,
      unit,
      code: refusalCode,
      text,
    });
    return [];
  };
  const through = [
    { operation: operation.number, made: of.good + of.notGood },
    ...of.covered.map((c) => ({ operation: c.operation, made: c.added })),
  ];
  const items: MovementItem[] = [];
  for (const { operation: number, made } of through) {
    for (const component of order.components) {
      if (component.operation !== number || !component.backflush) continue;
      const quantity = backflushed(order, component, made);
      if (quantity > 0n) items.push(...post("03", issueOf(order, component, quantity)));
    }
  }
  if (operation.controlKey.automaticReceipt && of.good > 0n) items.push(...post("02", receiptOf(order, of.good)));
  return items;
}

/** What `made` units have used by the bill, rounded half up to thousandths. */
function backflushed(order: Order, component: Component, made: bigint): bigint {
  if (component.fixed) return made > 0n && component.withdrawn === 0n ? component.required : 0n;
  const exact = component.required * made;
  const step = order.quantity * 1000n;
  return ((exact + step / 2n) / step) * 1000n;
}

function issueOf(order: Order, component: Component, quantity: bigint): MovementInput {
  return {
    material: component.material,
    plant: order.plant,
    storageLocation: component.storageLocation,
    batch: component.batch,
    movementType: "261",
    stockType: "",
    specialStock: "",
    order: order.number,
    orderItem: "",
    reservation: component.reservation,
    reservationItem: component.item,
    refDocType: "",
    finallyIssued: false,
    text: "",
    unit: component.baseUnit.internal,
    quantity,
  };
}

function receiptOf(order: Order, quantity: bigint): MovementInput {
  return {
    material: order.material,
    plant: order.plant,
    storageLocation: order.storageLocation,
    batch: "",
    movementType: "101",
    stockType: "",
    specialStock: "",
    order: order.number,
    orderItem: order.item,
    reservation: "",
    reservationItem: "",
    refDocType: "F",
    finallyIssued: false,
    text: "",
    unit: order.unit.internal,
    quantity,
  };
}
