/** The simulated ERP on a loopback port. What a call comes to is `gate`; what it knows is `books`. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { assert } from "../../base/result.ts";
import type { Books } from "./books.ts";
import type { FaultPlan } from "./fault-plan.ts";
import { answerCall, openGate, servicesRoot, type ErpSettings, type Gate } from "./gate.ts";
import type { Locks } from "./lock.ts";
import { textReply, type Reply } from "./reply.ts";
import type { Login } from "./session.ts";

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

const bodyBytesMax = 8 * 1024 * 1024;

export async function startErp(settings: ErpSettings = {}): Promise<SimulatedErp> {
  const gate = openGate(settings);
  const server = createServer((request, response) => void serve(gate, request, response));
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert(typeof address === "object" && address !== null, "a listening server has an address");
  const plug = plugOf(server, address.port);
  return {
    url: `http://127.0.0.1:${address.port}${servicesRoot}`,
    login: gate.login,
    books: gate.books,
    faults: gate.faults,
    locks: gate.locks,
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

/** Ends with an answer or a broken connection; never throws to the server. */
async function serve(gate: Gate, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const method = request.method ?? "GET";
  try {
    const body = await bodyOf(request);
    const reply = await answerCall(gate, { method, url: request.url ?? "", headers: request.headers, body });
    if (reply) send(response, method, reply);
    else request.socket.destroy();
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    if (response.headersSent || response.destroyed) response.destroy();
    else send(response, "GET", textReply(500, "text/plain", `The simulation itself failed: ${text}`));
  }
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
