/**
 * Materials, lots and where stock stands. Amounts on hand are never kept here: they are derived from the ledger.
 * @source ISA-95 part 2, material model
 */
import type { MaterialFactor, Quantity } from "../../base/quantity.ts";

export interface MaterialDefinition {
  readonly id: string;
  readonly description: string;
  /** UN/ECE Rec 20 code in which stock of this material is kept. */
  readonly baseUnit: string;
  /** The material's own factors across dimensions (a box is 24 pieces, a coil is 12.5 kg). */
  readonly factors: readonly MaterialFactor[];
  readonly lotControlled: boolean;
}

export interface MaterialLot {
  readonly material: string;
  readonly id: string;
  readonly disposition: "Planned" | "In-Process" | "Restricted" | "UnRestricted" | "Closed";
}

export const stockTypes = ["free", "quality", "blocked"] as const;
export type StockType = (typeof stockTypes)[number];

/** A place at which an ERP keeps stock. Both parts are needed: a storage location is unique only inside its plant. */
export interface StorageLocation {
  readonly plant: string;
  readonly location: string;
}

/** An amount of stock with everything that tells it apart from other stock of the same material. */
export interface StockQuantity {
  readonly material: string;
  readonly quantity: Quantity;
  readonly at: StorageLocation;
  readonly lot: string | null;
  readonly stockType: StockType;
  /** Owner of special stock, e.g. a sales order or a customer; null for ordinary stock. */
  readonly specialStock: string | null;
}
