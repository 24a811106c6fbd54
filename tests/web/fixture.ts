/**
 * A server for the screens' tests: serves `dist/web` under a strict policy and answers every route of the contract from a
 * generated plant. Each answer and event is checked by the contract's own schema. It can be told to refuse, to hang, to
 * lose replies and to fall silent, and it counts what commands did.
 */
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { extname, join, normalize } from "node:path";
import { routes, type RouteName } from "../../src/api/contract/contract.ts";
import { streamEvent, type StreamEvent } from "../../src/api/contract/stream.ts";
import type { RouteDeclaration } from "../../src/api/contract/route.ts";
import { answers, makeWorld, type Asked, type World } from "./answer.ts";
import type { PlantSize } from "./plant.ts";

export interface Effect {
  readonly route: RouteName;
  readonly key: string;
  readonly version: string | null;
  readonly params: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** In place of an answer: a status with a body, a reply that never comes, or a connection that breaks. */
export type Instead = { readonly status: number; readonly body: unknown } | "hang" | "drop";

export interface Fixture {
  readonly url: string;
  readonly world: World;
  /** What commands and other changes did, once for each key. */
  readonly effects: Effect[];
  /** Every request of a command, with its key; a retry is one more. */
  readonly sent: { readonly route: RouteName; readonly key: string }[];
  /** Until it is taken back by undefined. */
  instead(route: RouteName, answer: Instead | undefined): void;
  /** The next `count` commands are carried out, and their reply is lost. */
  loseReplies(count: number): void;
  emit(event: StreamEvent): void;
  /** No event and no `hello` any more, with the connection open; false ends it. */
  silence(on: boolean): void;
  /** Ends every stream; browsers come back with `Last-Event-ID`. */
  cutStreams(): void;
  streamCount(): number;
  readonly resumedFrom: string[];
  close(): Promise<void>;
}

export interface FixtureOptions extends Partial<PlantSize> {
  /** A unit changes on its own so often; 0: never. */
  readonly changeEveryMs?: number;
  readonly port?: number;
  /** Where the built screens are; `dist/web` unless told. */
  readonly webRoot?: string;
}

const defaultRoot = join(import.meta.dirname, "../../dist/web");
const policy =
  "default-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; script-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";
const helloMs = 5000;

const mediaTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".json": "application/json",
};

interface Row {
  readonly method: string;
  readonly pattern: RegExp;
  readonly name: RouteName;
  readonly declaration: RouteDeclaration;
}

const table = (Object.keys(routes) as RouteName[]).map((name): Row => {
  const [method = "", path = ""] = name.split(" ");
  const pattern = new RegExp(`^${path.replace(/:(\w+)/g, "(?<$1>[^/]+)")}$`);
  return { method, pattern, name, declaration: routes[name] };
});

class Server {
  readonly effects: Effect[] = [];
  readonly sent: Fixture["sent"] = [];
  readonly resumedFrom: string[] = [];
  readonly replaced = new Map<RouteName, Instead>();
  readonly streams = new Set<ServerResponse>();
  readonly settled = new Map<string, unknown>();
  readonly world: World;
  lost = 0;
  isSilent = false;
  eventId = 0;
  readonly webRoot: string;
  constructor(world: World, webRoot: string) {
    this.world = world;
    this.webRoot = webRoot;
  }

  emit(event: StreamEvent): void {
    if (this.isSilent) return;
    this.eventId += 1;
    const text = `id: ${this.eventId}\ndata: ${JSON.stringify(streamEvent.parse(event))}\n\n`;
    for (const stream of this.streams) stream.write(text);
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://fixture");
    if (!url.pathname.startsWith("/api/")) return serveFile(this.webRoot, url.pathname, response);
    const found = table.find(({ method, pattern }) => method === request.method && pattern.test(url.pathname));
    if (!found) return sendJson(response, 404, problem(404, "http/no-route", "No such route"));
    const instead = this.replaced.get(found.name);
    if (instead === "hang") return undefined;
    if (instead === "drop") return void request.socket.destroy();
    if (instead) return sendJson(response, instead.status, instead.body);
    if (found.name === "GET /api/v1/stream") return this.openStream(request, response);
    return this.answer(found, url, request, response);
  }

  openStream(request: IncomingMessage, response: ServerResponse): void {
    const from = request.headers["last-event-id"];
    if (typeof from === "string") this.resumedFrom.push(from);
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.write(`retry: 300\ndata: ${JSON.stringify({ kind: "hello", at: new Date().toISOString() })}\n\n`);
    this.streams.add(response);
    request.on("close", () => this.streams.delete(response));
  }

  async answer(found: Row, url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { declaration, name } = found;
    if (!this.world.isSignedIn && declaration.permission !== null) {
      return sendJson(response, 401, problem(401, "access/no-session", "Sign in first"));
    }
    if (declaration.permission !== null && !isAllowed(this.world, declaration.permission)) {
      return sendJson(
        response,
        403,
        problem(403, "access/forbidden", `This needs the permission ${declaration.permission}.`),
      );
    }
    const read = await askedOf(found, url, request);
    if ("problem" in read) return sendJson(response, read.problem.status, read.problem);
    const { asked, key, version } = read;
    if (declaration.isCommand) this.sent.push({ route: name, key });
    const known = key === "" ? undefined : this.settled.get(key);
    const reply = known ?? answers[name](this.world, asked);
    if (reply === undefined) return sendJson(response, 404, problem(404, "http/not-found", "It is not there"));
    const checked: unknown = declaration.reply.parse(reply);
    if (known === undefined && found.method !== "GET") {
      this.effects.push({ route: name, key, version, params: asked.params, body: asked.body });
      if (key !== "") this.settled.set(key, checked);
    }
    if (declaration.isCommand && this.lost > 0) {
      this.lost -= 1;
      return void request.socket.destroy();
    }
    if (name === "POST /api/v1/session") response.setHeader("set-cookie", "session=fixture; HttpOnly; SameSite=Strict");
    return sendJson(response, 200, checked);
  }
}

function isAllowed(world: World, permission: string): boolean {
  return permission === "signed-in" || world.permissions.some((one) => one === permission);
}

interface Read {
  readonly asked: Asked;
  readonly key: string;
  readonly version: string | null;
}

/** The request as a handler would get it, or the problem that the doors would answer. */
async function askedOf(
  found: Row,
  url: URL,
  request: IncomingMessage,
): Promise<Read | { readonly problem: ReturnType<typeof problem> }> {
  const { declaration, method, pattern, name } = found;
  const groups = pattern.exec(url.pathname)?.groups ?? {};
  const params = Object.fromEntries(Object.entries(groups).map(([key, value]) => [key, decodeURIComponent(value)]));
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8");
  const header = (one: string): string => String(request.headers[one] ?? "");
  if (method !== "GET" && name !== "POST /api/v1/session" && header("x-csrf-token") !== "csrf-of-the-fixture") {
    return { problem: problem(403, "access/csrf", "The CSRF token is missing") };
  }
  if (declaration.isCommand && header("idempotency-key") === "") {
    return { problem: problem(400, "http/no-key", "A command needs an Idempotency-Key") };
  }
  if (declaration.isVersioned && header("if-match") === "") {
    return { problem: problem(428, "http/no-version", "This change needs If-Match") };
  }
  const query = declaration.query?.safeParse(Object.fromEntries(url.searchParams)) ?? { success: true, data: {} };
  const body = declaration.body?.safeParse(text === "" ? undefined : JSON.parse(text)) ?? {
    success: true,
    data: undefined,
  };
  if (!query.success || !body.success) return { problem: problem(400, "http/invalid", "The request is not valid") };
  const asked = { params, query: query.data as Asked["query"], body: body.data };
  return { asked, key: header("idempotency-key"), version: header("if-match") || null };
}

export function problem(status: number, code: string, detail: string): { status: number } & Record<string, unknown> {
  return { type: `/problems/${code}`, title: code, status, code, detail };
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const type = status >= 400 ? "application/problem+json" : "application/json";
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" }).end(JSON.stringify(body));
}

/** Files of the build; every other address is the page itself. */
async function serveFile(webRoot: string, path: string, response: ServerResponse): Promise<void> {
  const file = extname(path) === "" ? "index.html" : normalize(path).replace(/^[/\\.]+/, "");
  const content = await readFile(join(webRoot, file)).catch(() => undefined);
  if (content === undefined) return void response.writeHead(404).end();
  const type = mediaTypes[extname(file)] ?? "application/octet-stream";
  response.writeHead(200, { "content-type": type, "content-security-policy": policy }).end(content);
}

export async function startFixture(options: FixtureOptions = {}): Promise<Fixture> {
  const world = makeWorld({ units: options.units ?? 500, orders: options.orders ?? 10_000, seed: options.seed ?? 7 });
  const state = new Server(world, options.webRoot ?? defaultRoot);
  const server = createServer((request, response) => {
    state.handle(request, response).catch((error: unknown) => {
      // an answer that breaks the contract must be seen by the test, not look like a slow page
      sendJson(response, 500, problem(500, "fixture/broken", String(error)));
    });
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const hello = setInterval(() => state.emit({ kind: "hello", at: new Date().toISOString() }), helloMs);
  const change = options.changeEveryMs ? setInterval(() => changeSome(state), options.changeEveryMs) : undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    world,
    effects: state.effects,
    sent: state.sent,
    resumedFrom: state.resumedFrom,
    instead: (route, answer) => void (answer ? state.replaced.set(route, answer) : state.replaced.delete(route)),
    loseReplies: (count) => void (state.lost = count),
    emit: (event) => {
      if (event.kind === "unit") world.plant.units.set(event.unit.id, event.unit);
      state.emit(event);
    },
    silence: (on) => void (state.isSilent = on),
    cutStreams: () => {
      for (const stream of state.streams) stream.destroy();
    },
    streamCount: () => state.streams.size,
    close: async () => {
      clearInterval(hello);
      clearInterval(change);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** One unit counts on or changes its state. */
function changeSome(state: Server): void {
  const units = [...state.world.plant.units.values()];
  const unit = units[state.eventId % units.length];
  if (!unit) return;
  const at = new Date().toISOString();
  const next = {
    ...unit,
    lastSampleAt: unit.kind === "machine" ? at : null,
    lastEventAt: at,
    jobs: unit.jobs.map((job) => ({
      ...job,
      good: job.good === null ? null : { ...job.good, value: String(Number(job.good.value) + 5) },
    })),
  };
  state.world.plant.units.set(unit.id, next);
  state.emit({ kind: "unit", unit: next });
}

/** By hand: `node tests/web/fixture.ts [port]` serves until it is stopped. */
if (import.meta.main) {
  const fixture = await startFixture({ port: Number(process.argv[2] ?? 0), changeEveryMs: 500 });
  console.log(fixture.url);
}
