/** API_PRODUCT_SRV: products with their texts and units. Read only. */
import type { Books } from "../books.ts";
import { decimal, entitySet, entityType, moment, text, truth, type EntityType } from "../odata/edm.ts";
import type { Material } from "../stock.ts";
import type { ServiceHandler } from "./handler.ts";

interface ProductText {
  readonly product: string;
  readonly language: string;
  readonly text: string;
}

interface ProductUnit {
  readonly product: string;
  readonly unit: string;
  readonly factor: readonly [numerator: number, denominator: number];
}

const textType: EntityType = entityType<ProductText>({
  name: "A_ProductDescriptionType",
  keys: ["Product", "Language"],
  properties: {
    Product: text(40, (row) => row.product),
    Language: text(2, (row) => row.language),
    ProductDescription: text(40, (row) => row.text),
  },
});

const unitType: EntityType = entityType<ProductUnit>({
  name: "A_ProductUnitsOfMeasureType",
  keys: ["Product", "AlternativeUnit"],
  properties: {
    Product: text(40, (row) => row.product),
    AlternativeUnit: text(3, (row) => row.unit),
    QuantityNumerator: decimal((row) => BigInt(row.factor[0]) * 1_000_000n),
    QuantityDenominator: decimal((row) => BigInt(row.factor[1]) * 1_000_000n),
  },
});

const productType: EntityType = entityType<Material>({
  name: "A_ProductType",
  keys: ["Product"],
  properties: {
    Product: text(40, (material) => material.number),
    ProductType: text(4, () => "FERT"),
    ProductGroup: text(9, (material) => material.product?.group ?? ""),
    BaseUnit: text(3, (material) => material.baseUnit.shown),
    IsBatchManagementRequired: truth((material) => material.isBatchManaged),
    LastChangeDateTime: moment((material) => material.product?.changedAt ?? null),
  },
  navigation: {
    to_Description: { target: () => textType, cardinality: "many", rows: textsOf },
    to_ProductUnitsOfMeasure: { target: () => unitType, cardinality: "many", rows: unitsOf },
  },
});

function textsOf({ number, product }: Material): readonly ProductText[] {
  return Object.entries(product?.texts ?? {}).map(([language, said]) => ({ product: number, language, text: said }));
}

function unitsOf({ number, baseUnit, product }: Material): readonly ProductUnit[] {
  const all = { [baseUnit.shown]: [1, 1] as const, ...product?.units };
  return Object.entries(all).map(([unit, factor]) => ({ product: number, unit, factor }));
}

export function productService(books: Books): ServiceHandler {
  const all = (): readonly Material[] => [...books.stock.materials()];
  const sets = [
    entitySet("A_Product", productType, all),
    entitySet("A_ProductDescription", textType, () => all().flatMap(textsOf)),
    entitySet("A_ProductUnitsOfMeasure", unitType, () => all().flatMap(unitsOf)),
  ];
  return {
    service: { name: "API_PRODUCT_SRV", sets: new Map(sets.map((set) => [set.name, set])), functions: new Map() },
    create: () => null,
    call: () => null,
  };
}
