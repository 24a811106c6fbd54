/** What the simulated ERP has posted: material documents and confirmations, immutable but for the mark of a reversal. */
import type { ErpUnit } from "./unit.ts";

export interface MovementItem {
  readonly year: string;
  readonly document: string;
  readonly item: string;
  readonly material: string;
  readonly plant: string;
  readonly storageLocation: string;
  readonly batch: string;
  readonly movementType: string;
  readonly stockType: string;
  readonly specialStock: string;
  readonly order: string;
  readonly orderItem: string;
  readonly reservation: string;
  readonly reservationItem: string;
  readonly refDocType: string;
  readonly finallyIssued: boolean;
  readonly text: string;
  readonly unit: ErpUnit;
  readonly quantity: bigint;
  readonly baseUnit: ErpUnit;
  readonly baseQuantity: bigint;
  /** Made by the ERP itself, with a confirmation. */
  readonly automatic: boolean;
  readonly reverses: { readonly year: string; readonly document: string; readonly item: string } | null;
  isCancelled: boolean;
}

export interface MaterialDocument {
  readonly year: string;
  readonly document: string;
  readonly code: string;
  readonly postingDate: number;
  readonly documentDate: number;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly headerText: string;
  readonly reference: string;
  readonly items: readonly MovementItem[];
}

/** What a milestone's confirmation did to an operation before it. */
export interface CoveredOperation {
  readonly operation: string;
  readonly added: bigint;
  readonly madeFinal: boolean;
}

export interface Confirmation {
  readonly group: string;
  readonly count: string;
  readonly order: string;
  readonly operation: string;
  readonly sequence: string;
  readonly material: string;
  readonly plant: string;
  readonly workCenter: string;
  readonly planned: bigint;
  readonly yield: bigint;
  readonly scrap: bigint;
  readonly rework: bigint;
  readonly unit: ErpUnit;
  readonly finalType: string;
  readonly isFinal: boolean;
  readonly clearsReservations: boolean;
  readonly hasNoGoodsMovements: boolean;
  readonly postingDate: number;
  readonly enteredAt: number;
  readonly enteredBy: string;
  readonly externalKey: string | null;
  readonly text: string;
  /** What was passed and is only kept: work, people, times, reasons; by name of the property. */
  readonly noted: Readonly<Record<string, string | bigint | number | boolean | null>>;
  readonly isReversal: boolean;
  readonly reverses: string | null;
  readonly covered: readonly CoveredOperation[];
  /** Items of material documents that the ERP posted with it. */
  readonly movements: readonly MovementItem[];
  isReversed: boolean;
}

/** A goods movement that the ERP meant to post by itself and could not: it waits for a person. */
export interface FailedMovement {
  readonly order: string;
  readonly operation: string;
  readonly material: string;
  readonly quantity: bigint;
  readonly unit: ErpUnit;
  readonly code: string;
  readonly text: string;
}
