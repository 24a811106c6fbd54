/** What can be seen happening between Millrace, its ERP, its machines and its database. */
import type { Quantity } from "../../base/quantity.ts";
import type { DocumentKind } from "../../record/posting.ts";
import type { SampleValue } from "../../record/sample.ts";
import type { OperationsResponse } from "../../isa95/response/operations-response.ts";

export type WitnessedEvent =
  /** Committed: an order has become job orders. */
  | {
      readonly kind: "order-taken";
      readonly request: string;
      readonly material: string;
      readonly parts: readonly TakenPart[];
    }
  | { readonly kind: "setpoint-written"; readonly machine: string; readonly path: string; readonly value: SampleValue }
  | { readonly kind: "method-called"; readonly machine: string; readonly method: string }
  | { readonly kind: "job-stored"; readonly machine: string; readonly job: string; readonly quantity: Quantity }
  | { readonly kind: "job-allowed"; readonly machine: string; readonly job: string }
  | { readonly kind: "job-removed"; readonly machine: string; readonly job: string }
  | {
      readonly kind: "counter-rolled-over";
      readonly machine: string;
      readonly item: string;
      readonly from: number;
      readonly to: number;
    }
  /** Committed: facts of collection. */
  | { readonly kind: "run-started"; readonly machine: string; readonly job: string }
  | {
      readonly kind: "run-ended";
      readonly machine: string;
      readonly job: string;
      readonly result: string;
      readonly good: bigint;
      readonly scrap: bigint;
    }
  | { readonly kind: "run-held"; readonly machine: string; readonly job: string }
  | { readonly kind: "run-resumed"; readonly machine: string; readonly job: string }
  | { readonly kind: "alarm"; readonly machine: string; readonly text: string }
  /** What the ERP answered to a document. */
  | ({ readonly kind: "posted"; readonly document: string } & Sent)
  | ({ readonly kind: "refused"; readonly text: string; readonly parked: boolean } & Sent)
  | ({ readonly kind: "not-applied"; readonly text: string } & Sent)
  | ({ readonly kind: "in-doubt"; readonly text: string } & Sent);

export interface TakenPart {
  readonly segment: string;
  readonly workUnit: string | null;
  readonly quantity: Quantity;
}

/** A document that travelled. */
export interface Sent {
  readonly documentKind: DocumentKind;
  /** The ERP's number of the order. */
  readonly order: string;
  /** Null for what concerns the whole order. */
  readonly response: OperationsResponse | null;
  /** 1 for the first time that this document travels. */
  readonly attempt: number;
}

export type Tell = (event: WitnessedEvent) => void;
