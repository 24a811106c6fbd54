/**
 * The partners of an outage: an ERP and two cutters, in the process of the test, so that they go on working whatever
 * becomes of Millrace, its database and the lines between them.
 */
import { lines } from "../../src/simulation/demo/machine.ts";
import { orderOf, products, route } from "../../src/simulation/demo/product.ts";
import type { OrderSeed } from "../../src/simulation/erp/order.ts";
import { startPlant, type PlantSimulation } from "../../src/simulation/plant.ts";

/** Of each order. */
export const pieces = 10;
/** Times real time: a piece takes a tenth of a second. */
const speedUsual = 60;
const seed = 11;
const days = { start: "2026-01-05", end: "2026-01-07" } as const;

/** One operation each: a run ends in a confirmation, a receipt and an issue of the wire that was counted. */
export function startSmallPlant(speed = speedUsual): Promise<PlantSimulation> {
  const [cutters] = lines;
  if (!cutters) throw new Error("the demo has cutters");
  const plan = {
    orders: [],
    stock: "unlimited" as const,
    lateStock: [],
    lines: [cutters],
    measured: products.map(({ wire }) => wire),
  };
  return startPlant({ plan, seed, speed });
}

/** So many more orders are released in the ERP: what happens during an outage does not depend on how quick a computer is. */
export function release(plant: PlantSimulation, count: number): void {
  const first = plant.orders().length;
  const orders = Array.from({ length: count }, (_, i) => orderToCut(first + i));
  plant.noteOrders(orders);
  for (const order of orders) plant.erp.books.createOrder(order);
}

function orderToCut(at: number): OrderSeed {
  const product = products[at % products.length];
  if (!product) throw new Error("the demo has products");
  const whole = orderOf({ order: String(2_000_001 + at), product, pieces, ...days, lotOf: () => "" });
  return {
    ...whole,
    // An ERP that takes whatever comes: what is sent twice shall show in its books, and not be refused for its amount.
    overdeliveryPercent: 900,
    operations: route.slice(0, 1),
    components: whole.components.filter(({ operation }) => operation === route[0]?.operation),
  };
}

/** Good pieces of all orders so far. */
export function goodPieces(plant: PlantSimulation): number {
  return plant.truth().reduce((sum, { good }) => sum + good, 0);
}

export function documentCount({ erp: { books } }: PlantSimulation): number {
  return books.confirmations.length + books.materialDocuments.length;
}
