/** API_MATERIAL_STOCK_SRV: unrestricted stock per material, plant, storage location and batch. Read only. */
import type { Books } from "../books.ts";
import { blank, decimal, entitySet, entityType, text, type EntityType, type Property } from "../odata/edm.ts";
import type { Material, StockRow } from "../stock.ts";
import type { ServiceHandler } from "./handler.ts";

const blankKeys: Readonly<Record<string, Property<StockRow>>> = {
  Supplier: blank(10),
  Customer: blank(10),
  WBSElementInternalID: blank(8),
  SDDocument: blank(10),
  SDDocumentItem: blank(6),
  InventorySpecialStockType: blank(1),
};

const stockType: EntityType = entityType<StockRow>({
  name: "A_MatlStkInAcctModType",
  keys: ["Material", "Plant", "StorageLocation", "Batch", ...Object.keys(blankKeys), "InventoryStockType"],
  properties: {
    Material: text(40, (row) => row.material),
    Plant: text(4, (row) => row.plant),
    StorageLocation: text(4, (row) => row.storageLocation),
    Batch: text(10, (row) => row.batch),
    ...blankKeys,
    InventoryStockType: text(2, () => "01"),
    MaterialBaseUnit: text(3, (row) => row.unit.shown),
    MatlWrhsStkQtyInMatlBaseUnit: decimal((row) => row.quantity),
  },
});

export function materialStockService(books: Books): ServiceHandler {
  const rowsOf = (material: string): readonly StockRow[] =>
    [...books.stock.rows()].filter((row) => row.material === material);
  const materialType: EntityType = entityType<Material>({
    name: "A_MaterialStockType",
    keys: ["Material"],
    properties: {
      Material: text(40, (material) => material.number),
      MaterialBaseUnit: text(3, (material) => material.baseUnit.shown),
    },
    navigation: {
      to_MatlStkInAcctMod: {
        target: () => stockType,
        cardinality: "many",
        rows: (material) => rowsOf(material.number),
      },
    },
  });
  const sets = [
    entitySet("A_MaterialStock", materialType, () => books.stock.materials()),
    entitySet("A_MatlStkInAcctMod", stockType, () => books.stock.rows(), { Material: rowsOf }),
  ];
  return {
    service: {
      name: "API_MATERIAL_STOCK_SRV",
      sets: new Map(sets.map((set) => [set.name, set])),
      functions: new Map(),
    },
    create: () => null,
    call: () => null,
  };
}
