/**
 * The partners of an outage: an ERP and two cutters, in the process of the test, so that they go on working whatever
 * becomes of Millrace, its database and the lines between them.
 */
import { lines } from "../../src/simulation/demo/machine.ts";
import { orderOf, products, route } from "../../src/simulation/demo/product.ts";
import type { OrderSeed } from "../../src/simulation/erp/order.ts";
import { startPlant, type PlantSimulation } from "../../src/simulation/plant.ts";

export interface PlantSize {
  readonly orders: number;
  /** Of each order. */
  readonly pieces: number;
  /** Times real time; at 60 a piece takes a tenth of a second. */
  readonly speed: number;
}

const seed = 11;
const days = { start: "2026-01-05", end: "2026-01-07" } as const;

/** One operation each: a run ends in a confirmation, a receipt and an issue of the wire that was counted. */
export function startSmallPlant({ orders, pieces, speed }: PlantSize): Promise<PlantSimulation> {
  const [cutters] = lines;
  if (!cutters) throw new Error("the demo has cutters");
  const plan = {
    orders: Array.from({ length: orders }, (_, i) => orderToCut(String(2_000_001 + i), pieces, i)),
    stock: "unlimited" as const,
    lateStock: [],
    lines: [cutters],
    measured: products.map(({ wire }) => wire),
  };
  return startPlant({ plan, seed, speed });
}

function orderToCut(order: string, pieces: number, at: number): OrderSeed {
  const product = products[at % products.length];
  if (!product) throw new Error("the demo has products");
  const whole = orderOf({ order, product, pieces, ...days, lotOf: () => "" });
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
