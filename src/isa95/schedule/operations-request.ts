/**
 * What an ERP asks: an order with its operations and components exactly as the ERP exploded them.
 * What we dispatch for it is a `JobOrder`; what was done is an `OperationsResponse`.
 * @source ISA-95 part 2, operations schedule; field names as in B2MML 7.0.1 where they exist there
 */
import type { Instant } from "../../base/instant.ts";
import type { MaterialFactor, Quantity } from "../../base/quantity.ts";
import type { ConsumptionMode, OperationRule } from "../definition/operation.ts";
import type { StorageLocation } from "../resource/material.ts";

/** States as in B2MML RequestState. */
export const requestStates = [
  "Forecast",
  "Released",
  "Waiting",
  "Cancelled",
  "Ready",
  "Running",
  "Completed",
  "Aborted",
  "Held",
  "Suspended",
  "Closed",
] as const;
export type RequestState = (typeof requestStates)[number];

/** An ERP's own thing: unique only together with the ERP and its client or company. */
export interface ErpReference {
  /** Id of the connection to the ERP in `site.yaml`. */
  readonly erp: string;
  /** Client or company; empty when the ERP has only one. */
  readonly company: string;
  /** The ERP's own number, as the ERP writes it, without padding. */
  readonly number: string;
}

export interface OperationsRequest {
  /** `erp/company/number`, see `requestId`. */
  readonly id: string;
  readonly reference: ErpReference;
  /** The ERP's version of the order, as it was sent; `isOlder` compares two. */
  readonly version: string;
  readonly state: RequestState;
  readonly material: string;
  readonly materialFactors: readonly MaterialFactor[];
  readonly quantity: Quantity;
  readonly plant: string;
  /** Where finished goods are received; null when the order does not say. */
  readonly receiptLocation: StorageLocation | null;
  /** The order item that receives the finished goods, in the ERP's own numbering. */
  readonly receiptItem: string;
  /** Larger is more urgent; 0 when the ERP gives none. */
  readonly priority: number;
  readonly earliestStart: Instant | null;
  readonly latestEnd: Instant | null;
  readonly segments: readonly SegmentRequirement[];
}

/** One operation of the order. */
export interface SegmentRequirement {
  /** The operation number as the ERP writes it, e.g. `0010`. */
  readonly id: string;
  /** The ERP's sequence of operations (alternative or parallel); empty when there is one. */
  readonly sequence: string;
  readonly description: string;
  /** The ERP's work centre code. */
  readonly workCenter: string;
  readonly quantity: Quantity;
  readonly rule: OperationRule;
  readonly earliestStart: Instant | null;
  readonly latestEnd: Instant | null;
  readonly materials: readonly MaterialRequirement[];
  /** Set-up values and other parameters that the order carries, as the ERP wrote them. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** One component of an operation. */
export interface MaterialRequirement {
  /** The ERP's own reference of the line, e.g. reservation and item; opaque outside the connector. */
  readonly id: string;
  readonly material: string;
  readonly quantity: Quantity;
  readonly at: StorageLocation | null;
  readonly lot: string | null;
  readonly mode: ConsumptionMode;
  /** For mode `bill`: used once per order whatever is made. */
  readonly fixed: Quantity | null;
  /** For mode `bill`: scrap to add, in parts per million of the counted use. */
  readonly scrapPpm: number;
}

export function requestId(reference: ErpReference): string {
  return `${reference.erp}/${reference.company}/${reference.number}`;
}

/** The ERP's own number inside an id that `requestId` made: what a person at the machine knows the order by. */
export function numberIn(id: string): string {
  return id.split("/").slice(2).join("/");
}
