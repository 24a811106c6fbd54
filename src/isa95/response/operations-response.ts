/**
 * What was done, as the office hears it: one response per order, one SegmentResponse per operation, with the material
 * that went in and came out.
 * @source ISA-95 part 2, operations performance
 */
import type { Instant, LocalDate } from "../../base/instant.ts";
import type { Quantity } from "../../base/quantity.ts";
import type { ErpReference } from "../schedule/operations-request.ts";
import type { StockQuantity } from "../resource/material.ts";

/** Subset of B2MML MaterialUse that production reports. */
export const materialUses = ["Consumed", "Produced", "By-product Produced", "Co-product Produced"] as const;
export type MaterialUse = (typeof materialUses)[number];

export interface MaterialActual {
  readonly use: MaterialUse;
  readonly stock: StockQuantity;
  /** The order line that asked for it; null for material that the order does not list. */
  readonly requirement: string | null;
}

/**
 * Three dates of one statement: when it happened at the machine, when we recorded it, and the date the books use.
 */
export interface ResponseDates {
  /** First and last event in the statement, at the machine. */
  readonly eventFrom: Instant;
  readonly eventTo: Instant;
  readonly recordedAt: Instant;
  readonly postingDate: LocalDate;
  /** The event's own local date, also when the posting date had to move. */
  readonly documentDate: LocalDate;
}

export interface SegmentResponse {
  readonly segment: string;
  readonly sequence: string;
  readonly workCenter: string;
  readonly good: Quantity;
  readonly scrap: Quantity;
  readonly rework: Quantity;
  /** Nothing more will be reported for the operation. A decision, never the end of a machine run. */
  readonly final: boolean;
  readonly materials: readonly MaterialActual[];
}

export interface OperationsResponse {
  readonly reference: ErpReference;
  readonly dates: ResponseDates;
  readonly segment: SegmentResponse;
}
