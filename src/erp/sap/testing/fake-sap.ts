/**
 * A SAP that misbehaves on demand, in this process: login, session cookies, CSRF token, paging, and per write one
 * mishap before or after it commits. It knows no business rules; the peer of tests/peers/sap does.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { randomId } from "../../../base/id.ts";
import { confirmationEntities, documentEntities, edmx, orderEntities } from "./edmx.ts";

type Json = Record<string, unknown>;

/** What happens to one write; `commit` stores it and gives the row that SAP would answer with. */
export type Mishap = (request: IncomingMessage, response: ServerResponse, commit: () => Json) => void;

export interface FakeSap {
  readonly baseUrl: string;
  readonly orders: Json[];
  readonly confirmations: Json[];
  readonly documents: Json[];
  /** Taken from the front, one per write. */
  readonly mishaps: Mishap[];
  /** Also for reads and token calls, before anything else happens; null lets the request through. */
  gate: ((request: IncomingMessage, response: ServerResponse) => boolean) | null;
  readonly metadata: Record<string, string>;
  /** `METHOD path?query` of everything that arrived. */
  readonly seen: { readonly line: string; readonly headers: IncomingMessage["headers"]; body: string }[];
  tokenCalls(): number;
  /** Ends every session, as a timeout or a restarted server would. */
  forgetSessions(): void;
  close(): Promise<void>;
}

export interface FakeOptions {
  readonly pageMax?: number;
  /** The server gives its token only for GET. */
  readonly tokenByGet?: boolean;
}

export async function startFakeSap(options: FakeOptions = {}): Promise<FakeSap> {
  const sessions = new Map<string, string>();
  const fake = {
    orders: [] as Json[],
    confirmations: [] as Json[],
    documents: [] as Json[],
    mishaps: [] as Mishap[],
    gate: null as FakeSap["gate"],
    seen: [] as FakeSap["seen"],
    metadata: {
      API_PRODUCTION_ORDER_2_SRV: edmx("API_PRODUCTION_ORDER_2_SRV", orderEntities, ["OrderReleasedByMES"]),
      API_PROD_ORDER_CONFIRMATION_2_SRV: edmx("API_PROD_ORDER_CONFIRMATION_2_SRV", confirmationEntities),
      API_MATERIAL_DOCUMENT_SRV: edmx("API_MATERIAL_DOCUMENT_SRV", documentEntities),
    } as Record<string, string>,
  };
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      fake.seen.push({ line: `${request.method} ${request.url}`, headers: request.headers, body });
      if (fake.gate?.(request, response)) return;
      if (!/^\/sap\/opu\/odata\/sap\/\w+\/[^/]*$/.test(request.url?.split("?", 1)[0] ?? ""))
        return reply(response, 404, "no such path", "text/plain");
      if (!isLoggedIn(request))
        return reply(response, 401, "<html><title>Logon Error Message</title></html>", "text/html");
      if (request.method === "POST") return write(request, response, body);
      if (/^fetch$/i.test(headerOf(request, "x-csrf-token")) && (request.method === "GET" || !options.tokenByGet))
        giveToken(request, response);
      read(request, response);
    });
  });

  function giveToken(request: IncomingMessage, response: ServerResponse): void {
    const known = sessionOf(request);
    const id = known !== "" && sessions.has(known) ? known : randomId();
    if (!sessions.has(id)) sessions.set(id, randomId());
    response.setHeader("x-csrf-token", sessions.get(id) ?? "");
    response.setHeader("set-cookie", [
      `SAP_SESSIONID_S4H_100=${id}; path=/; HttpOnly`,
      "sap-usercontext=sap-client=100; path=/",
    ]);
  }

  function write(request: IncomingMessage, response: ServerResponse, body: string): void {
    if (sessions.get(sessionOf(request)) !== headerOf(request, "x-csrf-token")) {
      response.setHeader("x-csrf-token", "Required");
      return reply(response, 403, "CSRF token validation failed", "text/plain");
    }
    const commit = (): Json => store(fake, request.url ?? "", body);
    const mishap = fake.mishaps.shift();
    if (mishap) return mishap(request, response, commit);
    reply(response, 201, JSON.stringify({ d: commit() }));
  }

  function read(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? "", "http://sap");
    const [service = "", resource = ""] = url.pathname.split("/").slice(-2);
    if (request.method === "HEAD" || resource === "") return reply(response, 200, "{}");
    const metadata = fake.metadata[service];
    if (resource === "$metadata" && metadata) return reply(response, 200, metadata, "application/xml");
    const rows = select(fake, resource, url.searchParams);
    if (!rows)
      return reply(
        response,
        404,
        JSON.stringify({
          error: {
            code: "005056A509B11EE1B9A8FEC11C21D78E",
            message: { value: `Resource not found for segment '${resource}'` },
          },
        }),
      );
    reply(response, 200, JSON.stringify({ d: page(rows, url, options.pageMax) }));
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // Listening on TCP: the address is no pipe.
  const { port } = server.address() as AddressInfo;
  return Object.assign(fake, {
    baseUrl: `http://127.0.0.1:${port}/sap/opu/odata/sap`,
    tokenCalls: () => fake.seen.filter(({ headers }) => /^fetch$/i.test(String(headers["x-csrf-token"]))).length,
    forgetSessions: () => sessions.clear(),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

export function reply(response: ServerResponse, status: number, body: string, type = "application/json"): void {
  response.statusCode = status;
  response.setHeader("content-type", type);
  response.end(body);
}

/** An error in SAP's usual envelope. */
export function sapError(status: number, code: string, text: string): Mishap {
  return (_, response) =>
    reply(response, status, JSON.stringify({ error: { code, message: { lang: "en", value: text } } }));
}

function isLoggedIn(request: IncomingMessage): boolean {
  return headerOf(request, "authorization") === `Basic ${Buffer.from("MES:secret").toString("base64")}`;
}

function headerOf(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === "string" ? value : "";
}

/** Both cookies must come back: one of them alone is no session. */
function sessionOf(request: IncomingMessage): string {
  const cookie = headerOf(request, "cookie");
  return cookie.includes("sap-usercontext=") ? (/SAP_SESSIONID_S4H_100=([^;]+)/.exec(cookie)?.[1] ?? "") : "";
}

function store(fake: Pick<FakeSap, "confirmations" | "documents">, url: string, body: string): Json {
  const release = /OrderReleasedByMES\?ManufacturingOrder=([^&]*)/.exec(url);
  if (release) {
    return {
      OrderReleasedByMES: {
        SystemMessageType: "S",
        SystemMessageIdentification: "CO",
        SystemMessageNumber: "100",
        SystemMessageLongText: "Order saved",
      },
    };
  }
  const row = JSON.parse(body) as Json; // written by the connector under test
  if (url.includes("/ProdnOrdConf2")) {
    const stored = {
      ...row,
      ConfirmationGroup: "0000001001",
      ConfirmationCount: String(fake.confirmations.length + 1).padStart(8, "0"),
    };
    fake.confirmations.push(stored);
    return stored;
  }
  const number = { MaterialDocument: String(4_900_000_101 + fake.documents.length), MaterialDocumentYear: "2026" };
  const items = (row["to_MaterialDocumentItem"] as Json[]).map((item) => ({ ...item, ...number }));
  const stored = { ...row, ...number, to_MaterialDocumentItem: { results: items } };
  fake.documents.push(stored);
  return stored;
}

function select(
  fake: FakeSap | Omit<FakeSap, "baseUrl" | "tokenCalls" | "forgetSessions" | "close">,
  resource: string,
  query: URLSearchParams,
): Json[] | null {
  const filter = query.get("$filter") ?? "";
  const named = (field: string): string[] =>
    [...filter.matchAll(new RegExp(`${field} eq (?:guid)?'([^']*)'`, "g"))].map(([, value]) => value ?? "");
  const byField = (rows: Json[], ...fields: string[]): Json[] =>
    rows.filter((row) =>
      fields.every((field) => named(field).length === 0 || named(field).includes(String(row[field]))),
    );
  if (/^A_ProductionOrder_2(\(|$)/.test(resource)) {
    const key = /\('(.*)'\)/.exec(decodeURIComponent(resource))?.[1];
    const after = /LastChangeDateTime ge '([^']*)'/.exec(filter)?.[1] ?? "";
    const inside =
      /LastChangeDateTime gt '([^']*)' or \(LastChangeDateTime eq '[^']*' and ManufacturingOrder gt '([^']*)'/.exec(
        filter,
      );
    const beyond = (row: Json): boolean =>
      !inside || `${row["LastChangeDateTime"]}|${row["ManufacturingOrder"]}` > `${inside[1]}|${inside[2]}`;
    const over = [...filter.matchAll(/(\w+) ne 'X'/g)].map(([, field]) => field ?? "");
    return fake.orders
      .filter((row) => key === undefined || row["ManufacturingOrder"] === key)
      .filter(
        (row) => String(row["LastChangeDateTime"]) >= after && beyond(row) && over.every((field) => row[field] !== "X"),
      )
      .toSorted((a, b) =>
        `${a["LastChangeDateTime"]}|${a["ManufacturingOrder"]}` <
        `${b["LastChangeDateTime"]}|${b["ManufacturingOrder"]}`
          ? -1
          : 1,
      );
  }
  if (resource === "ProdnOrdConf2") return byField(fake.confirmations, "ExternalSystemConfirmation", "OrderID");
  if (resource === "A_MaterialDocumentHeader") return byField(fake.documents, "ReferenceDocument");
  if (resource === "A_MaterialDocumentItem") {
    const items = fake.documents.flatMap(({ to_MaterialDocumentItem: expanded, ...header }) =>
      ((expanded as Json)["results"] as Json[]).map((item) => ({ ...item, to_MaterialDocumentHeader: header })),
    );
    return byField(items, "ManufacturingOrder", "MaterialDocument", "MaterialDocumentYear");
  }
  return null;
}

/** `__next` names another host, as behind a front: only its query may be followed. */
function page(rows: readonly Json[], url: URL, pageMax = Number.MAX_SAFE_INTEGER): Json {
  const from = Number(url.searchParams.get("$skiptoken") ?? 0);
  const end = Math.min(Number(url.searchParams.get("$top") ?? rows.length), rows.length);
  const to = Math.min(from + pageMax, end);
  const query = new URLSearchParams(url.searchParams);
  query.set("$skiptoken", String(to));
  const next = to < end ? { __next: `https://backend.invalid:44300${url.pathname}?${query}` } : {};
  return { results: rows.slice(from, to), ...next };
}
