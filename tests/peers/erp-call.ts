/** What a call to the S/4HANA-like ERP is about, read off its path and its document. Pure. */

export const postedKinds = ["confirmation", "goods-receipt", "goods-issue"] as const;
export type PostedKind = (typeof postedKinds)[number];

export interface ErpCall {
  /** Counts all calls through the proxy, from 1. */
  readonly number: number;
  /** `order-read` is a look at the order list; `read` any other GET; `other` e.g. the acceptance of an order. */
  readonly kind: PostedKind | "order-read" | "read" | "other";
  readonly method: string;
  readonly path: string;
  /** Our key as it stands in the document; null when there is none. */
  readonly key: string | null;
  readonly order: string | null;
  readonly materials: readonly string[];
}

/** Also inside a `$batch`, whose parts hold the same names and values. */
export function classifyCall(call: Pick<ErpCall, "number" | "method" | "path"> & { readonly body: string }): ErpCall {
  const { number, method, path, body } = call;
  const about = { number, method, path };
  const isRead = method === "GET" || method === "HEAD";
  if (isRead) return { ...about, kind: readKind(method, path), key: null, order: null, materials: [] };
  return {
    ...about,
    kind: postKind(`${path}\n${body}`),
    key:
      field(body, "ExternalSystemConfirmation") ??
      field(body, "ReferenceDocument") ??
      field(body, "MaterialDocumentHeaderText"),
    order: field(body, "ManufacturingOrder") ?? field(body, "OrderID"),
    materials: [...body.matchAll(/"Material"\s*:\s*"([^"]+)"/g)].map((match) => match[1] ?? ""),
  };
}

export function isPosted(kind: ErpCall["kind"]): kind is PostedKind {
  return postedKinds.some((posted) => posted === kind);
}

function readKind(method: string, path: string): ErpCall["kind"] {
  return method === "GET" && /\/A_ProductionOrder_2(\?|$|\()/.test(path) ? "order-read" : "read";
}

function postKind(text: string): ErpCall["kind"] {
  if (/\bProdnOrdConf2\b/.test(text)) return "confirmation";
  if (!/\bA_MaterialDocumentHeader\b/.test(text)) return "other";
  return field(text, "GoodsMovementCode") === "02" ? "goods-receipt" : "goods-issue";
}

function field(body: string, name: string): string | null {
  return new RegExp(`"${name}"\\s*:\\s*"([^"]+)"`).exec(body)?.[1] ?? null;
}
