/**
 * The plant of the demo as data: a small maker of cables, ten orders to begin with, and one material of which the store
 * has too little. What is made is in `product`, the machines in `machine`, further orders in `planner`.
 */
import type { LocalDate } from "../../base/instant.ts";
import type { StockSeed } from "../erp/books.ts";
import type { OrderSeed } from "../erp/order.ts";
import type { PlantPlan } from "../plant.ts";
import { lines } from "./machine.ts";
import { orderOf, plantCode, products, rawStore, shortMaterial } from "./product.ts";

/** Order, product, pieces. The last one is more than a single press should do. */
const wanted: readonly (readonly [string, number, number])[] = [
  ["1000001", 0, 12],
  ["1000002", 1, 18],
  ["1000003", 2, 10],
  ["1000004", 0, 20],
  ["1000005", 1, 16],
  ["1000006", 2, 14],
  ["1000007", 0, 24],
  ["1000008", 1, 12],
  ["1000009", 2, 18],
  ["1000010", 1, 60],
];

/** Lot in which each material lies at the beginning. The older lot of housings is not to be used any more. */
const firstLot: Readonly<Record<string, string>> = { "TERM-280": "T28-01", "TERM-630": "T63-01", "HOUSING-4": "H4-02" };

const stockOf = (material: string, quantity: string, unit: string, batch = firstLot[material] ?? ""): StockSeed => ({
  material,
  plant: plantCode,
  storageLocation: rawStore,
  batch,
  quantity,
  unit,
});

/** @param day  when the orders begin */
export function demoPlan(day: { readonly start: LocalDate; readonly end: LocalDate }): PlantPlan & {
  readonly stock: readonly StockSeed[];
} {
  const orders = wanted.flatMap(([order, index, pieces]): OrderSeed[] => {
    const product = products[index];
    return product ? [orderOf({ order, product, pieces, ...day, lotOf: (material) => firstLot[material] ?? "" })] : [];
  });
  return {
    orders,
    stock: [
      stockOf("WIRE-050-RD", "250", "M"),
      stockOf("WIRE-050-BK", "400", "M"),
      stockOf("WIRE-075-BU", "400", "M"),
      stockOf("TERM-280", "2000", "PC"),
      stockOf("TERM-630", "1000", "PC"),
      stockOf("HOUSING-4", "40", "PC", "H4-01"),
      stockOf("HOUSING-4", "500", "PC"),
      stockOf("SLEEVE-8", "500", "PC"),
      // Enough for the first order, too little for the second one that asks for it.
      stockOf(shortMaterial, "20", "PC"),
      stockOf("LABEL", "100", "PC"),
    ],
    lateStock: [stockOf(shortMaterial, "200", "PC")],
    lines,
    measured: products.flatMap((product) => [product.wire, product.terminal]),
  };
}

/** How much of a material a delivery brings; also what the ERP's page offers to receive. */
export const deliveries: Readonly<Record<string, string>> = {
  "WIRE-050-RD": "250",
  "WIRE-050-BK": "400",
  "WIRE-075-BU": "400",
  "TERM-280": "2000",
  "TERM-630": "1000",
  "HOUSING-4": "500",
  "SLEEVE-8": "500",
  [shortMaterial]: "200",
  LABEL: "100",
};
