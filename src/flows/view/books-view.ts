/**
 * What the record says of an order, for comparing it with the ERP: sums of facts by the posting that speaks for them,
 * postings, movements, and the facts themselves to open a number down to. Reading only; implemented in `store/view`.
 */
import type { Instant, LocalDate } from "../../base/instant.ts";
import type { Quantity } from "../../base/quantity.ts";
import type { OperationsRequest } from "../../isa95/schedule/operations-request.ts";
import type { OrderRecord } from "../../operations/reconciliation/books.ts";
import type { OwedKind } from "../../record/posting.ts";

export interface BooksStore {
  /** Everything that is read within is one snapshot. */
  read<T>(work: (books: BooksView) => Promise<T>): Promise<T>;
}

/** Which orders are compared; each names one or several conditions, and all of them must hold. */
export interface OrderScope {
  /** Ids of orders; null: any. */
  readonly orders: readonly string[] | null;
  /** Something was made, posted or planned for them on this day. */
  readonly day: { readonly date: LocalDate; readonly from: Instant; readonly to: Instant } | null;
  /** They make it, or use it. */
  readonly material: string | null;
  /** Something has happened since, or a document is open; null: any. */
  readonly since: Instant | null;
}

export interface KeptBooks {
  readonly request: OperationsRequest;
  readonly record: OrderRecord;
  /** Another one: postings of the order have moved. */
  readonly stamp: string;
}

/** A fact as the evidence shows it. */
export interface StatedFact {
  readonly kind: OwedKind;
  /** Key of the posting that speaks for it; null when none does. */
  readonly posting: string | null;
  readonly id: string;
  readonly at: Instant;
  readonly source: string;
  readonly segment: string;
  /** A grade of pieces, or a material that was used. */
  readonly what: string;
  /** Said by the bill, and by no counter. */
  readonly isByBill: boolean;
  readonly quantity: Quantity;
}

export interface BooksView {
  /** Ids of orders with this id, or with this number in any ERP. */
  find(number: string): Promise<readonly string[]>;
  /** Ids in order, after one of them. */
  orders(scope: OrderScope, after: string, limit: number): Promise<readonly string[]>;
  /** Null when there is no such order. */
  books(request: string): Promise<KeptBooks | null>;
  stamp(request: string): Promise<string>;
  /** The first `most` of each posting and kind, those by bill and the others apart, in order of event time. */
  facts(request: string, most: number): Promise<readonly StatedFact[]>;
}
