/**
 * What an operation of an order means to the ERP: how it is confirmed, what it receives, who executes it.
 * The steps themselves come exploded in the order; master routings are not recomputed here.
 */

/**
 * - `required`  the operation is confirmed for itself
 * - `milestone` its confirmation also confirms the operations before it, which are then not posted again
 * - `optional`  it may be confirmed; a later milestone covers it
 * - `none`      it is never confirmed
 */
export const confirmationKinds = ["required", "milestone", "optional", "none"] as const;
export type ConfirmationKind = (typeof confirmationKinds)[number];

export interface OperationRule {
  readonly confirmation: ConfirmationKind;
  /** The ERP books the receipt by itself with this operation's confirmation; we then must not. */
  readonly automaticReceipt: boolean;
  /** Done by a supplier: nothing is dispatched. */
  readonly external: boolean;
}

/** How the use of a component is found. Frozen per order line when the order arrives. */
export const consumptionModes = ["measured", "bill", "issued", "erp"] as const;

/**
 * - `measured` the machine counts it
 * - `bill`     fixed + variable × counted base × (1 + scrap), from the order
 * - `issued`   a person or a warehouse gave it
 * - `erp`      the ERP deducts it by itself; we never do
 */
export type ConsumptionMode = (typeof consumptionModes)[number];
