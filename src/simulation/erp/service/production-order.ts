/** API_PRODUCTION_ORDER_2_SRV: orders with operations, components, items and statuses, and what is done to an order. */
import type { Books } from "../books.ts";
import { accepted, type Answer } from "../message.ts";
import { entitySet, type EdmValue, type FunctionImport, type Service } from "../odata/edm.ts";
import { actOnOrder, type OrderAction } from "../order-action.ts";
import { stringOf, type PendingWrite, type ServiceHandler, type Written } from "./handler.ts";
import {
  componentRow,
  componentType,
  itemType,
  operationRow,
  operationType,
  orderType,
  statusRow,
  statusType,
} from "./production-order.entity.ts";

const actions: Readonly<Record<string, OrderAction>> = {
  ReleaseOrder: "release",
  OrderReleasedByMES: "accept-by-mes",
  TechlyCmpltOrder: "complete-technically",
  CloseOrder: "close",
  DeletionFlagOrder: "mark-for-deletion",
  DeliveryCompletedOrder: "complete-delivery",
};

export function productionOrderService(books: Books): ServiceHandler {
  return {
    service: model(books),
    create: () => null,
    call: (name, values) => callAction(books, name, values),
  };
}

function model(books: Books): Service {
  const orders = books.orders;
  const byOrder = (number: string): readonly object[] => {
    const order = books.order(number);
    return order ? [order] : [];
  };
  const inOrder = <T>(
    rows: (number: string) => readonly T[],
  ): Readonly<Record<string, (value: string) => readonly T[]>> => ({
    ManufacturingOrder: rows,
  });
  const componentsOf = (number: string): readonly object[] =>
    books.order(number)?.components.map((c) => componentRow(books, number, c)) ?? [];
  const operationsOf = (number: string): readonly object[] => {
    const order = books.order(number);
    return order?.operations.map((operation) => operationRow(order, operation)) ?? [];
  };
  const statusesOf = (number: string): readonly object[] => {
    const order = books.order(number);
    return order ? [...order.statuses].map((status) => statusRow(order, status)) : [];
  };
  const everyOrder = (rows: (number: string) => readonly object[]) =>
    function* (): Iterable<object> {
      for (const number of orders.keys()) yield* rows(number);
    };
  const sets = [
    entitySet("A_ProductionOrder_2", orderType, () => orders.values(), inOrder(byOrder)),
    entitySet("A_ProductionOrderItem_2", itemType, () => orders.values(), inOrder(byOrder)),
    entitySet("A_ProductionOrderOperation_2", operationType, everyOrder(operationsOf), inOrder(operationsOf)),
    entitySet("A_ProductionOrderComponent_4", componentType, everyOrder(componentsOf), inOrder(componentsOf)),
    entitySet("A_ProductionOrderStatus_2", statusType, everyOrder(statusesOf), inOrder(statusesOf)),
  ];
  return {
    name: "API_PRODUCTION_ORDER_2_SRV",
    sets: new Map(sets.map((set) => [set.name, set])),
    functions: new Map(Object.keys(actions).map((name) => [name, functionOf(name)])),
  };
}

function functionOf(name: string): FunctionImport {
  const parameters = new Map([["ManufacturingOrder", { type: "String", isOptional: false } as const]]);
  return { name, parameters, returns: { kind: "message" } };
}

function callAction(books: Books, name: string, values: ReadonlyMap<string, EdmValue>): PendingWrite | null {
  const action = actions[name];
  if (!action) return null;
  const number = stringOf(values, "ManufacturingOrder");
  const order = books.order(number)?.number ?? number;
  return {
    locks: [`order:${order}`],
    commit: (): Answer<Written> => {
      const done = actOnOrder(books, number, action);
      if (!done.ok) return done;
      const text = `Order number ${done.value.number} saved`;
      return accepted({
        kind: "message",
        message: { type: "S", id: "CO", number: "100", text, variable: done.value.number },
      });
    },
  };
}
