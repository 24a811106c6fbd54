/** Tables of what an ERP may have that nobody here knows. Columns and rules as in `store/migrations`. */
import type { Instant } from "../../../base/instant.ts";
import type { HandDocument } from "../../../record/hand-document.ts";
import { keyOf, table, type Seen } from "../table.ts";
import { operationsRequest } from "./order.ts";

export const erpContact = table<{ readonly erp: string; readonly seen_at: Instant }>({
  name: "erp_contact",
  key: (row) => row.erp,
});

type ErpOutage = {
  readonly number: number;
  readonly erp: string;
  readonly lost_at: Instant;
  readonly back_at: Instant;
  readonly restored: boolean;
};

export const erpOutage = table<ErpOutage>({
  name: "erp_outage",
  key: (row) => String(row.number),
  checks: { erp_outage_in_order: (row) => row.back_at >= row.lost_at },
  indexes: { erp: (row) => row.erp },
});

type OrderLook = { readonly request: string; readonly looked_at: Instant; readonly outage: number };

export const orderLook = table<OrderLook>({
  name: "order_look",
  key: (row) => row.request,
  references: [{ to: operationsRequest, of: (row) => row.request }],
});

export const handDocument = table<{
  readonly erp: string;
  readonly kind: HandDocument["kind"];
  readonly document: string;
  readonly request: string;
  readonly key: string | null;
  readonly recorded_at: Instant;
  readonly found_at: Instant;
  readonly state: "open" | "stood-back" | "something-else";
}>({
  name: "hand_document",
  key: (row) => keyOf(row.erp, row.kind, row.document, row.request),
  references: [{ to: operationsRequest, of: (row) => row.request }],
  indexes: { open: (row) => (row.state === "open" ? row.request : null) },
});

/** Outages since which the documents of an order were not read; see `unseenOutages` in `store/posting-turn`. */
export function unseenOutages(
  seen: Seen,
  { erp, request }: Pick<OrderLook, "request"> & Pick<ErpOutage, "erp">,
): readonly ErpOutage[] {
  const outages = seen.find(erpOutage, "erp", erp);
  if (outages.length === 0) return outages;
  const looked = seen.get(orderLook, request)?.outage ?? 0;
  return outages.filter(({ number }) => number > looked);
}

/** Nothing goes out for the order: it was not looked at, or somebody has to say what a document there is for. */
export function waitsForLook(
  seen: Seen,
  row: { readonly erp: string; readonly request: string; readonly kind: string },
): boolean {
  if (row.kind === "order-accepted") return false;
  return unseenOutages(seen, row).length > 0 || seen.find(handDocument, "open", row.request).length > 0;
}
