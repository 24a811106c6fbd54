/**
 * What the plant of the demo makes: three cables, what goes into them, where material lies, and the production orders
 * for them. Operations and components of an order are data here; when which order comes is decided by plan and planner.
 */
import type { ComponentSeed, OperationSeed, OrderSeed } from "../erp/order.ts";

export interface Product {
  readonly material: string;
  readonly wire: string;
  readonly lengthMm: number;
  readonly terminal: string;
  readonly terminals: number;
  readonly sleeve: string;
}

export const products: readonly Product[] = [
  { material: "CABLE-A", wire: "WIRE-050-RD", lengthMm: 450, terminal: "TERM-280", terminals: 2, sleeve: "SLEEVE-6" },
  { material: "CABLE-B", wire: "WIRE-050-BK", lengthMm: 800, terminal: "TERM-280", terminals: 2, sleeve: "SLEEVE-8" },
  { material: "CABLE-C", wire: "WIRE-075-BU", lengthMm: 1250, terminal: "TERM-630", terminals: 1, sleeve: "SLEEVE-8" },
];

/** Of this one the store has too little, and nobody orders it by himself. */
export const shortMaterial = "SLEEVE-6";

export const plantCode = "PL01";
export const rawStore = "0001";
export const goodsStore = "0002";

/** Operation, where it is done, and how the ERP wants it confirmed. */
export const route: readonly OperationSeed[] = [
  { operation: "0010", text: "Cut wire to length", workCenter: "CUT", controlKey: "PP01" },
  { operation: "0020", text: "Crimp terminals", workCenter: "CRIMP", controlKey: "PP03" },
  { operation: "0030", text: "Assemble housing", workCenter: "ASSY", controlKey: "PP20" },
  { operation: "0040", text: "Test and pack", workCenter: "PACK", controlKey: "PP01" },
];

/** Materials that are kept in lots. */
export const lotMaterials: readonly string[] = ["TERM-280", "TERM-630", "HOUSING-4"];

export interface WantedOrder {
  readonly order: string;
  readonly product: Product;
  readonly pieces: number;
  /** `YYYY-MM-DD`. */
  readonly start: string;
  readonly end: string;
  /** Lot from which a material in lots is to be taken. */
  lotOf(material: string): string;
}

export function orderOf({ order, product, pieces, start, end, lotOf }: WantedOrder): OrderSeed {
  return {
    order,
    material: product.material,
    plant: plantCode,
    quantity: String(pieces),
    storageLocation: goodsStore,
    start,
    end,
    overdeliveryPercent: 10,
    operations: route,
    components: componentsOf(product, pieces).map((component) =>
      lotMaterials.includes(component.material) ? { ...component, batch: lotOf(component.material) } : component,
    ),
  };
}

function componentsOf(product: Product, pieces: number): readonly ComponentSeed[] {
  const at = { storageLocation: rawStore } as const;
  const wire = String((pieces * product.lengthMm) / 1000);
  const terminals = String(pieces * product.terminals);
  return [
    { material: product.wire, operation: "0010", quantity: wire, unit: "M", ...at },
    { material: product.terminal, operation: "0020", quantity: terminals, unit: "PC", ...at },
    { material: "HOUSING-4", operation: "0030", quantity: String(pieces), unit: "PC", ...at },
    { material: product.sleeve, operation: "0030", quantity: String(pieces), unit: "PC", ...at },
    { material: "LABEL", operation: "0040", quantity: "1", unit: "PC", fixed: true, ...at },
  ];
}
