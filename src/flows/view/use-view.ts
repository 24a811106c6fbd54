/** Amounts of material as screens read them: what an operation has used, and what a goods issue says. */
import type { Quantity } from "../../base/quantity.ts";

/** What an operation has used of a material. */
export interface UsedAmount {
  readonly segment: string;
  readonly material: string;
  /** Under which it was stated: it names the line where the bill does. Null where it was not asked for (`unclearUses`). */
  readonly rule: string | null;
  readonly quantity: Quantity;
}

/** What a goods issue of an operation says. */
export interface PostedAmount {
  readonly segment: string;
  /** Null: material that no line asks for. */
  readonly requirement: string | null;
  readonly material: string;
  readonly quantity: Quantity;
}
