/**
 * The documents that stand in the S/4HANA-like ERP, read from the ERP itself and not through the proxy, and what among
 * them should not be: the same key twice, or the same content under two keys.
 */
import { sapUser } from "../sap/peer.ts";

export interface SapDocument {
  readonly kind: "confirmation" | "goods-receipt" | "goods-issue";
  /** As a person would look it up. */
  readonly number: string;
  readonly key: string | null;
  readonly orders: readonly string[];
  readonly operation: string | null;
  readonly postingDate: string | null;
  /** Movement, material, quantity and unit, in the order of the document. */
  readonly lines: readonly string[];
}

export interface Doubles {
  /** One key on several documents: each of them is a duplicate posting. */
  readonly sameKey: readonly (readonly SapDocument[])[];
  /** Same order, operation, date and quantities under different keys. Two runs can honestly do this. */
  readonly sameContent: readonly (readonly SapDocument[])[];
  readonly withoutKey: readonly SapDocument[];
}

type Row = Readonly<Record<string, unknown>>;

/** All documents about production orders, reversed ones included. */
export async function readDocuments(url: string): Promise<readonly SapDocument[]> {
  const confirmations = await rows(url, "API_PROD_ORDER_CONFIRMATION_2_SRV/ProdnOrdConf2");
  const headers = await rows(url, "API_MATERIAL_DOCUMENT_SRV/A_MaterialDocumentHeader");
  const items = await rows(url, "API_MATERIAL_DOCUMENT_SRV/A_MaterialDocumentItem");
  const itemsOf = Map.groupBy(items, (item) => text(item, "MaterialDocument"));
  const movements = headers.map((header) => movement(header, itemsOf.get(text(header, "MaterialDocument")) ?? []));
  return [...confirmations.map(confirmation), ...movements.filter((document) => document.orders.length > 0)];
}

export function findDoubles(documents: readonly SapDocument[]): Doubles {
  const keyed = documents.filter((document) => document.key !== null);
  const content = (document: SapDocument): string =>
    JSON.stringify([document.kind, document.orders, document.operation, document.postingDate, document.lines]);
  return {
    sameKey: repeated(keyed, (document) => document.key ?? ""),
    sameContent: repeated(documents, content).filter(
      (alike) => new Set(alike.map((document) => document.key)).size > 1,
    ),
    withoutKey: documents.filter((document) => document.key === null),
  };
}

function repeated(documents: readonly SapDocument[], by: (document: SapDocument) => string): readonly SapDocument[][] {
  return [...Map.groupBy(documents, by).values()].filter((group) => group.length > 1);
}

function confirmation(row: Row): SapDocument {
  const unit = text(row, "ConfirmationUnit");
  const quantities = ["ConfirmationYieldQuantity", "ConfirmationScrapQuantity", "ConfirmationReworkQuantity"];
  return {
    kind: "confirmation",
    number: `${text(row, "ConfirmationGroup")}/${text(row, "ConfirmationCount")}`,
    key: textOrNull(row, "ExternalSystemConfirmation"),
    orders: [plain(text(row, "OrderID"))],
    operation: text(row, "OrderOperation"),
    postingDate: day(row),
    lines: quantities.map((name) => `${name} ${Number(row[name] ?? 0)} ${unit}`),
  };
}

function movement(header: Row, items: readonly Row[]): SapDocument {
  const orders = items.map((item) => plain(text(item, "ManufacturingOrder"))).filter((order) => order !== "");
  const types = items.map((item) => text(item, "GoodsMovementType"));
  return {
    kind: types.some((type) => type === "101" || type === "102") ? "goods-receipt" : "goods-issue",
    number: `${text(header, "MaterialDocument")}/${text(header, "MaterialDocumentYear")}`,
    key: textOrNull(header, "ReferenceDocument") ?? textOrNull(header, "MaterialDocumentHeaderText"),
    orders: [...new Set(orders)],
    operation: null,
    postingDate: day(header),
    lines: items.map(
      (item, index) =>
        `${types[index]} ${text(item, "Material")} ${Number(item["QuantityInEntryUnit"] ?? 0)} ${text(item, "EntryUnit")}`,
    ),
  };
}

/** Every row of an entity set, page by page. */
async function rows(root: string, path: string): Promise<readonly Row[]> {
  const authorization = `Basic ${Buffer.from(`${sapUser.name}:${sapUser.password}`).toString("base64")}`;
  const found: Row[] = [];
  for (let url: string | null = `${root}/${path}?$format=json`; url !== null;) {
    const reply: Response = await fetch(url, { headers: { authorization, accept: "application/json" } });
    if (!reply.ok) throw new Error(`the ERP answers ${reply.status} to ${url}`);
    // OData v2: rows are under d.results, the next page under d.__next. A wrong shape ends in an error here.
    const { d } = (await reply.json()) as { d: { results: Row[]; __next?: string } };
    found.push(...d.results);
    url = d.__next === undefined ? null : samePlace(root, d.__next);
  }
  return found;
}

/** The server names itself `localhost` in its links; it listens on the address that was asked. */
function samePlace(root: string, link: string): string {
  const { pathname, search } = new URL(link, root);
  return new URL(`${pathname}${search}`, root).href;
}

function text(row: Row, name: string): string {
  return String(row[name] ?? "");
}

function textOrNull(row: Row, name: string): string | null {
  return text(row, name) === "" ? null : text(row, name);
}

/** Without SAP's leading zeros. */
function plain(order: string): string {
  return order.replace(/^0+/, "");
}

/** `/Date(1738540800000)/` as a calendar day. */
function day(row: Row): string | null {
  const ms = /\d+/.exec(text(row, "PostingDate"))?.[0];
  return ms === undefined ? null : new Date(Number(ms)).toISOString().slice(0, 10);
}
