/**
 * The gate of the simulated ERP: login, CSRF and the faults that were asked for, before and after `dispatcher` answers.
 * Whatever carries the calls: a loopback port (`server`), or a line inside one process.
 */
import type { IncomingHttpHeaders } from "node:http";
import { systemClock, type Clock } from "../../base/clock.ts";
import { random } from "../random.ts";
import { Books, type StockSeed } from "./books.ts";
import { Dispatcher } from "./dispatcher.ts";
import { FaultPlan, type ErpFault } from "./fault-plan.ts";
import { Locks } from "./lock.ts";
import type { OrderSeed } from "./order.ts";
import { receiveStock } from "./receipt.ts";
import { refusalReply, textReply, type Reply } from "./reply.ts";
import { confirmationService } from "./service/confirmation.ts";
import { materialDocumentService } from "./service/material-document.ts";
import { materialStockService } from "./service/material-stock.ts";
import { productService } from "./service/product.ts";
import { productionOrderService } from "./service/production-order.ts";
import { Sessions, type Login } from "./session.ts";

export interface ErpSettings {
  readonly clock?: Clock;
  readonly seed?: number;
  readonly login?: Login;
  readonly orders?: readonly OrderSeed[];
  readonly stock?: readonly StockSeed[] | "unlimited";
  readonly duplicateKeys?: "accepted" | "refused";
  /** Most rows in one answer; 1000 when left out. */
  readonly pageSize?: number;
  /** How long a write takes, with its locks held; 0 when left out. */
  readonly writeMs?: number;
}

export interface Gate {
  readonly clock: Clock;
  readonly login: Login;
  readonly books: Books;
  readonly locks: Locks;
  readonly sessions: Sessions;
  readonly faults: FaultPlan;
  readonly dispatcher: Dispatcher;
  readonly calls: { reads: number; writes: number };
}

export interface GateCall {
  readonly method: string;
  /** Path and query, from the root of the host. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Where the services stand below the host. */
export const servicesRoot = "/sap/opu/odata/sap";

export function openGate(settings: ErpSettings): Gate {
  const clock = settings.clock ?? systemClock;
  const books = booksOf(settings, clock);
  const locks = new Locks();
  const writeMs = settings.writeMs ?? 0;
  const login = settings.login ?? { user: "MES_COMM", password: "secret" };
  return {
    clock,
    login,
    books,
    locks,
    sessions: new Sessions(login),
    faults: new FaultPlan(random(settings.seed ?? 1).fork("erp faults")),
    calls: { reads: 0, writes: 0 },
    dispatcher: new Dispatcher({
      handlers: [
        productionOrderService(books),
        materialDocumentService(books),
        confirmationService(books),
        materialStockService(books),
        productService(books),
      ],
      locks,
      pageSize: settings.pageSize ?? 1000,
      work: writeMs > 0 ? () => clock.sleep(writeMs) : null,
    }),
  };
}

function booksOf(settings: ErpSettings, clock: Clock): Books {
  const stock = settings.stock ?? "unlimited";
  const books = new Books({
    clock,
    stock: stock === "unlimited" ? "unlimited" : "counted",
    duplicateKeys: settings.duplicateKeys ?? "accepted",
    companyCode: "1010",
  });
  for (const seed of stock === "unlimited" ? [] : stock) receiveStock(books, seed);
  for (const seed of settings.orders ?? []) books.createOrder(seed);
  return books;
}

/** @returns null when the connection breaks instead of an answer */
export async function answerCall(gate: Gate, call: GateCall): Promise<Reply | null> {
  const isWrite = !isReading(call.method);
  gate.calls[isWrite ? "writes" : "reads"] += 1;
  const [path = "", query = ""] = call.url.split("?", 2);
  const fault = gate.faults.take({ calls: isWrite ? "write" : "read", path });
  const early = fault && before(gate, fault, call);
  if (early === "break") return null;
  if (fault?.kind === "late-commit") await gate.clock.sleep(fault.ms);
  const reply = early || (await answer(gate, call, path, query));
  if (fault?.kind === "reply-lost" || fault?.kind === "late-commit") return null;
  if (fault?.kind === "delay") await gate.clock.sleep(fault.ms);
  return fault?.kind === "failed-after" ? shortDump : reply;
}

const shortDump = textReply(500, "text/html", "<html><title>500 SAP Internal Server Error</title></html>");

/** What a fault answers instead of the ERP; null when the ERP works on. */
function before(gate: Gate, fault: ErpFault, call: GateCall): Reply | "break" | null {
  switch (fault.kind) {
    case "request-lost":
      return "break";
    case "unavailable":
      return textReply(503, "text/html", "<html><title>503 Service Unavailable</title></html>");
    case "too-many-calls": {
      const headers = { "retry-after": String(fault.retryAfterSeconds) };
      return textReply(429, "application/json", '{"fault":{"faultstring":"Rate limit quota violation"}}', headers);
    }
    case "failed-before":
      return shortDump;
    case "locked":
      return refusalReply(
        { status: 423, code: "CO/469", text: "The object is already being processed by PLANNER1", target: "" },
        "",
      );
    case "session-expired":
      gate.sessions.end(call.headers);
      return null;
    case "login-refused":
      return loginPage;
    case "reply-lost":
    case "late-commit":
    case "delay":
    case "failed-after":
      return null;
  }
}

const loginPage = textReply(401, "text/html", "<html><title>Logon Error Message</title></html>", {
  "www-authenticate": 'Basic realm="SAP NetWeaver Application Server [S4H/100]"',
});

async function answer(gate: Gate, { method, headers, body }: GateCall, path: string, query: string): Promise<Reply> {
  if (!path.startsWith(`${servicesRoot}/`))
    return textReply(404, "text/html", "<html><title>404 Not Found</title></html>");
  if (!gate.sessions.isLoggedIn(headers)) return loginPage;
  const wantsToken = /^fetch$/i.test(String(headers["x-csrf-token"] ?? ""));
  const isRead = isReading(method);
  const isMerge = headers["x-http-method"] !== undefined;
  if (!isRead && (method !== "POST" || isMerge))
    return textReply(405, "text/plain", "Method not supported by this simulation");
  if (!isRead && !gate.sessions.mayWrite(headers)) {
    return textReply(403, "text/plain", "CSRF token validation failed", { "x-csrf-token": "Required" });
  }
  const [service = "", ...rest] = path.slice(servicesRoot.length + 1).split("/");
  const reply = await gate.dispatcher.answer({
    method,
    service: service.replace(/;v=\d+$/, ""),
    path: rest.join("/"),
    query,
    root: `http://${headers.host ?? "127.0.0.1"}${servicesRoot}`,
    body,
    user: gate.login.user,
  });
  return isRead && wantsToken && reply.status < 400
    ? { ...reply, headers: { ...reply.headers, ...gate.sessions.fetchToken(headers) } }
    : reply;
}

function isReading(method: string): boolean {
  return method === "GET" || method === "HEAD";
}
