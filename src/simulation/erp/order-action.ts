/** What can be done to an order as a whole: release, acceptance by an MES, technical completion, closing, locking. */
import type { Books } from "./books.ts";
import { accepted, message, refused, type Answer } from "./message.ts";
import { forbiddingStatus, statusCodes, type Order, type OrderStatus } from "./order.ts";

export type OrderAction =
  | "release"
  | "accept-by-mes"
  | "complete-technically"
  | "close"
  | "mark-for-deletion"
  | "withdraw-deletion"
  | "complete-delivery";

interface ActionRule {
  readonly name: string;
  /** Statuses of which one must be set. */
  readonly needs: readonly OrderStatus[];
  readonly adds: OrderStatus | null;
  readonly removes: readonly OrderStatus[];
}

const rules: Readonly<Record<OrderAction, ActionRule>> = {
  release: { name: "Release", needs: ["created"], adds: "released", removes: ["created"] },
  "accept-by-mes": { name: "Release by MES", needs: ["released"], adds: "accepted-by-mes", removes: [] },
  "complete-technically": {
    name: "Technically complete",
    needs: ["released"],
    adds: "technically-completed",
    removes: [],
  },
  close: { name: "Close", needs: ["technically-completed"], adds: "closed", removes: [] },
  "mark-for-deletion": {
    name: "Mark for deletion",
    needs: ["created", "released"],
    adds: "marked-for-deletion",
    removes: [],
  },
  "withdraw-deletion": {
    name: "Reset deletion flag",
    needs: ["marked-for-deletion"],
    adds: null,
    removes: ["marked-for-deletion"],
  },
  "complete-delivery": {
    name: "Complete delivery",
    needs: ["released"],
    adds: "delivered",
    removes: ["partially-delivered"],
  },
};

/** What ends an order, or takes that back, is allowed whatever its status forbids. */
const always: ReadonlySet<OrderAction> = new Set(["close", "withdraw-deletion"]);

/** Doing again what is done already is accepted and changes nothing. */
export function actOnOrder(books: Books, number: string, action: OrderAction): Answer<Order> {
  const order = books.order(number);
  if (!order) return refused(message.orderUnknown(number));
  const rule = rules[action];
  if (rule.adds && order.statuses.has(rule.adds)) return accepted(order);
  const forbidding = always.has(action) ? null : forbiddingStatus(order, "Change order");
  if (forbidding) return refused(message.statusActive(statusCodes[forbidding].short, order.number));
  if (!rule.needs.some((status) => order.statuses.has(status))) {
    return refused(message.statusImpossible(rule.name, order.number));
  }
  for (const status of rule.removes) order.statuses.delete(status);
  if (rule.adds) order.statuses.add(rule.adds);
  books.touch(order);
  return accepted(order);
}

/** A person locks the order, or unlocks it. */
export function setOrderLock(books: Books, order: Order, lock: "locked" | "unlocked"): void {
  if (lock === "locked") order.statuses.add("locked");
  else order.statuses.delete("locked");
  books.touch(order);
}

/** A planner sets the user status that holds an order, or takes it off. The ERP itself forbids nothing by it. */
export function setOrderHold(books: Books, order: Order, hold: "held" | "free"): void {
  if (hold === "held") order.statuses.add("on-hold");
  else order.statuses.delete("on-hold");
  books.touch(order);
}

/** A planner says how much more than ordered may be confirmed and received; null: any amount. */
export function setOrderTolerance(books: Books, order: Order, percent: number | null): void {
  order.overdeliveryPercent = percent;
  books.touch(order);
}

/** A planner says how urgent an order is; empty: like any other. */
export function setOrderImportance(books: Books, number: string, importance: string): Answer<Order> {
  const order = books.order(number);
  if (!order) return refused(message.orderUnknown(number));
  const forbidding = forbiddingStatus(order, "Change order");
  if (forbidding) return refused(message.statusActive(statusCodes[forbidding].short, order.number));
  if (order.importance === importance) return accepted(order);
  order.importance = importance;
  books.touch(order);
  return accepted(order);
}

/** A planner changes the quantity of an order and of its components in proportion. */
export function changeOrderQuantity(books: Books, number: string, quantity: bigint): Answer<Order> {
  const order = books.order(number);
  if (!order) return refused(message.orderUnknown(number));
  const forbidding = forbiddingStatus(order, "Change order");
  if (forbidding) return refused(message.statusActive(statusCodes[forbidding].short, order.number));
  for (const component of order.components) {
    if (!component.fixed) component.required = (component.required * quantity) / order.quantity;
  }
  order.quantity = quantity;
  for (const operation of order.operations) operation.planned = quantity;
  books.touch(order);
  return accepted(order);
}
