/** Unrestricted stock of the simulated ERP per material, plant, storage location and batch, in the material's base unit. */
import { assert } from "../../base/result.ts";
import type { ErpUnit } from "./unit.ts";

export interface StockPlace {
  readonly material: string;
  readonly plant: string;
  readonly storageLocation: string;
  readonly batch: string;
}

export interface StockRow extends StockPlace {
  readonly unit: ErpUnit;
  readonly quantity: bigint;
}

export interface Material {
  readonly number: string;
  readonly baseUnit: ErpUnit;
  readonly isBatchManaged: boolean;
  /** As people keep it; what an order or a stock makes known has none of it. */
  readonly product?: ProductData;
}

export interface ProductData {
  /** By language. */
  readonly texts: Readonly<Record<string, string>>;
  readonly group: string;
  /** Alternative unit → numerator and denominator in base units. */
  readonly units: Readonly<Record<string, readonly [numerator: number, denominator: number]>>;
  readonly changedAt: number;
}

export class Stock {
  readonly #amounts = new Map<string, StockRow>();
  readonly #materials = new Map<string, Material>();
  readonly #isUnlimited: boolean;

  /** `unlimited`: issues never find too little; amounts may go below zero. */
  constructor(kind: "counted" | "unlimited") {
    this.#isUnlimited = kind === "unlimited";
  }

  /** Makes a material known. The first definition stays. */
  define(material: Material): void {
    if (!this.#materials.has(material.number)) this.#materials.set(material.number, material);
  }

  /** Somebody has changed its master record, or made it. */
  describe(material: Material & { readonly product: ProductData }): void {
    this.#materials.set(material.number, material);
  }

  material(number: string): Material | undefined {
    return this.#materials.get(number);
  }

  on(place: StockPlace): bigint {
    return this.#amounts.get(keyOf(place))?.quantity ?? 0n;
  }

  /** How much is missing after these changes, for the first place that would fall below zero; null when none does. */
  shortage(changes: ReadonlyMap<string, { readonly place: StockPlace; readonly change: bigint }>): Missing | null {
    if (this.#isUnlimited) return null;
    for (const { place, change } of changes.values()) {
      const left = this.on(place) + change;
      if (change < 0n && left < 0n) return { place, missing: -left };
    }
    return null;
  }

  change(place: StockPlace, by: bigint): void {
    const material = this.#materials.get(place.material);
    assert(material, `material ${place.material} is known before its stock changes`);
    const quantity = this.on(place) + by;
    this.#amounts.set(keyOf(place), { ...place, unit: material.baseUnit, quantity });
  }

  /** Amounts are as they were; materials stay known. */
  restore(rows: readonly StockRow[]): void {
    this.#amounts.clear();
    for (const row of rows) this.#amounts.set(keyOf(row), row);
  }

  rows(): IterableIterator<StockRow> {
    return this.#amounts.values();
  }

  materials(): IterableIterator<Material> {
    return this.#materials.values();
  }
}

export interface Missing {
  readonly place: StockPlace;
  readonly missing: bigint;
}

export function keyOf(place: StockPlace): string {
  return `${place.material}|${place.plant}|${place.storageLocation}|${place.batch}`;
}
