/**
 * The simulated ERP on a loopback port: connections, login, CSRF and the faults that were asked for. What it answers is
 * `dispatcher`; what it knows is `books`.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { systemClock, type Clock } from "../../base/clock.ts";
import { assert } from "../../base/result.ts";
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

export interface SimulatedErp {
  /** Address of the services, without a slash at the end. */
  readonly url: string;
  readonly login: Login;
  readonly books: Books;
  readonly faults: FaultPlan;
  readonly locks: Locks;
  /** Calls answered so far, by kind. */
  readonly calls: { reads: number; writes: number };
  /** Every session and its token are void from now on. */
  endSessions(): void;
  /** The ERP is gone: connections break, new ones are refused, until `plugIn`. What it was doing is done or not. */
  unplug(): Promise<void>;
  /** Answers again, at the same address. */
  plugIn(): Promise<void>;
  readonly isPluggedIn: boolean;
  close(): Promise<void>;
}

const root = "/sap/opu/odata/sap";
const bodyBytesMax = 8 * 1024 * 1024;

export async function startErp(settings: ErpSettings = {}): Promise<SimulatedErp> {
  const clock = settings.clock ?? systemClock;
  const books = booksOf(settings, clock);
  const locks = new Locks();
  const writeMs = settings.writeMs ?? 0;
  const login = settings.login ?? { user: "MES_COMM", password: "secret" };
  const gate: Gate = {
    clock,
    login,
    sessions: new Sessions(login),
    faults: new FaultPlan(random(settings.seed ?? 1).fork("erp faults")),
    calls: { reads: 0, writes: 0 },
    dispatcher: new Dispatcher({
      handlers: [
        productionOrderService(books),
        materialDocumentService(books),
        confirmationService(books),
        materialStockService(books),
      ],
      locks,
      pageSize: settings.pageSize ?? 1000,
      work: writeMs > 0 ? () => clock.sleep(writeMs) : null,
    }),
  };
  const server = createServer((request, response) => void serve(gate, request, response));
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert(typeof address === "object" && address !== null, "a listening server has an address");
  const plug = plugOf(server, address.port);
  return {
    url: `http://127.0.0.1:${address.port}${root}`,
    login,
    books,
    faults: gate.faults,
    locks,
    calls: gate.calls,
    endSessions: () => gate.sessions.endAll(),
    unplug: plug.pull,
    plugIn: plug.push,
    get isPluggedIn() {
      return server.listening;
    },
    close: plug.pull,
  };
}

/** Both wait for each other, and doing either twice is doing it once. */
function plugOf(server: Server, port: number): { pull(): Promise<void>; push(): Promise<void> } {
  let last: Promise<void> = Promise.resolve();
  const after = (work: () => Promise<void>): Promise<void> => (last = last.then(work));
  return {
    pull: () =>
      after(async () => {
        if (!server.listening) return;
        await new Promise<void>((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        });
      }),
    push: () =>
      after(async () => {
        if (server.listening) return;
        await new Promise<void>((resolve, reject) => {
          server.once("error", reject);
          server.listen(port, "127.0.0.1", () => {
            server.off("error", reject);
            resolve();
          });
        });
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

interface Gate {
  readonly clock: Clock;
  readonly login: Login;
  readonly sessions: Sessions;
  readonly faults: FaultPlan;
  readonly dispatcher: Dispatcher;
  readonly calls: { reads: number; writes: number };
}

/** Ends with an answer or a broken connection; never throws to the server. */
async function serve(gate: Gate, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const body = await bodyOf(request);
    const method = request.method ?? "GET";
    const isWrite = method !== "GET" && method !== "HEAD";
    gate.calls[isWrite ? "writes" : "reads"] += 1;
    const [path = "", query = ""] = (request.url ?? "").split("?", 2);
    const fault = gate.faults.take({ calls: isWrite ? "write" : "read", path });
    const early = fault && before(gate, fault, request);
    if (early === "break") return void request.socket.destroy();
    if (fault?.kind === "late-commit") await gate.clock.sleep(fault.ms);
    const reply = early || (await answer(gate, request, { method, path, query, body }));
    if (fault?.kind === "reply-lost" || fault?.kind === "late-commit") return void request.socket.destroy();
    if (fault?.kind === "delay") await gate.clock.sleep(fault.ms);
    send(response, method, fault?.kind === "failed-after" ? shortDump : reply);
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    if (response.headersSent || response.destroyed) response.destroy();
    else send(response, "GET", textReply(500, "text/plain", `The simulation itself failed: ${text}`));
  }
}

const shortDump = textReply(500, "text/html", "<html><title>500 SAP Internal Server Error</title></html>");

/** What a fault answers instead of the ERP; null when the ERP works on. */
function before(gate: Gate, fault: ErpFault, request: IncomingMessage): Reply | "break" | null {
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
      gate.sessions.end(request.headers);
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

async function answer(
  gate: Gate,
  request: IncomingMessage,
  call: { readonly method: string; readonly path: string; readonly query: string; readonly body: string },
): Promise<Reply> {
  const { method, path, query, body } = call;
  if (!path.startsWith(`${root}/`)) return textReply(404, "text/html", "<html><title>404 Not Found</title></html>");
  if (!gate.sessions.isLoggedIn(request.headers)) return loginPage;
  const wantsToken = /^fetch$/i.test(String(request.headers["x-csrf-token"] ?? ""));
  const isRead = method === "GET" || method === "HEAD";
  const isMerge = request.headers["x-http-method"] !== undefined;
  if (!isRead && (method !== "POST" || isMerge))
    return textReply(405, "text/plain", "Method not supported by this simulation");
  if (!isRead && !gate.sessions.mayWrite(request.headers)) {
    return textReply(403, "text/plain", "CSRF token validation failed", { "x-csrf-token": "Required" });
  }
  const [service = "", ...rest] = path.slice(root.length + 1).split("/");
  const reply = await gate.dispatcher.answer({
    method,
    service: service.replace(/;v=\d+$/, ""),
    path: rest.join("/"),
    query,
    root: `http://${request.headers.host ?? "127.0.0.1"}${root}`,
    body,
    user: gate.login.user,
  });
  return isRead && wantsToken && reply.status < 400
    ? { ...reply, headers: { ...reply.headers, ...gate.sessions.fetchToken(request.headers) } }
    : reply;
}

function send(response: ServerResponse, method: string, reply: Reply): void {
  const body = Buffer.from(reply.body);
  const headers: Record<string, string | string[]> = { "content-length": String(body.length) };
  for (const [name, value] of Object.entries(reply.headers))
    headers[name] = typeof value === "string" ? value : [...value];
  response.writeHead(reply.status, headers);
  response.end(method === "HEAD" ? undefined : body);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    // Without an encoding the stream gives buffers.
    const buffer = chunk as Buffer;
    bytes += buffer.length;
    assert(bytes <= bodyBytesMax, "a request is not larger than 8 MB");
    chunks.push(buffer);
  }
  return chunks.length === 0 ? "" : Buffer.concat(chunks).toString("utf8");
}
