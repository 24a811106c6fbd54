/**
 * The plant of the demo: a small maker of cables with a cutter and two cells, ten orders of four operations, and one
 * material of which the store has too little at first.
 */
import type { OrderSeed } from "../erp/order.ts";
import type { ArticleProfile, MachineProfile } from "../machine/profile.ts";
import type { PlantPlan } from "../plant.ts";

interface Product {
  readonly material: string;
  readonly wire: string;
  readonly lengthMm: number;
  readonly terminal: string;
  readonly terminals: number;
  readonly sleeve: string;
}

const products: readonly Product[] = [
  { material: "CABLE-A", wire: "WIRE-050-RD", lengthMm: 450, terminal: "TERM-280", terminals: 2, sleeve: "SLEEVE-6" },
  { material: "CABLE-B", wire: "WIRE-050-BK", lengthMm: 800, terminal: "TERM-280", terminals: 2, sleeve: "SLEEVE-8" },
  { material: "CABLE-C", wire: "WIRE-075-BU", lengthMm: 1250, terminal: "TERM-630", terminals: 1, sleeve: "SLEEVE-8" },
];

/** Order, product, pieces. The last one is more than a single cell should do. */
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

const plant = "PL01";
const store = "0001";

function orderOf([order, index, pieces]: readonly [string, number, number]): OrderSeed {
  const product = products[index] ?? products[0];
  if (!product) return { order, material: "", plant, quantity: String(pieces), operations: [], components: [] };
  const at = { storageLocation: store } as const;
  return {
    order,
    material: product.material,
    plant,
    quantity: String(pieces),
    storageLocation: "0002",
    overdeliveryPercent: 10,
    operations: [
      { operation: "0010", text: "Cut wire to length", workCenter: "CUT", controlKey: "PP01" },
      { operation: "0020", text: "Press terminals", workCenter: "CELL", controlKey: "PP03" },
      { operation: "0030", text: "Assemble and test", workCenter: "CELL", controlKey: "PP20" },
      { operation: "0040", text: "Pack", workCenter: "PACK", controlKey: "PP10" },
    ],
    components: [
      {
        material: product.wire,
        operation: "0010",
        quantity: String((pieces * product.lengthMm) / 1000),
        unit: "M",
        ...at,
      },
      {
        material: product.terminal,
        operation: "0020",
        quantity: String(pieces * product.terminals),
        unit: "PC",
        ...at,
      },
      { material: "HOUSING-4", operation: "0030", quantity: String(pieces), unit: "PC", ...at },
      { material: product.sleeve, operation: "0030", quantity: String(pieces), unit: "PC", ...at },
      { material: "LABEL", operation: "0030", quantity: "1", unit: "PC", fixed: true, ...at },
    ],
  };
}

const cutArticles: readonly ArticleProfile[] = products.map((product) => ({
  article: product.material,
  step: "0010",
  material: product.wire,
  perPiece: product.lengthMm,
}));

const pressArticles: readonly ArticleProfile[] = products.map((product) => ({
  article: product.material,
  step: "0020",
  material: product.terminal,
  perPiece: product.terminals,
}));

const cutter: MachineProfile = {
  name: "CUT-1",
  description: "Wire cutter",
  // Close below the top of its 16 bits: it rolls over during the demo.
  counters: { kind: "rolling-16", good: 65_480, scrap: 1_203 },
  cycleMs: 3_000,
  setupMs: 10_000,
  reactionMs: 5_000,
  scrapRate: 0.05,
  capacity: 5,
  start: "automatic",
  materialUnit: "MMT",
  steps: ["0010"],
  articles: cutArticles,
  setpoints: [
    {
      name: "Length",
      type: "UInt32",
      initial: 100,
      lowest: 20,
      highest: 20_000,
      role: "per-piece",
      description: "Length of a piece in millimetres",
    },
  ],
  powerKw: { idle: 0.3, running: 1.8 },
  script: [],
};

const cell = (name: string): MachineProfile => ({
  name,
  description: `Assembly cell ${name}`,
  counters: { kind: "per-run" },
  cycleMs: 5_000,
  setupMs: 10_000,
  reactionMs: 5_000,
  scrapRate: 0.02,
  capacity: 3,
  start: "automatic",
  materialUnit: "C62",
  steps: ["0020", "0030"],
  articles: pressArticles,
  setpoints: [
    {
      name: "PressForce",
      type: "UInt32",
      initial: 1_000,
      lowest: 200,
      highest: 5_000,
      role: "none",
      description: "Force of the press in newtons",
    },
  ],
  powerKw: { idle: 0.5, running: 2.6 },
  // Whichever cell gets the job.
  script: [
    {
      job: "1000002-0020",
      afterGood: 6,
      does: { kind: "hold", ms: 60_000, alarm: { code: 412, text: "Terminal strip is empty" } },
    },
  ],
});

/** Stock of a material, by whether there is enough. */
const stockOf = (material: string, quantity: string, unit: string): PlantPlan["lateStock"][number] => ({
  material,
  plant,
  storageLocation: store,
  quantity,
  unit,
});

export const demoPlan: PlantPlan = {
  orders: wanted.map(orderOf),
  stock: [
    stockOf("WIRE-050-RD", "100", "M"),
    stockOf("WIRE-050-BK", "200", "M"),
    stockOf("WIRE-075-BU", "150", "M"),
    stockOf("TERM-280", "2000", "PC"),
    stockOf("TERM-630", "1000", "PC"),
    stockOf("HOUSING-4", "500", "PC"),
    stockOf("SLEEVE-8", "500", "PC"),
    // Enough for the first order, too little for the second one that asks for it.
    stockOf("SLEEVE-6", "20", "PC"),
    stockOf("LABEL", "100", "PC"),
  ],
  lateStock: [stockOf("SLEEVE-6", "200", "PC")],
  lines: [
    { urlName: "CUTTER_URL", machines: [cutter] },
    {
      urlName: "CELLS_URL",
      machines: [cell("CELL-1"), cell("CELL-2")],
    },
  ],
  measured: products.flatMap((product) => [product.wire, product.terminal]),
};
