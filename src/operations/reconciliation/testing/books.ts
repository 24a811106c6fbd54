/** The record of an order and documents of an ERP for tests of the comparison: equal as they stand, each part can be replaced. */
import { instant } from "../../../base/instant.ts";
import { whole, zero, type Quantity } from "../../../base/quantity.ts";
import type { MaterialActual, OperationsResponse } from "../../../isa95/response/operations-response.ts";
import type { OwedKind } from "../../../record/posting.ts";
import type { ClassLimits } from "../../../record/reconciliation.ts";
import { at, here, requestOf } from "../../testing/order.ts";
import type { FoundDocument, KeptPosting, StatedSum } from "../books.ts";

export const request = requestOf();

const hours = (n: number): { hours: number; micro: null } => ({ hours: n, micro: null });

export const limits: ClassLimits = {
  "in-flight": hours(24),
  refused: hours(72),
  reversed: hours(168),
  rounding: { hours: null, micro: 1_000n },
  "by-hand": hours(168),
  dismissed: { hours: null, micro: null },
  "made-not-packed": { hours: null, micro: null },
  "beside-bill": { hours: null, micro: null },
};

/** So many good pieces of operation 0010, spoken for by a posting. */
export function good(count: number, posting: string | null, change: Partial<StatedSum> = {}): StatedSum {
  return {
    kind: "confirmation",
    segment: "0010",
    grade: "good",
    material: null,
    lot: null,
    named: null,
    quantity: whole(count, "C62"),
    posting,
    facts: count,
    firstAt: at(0),
    ...change,
  };
}

export function used(quantity: Quantity, posting: string | null, change: Partial<StatedSum> = {}): StatedSum {
  return good(0, posting, { kind: "goods-issue", grade: null, material: "W-1", quantity, facts: 1, ...change });
}

export function responseOf(pieces: Quantity, materials: readonly MaterialActual[] = []): OperationsResponse {
  const none = zero(pieces.uom);
  const [segment] = request.segments;
  return {
    reference: request.reference,
    dates: {
      eventFrom: at(0),
      eventTo: at(0),
      recordedAt: at(0),
      postingDate: "2025-02-03",
      documentDate: "2025-02-03",
    },
    segment: {
      segment: segment?.id ?? "",
      sequence: "",
      workCenter: segment?.workCenter ?? "",
      good: pieces,
      scrap: none,
      rework: none,
      final: false,
      materials,
    },
  };
}

export function issued(quantity: Quantity, lot: string | null = null): MaterialActual {
  const stock = { material: "W-1", quantity, at: here, lot, stockType: "free", specialStock: null } as const;
  return { use: "Consumed", stock, requirement: "R1" };
}

export function issueOf(quantity: Quantity, lot: string | null = null): OperationsResponse {
  return responseOf(zero("C62"), [issued(quantity, lot)]);
}

export function posting(
  key: string,
  response: OperationsResponse,
  change: Partial<KeptPosting> & { readonly kind?: OwedKind } = {},
): KeptPosting {
  const kind = change.kind ?? "confirmation";
  return {
    key,
    state: "confirmed",
    parked: false,
    content: { kind, response },
    speaks: true,
    document: `D-${key}`,
    standsBackFor: null,
    plannedAt: at(0),
    settledAt: at(0),
    fault: null,
    ...change,
    kind,
  };
}

export function found(
  key: string | null,
  response: OperationsResponse,
  change: Partial<FoundDocument> & { readonly kind?: OwedKind; readonly number?: string } = {},
): FoundDocument {
  const { kind = "confirmation", number = `D-${key ?? "hand"}`, ...rest } = change;
  return { document: { number, kind }, key, reversed: false, response, ...rest };
}

export const soon = instant(at(3_600_000));
