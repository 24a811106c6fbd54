/**
 * An HTTP proxy before the S/4HANA-like peer that does to calls what networks and busy ERPs do: replies lost after the
 * commit, requests that never arrive or arrive late, errors before and after, and replies held back while the caller is
 * killed. It decides nothing itself: rules (`fault-rule.ts`) do. All it did is in `incidents`, with the document's key.
 */
import { Agent, createServer, request as callUpstream } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from "node:http";
import { classifyCall, type ErpCall } from "./erp-call.ts";

/** What becomes of a request before the ERP sees it. */
export type RequestFate =
  /** The connection breaks and the ERP never hears of it. */
  | { readonly fate: "lose-request" }
  /** The connection breaks now, and the ERP gets the request that much later. */
  | { readonly fate: "late"; readonly ms: number }
  | { readonly fate: "delay"; readonly ms: number }
  /** An answer without the ERP. */
  | { readonly fate: "answer"; readonly answer: FaultAnswer }
  /** Nothing moves until `until` is over; then the connection breaks. The ERP gets the request only with `deliver`. */
  | { readonly fate: "hold-request"; readonly until: () => Promise<void>; readonly deliver: boolean };

/** What becomes of the ERP's reply. */
export type ReplyFate =
  | { readonly fate: "lose-reply" }
  | { readonly fate: "delay-reply"; readonly ms: number }
  | { readonly fate: "answer-instead"; readonly answer: FaultAnswer }
  | { readonly fate: "hold-reply"; readonly until: () => Promise<void> };

export interface FaultAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The first rule that names a fate decides; without one the call passes. */
export interface FaultRule {
  onRequest?(call: ErpCall): RequestFate | null;
  /** `status` is the ERP's answer; 2xx means that it has committed. */
  onReply?(call: ErpCall, status: number): ReplyFate | null;
}

export interface Incident {
  readonly call: ErpCall;
  readonly fate: RequestFate["fate"] | ReplyFate["fate"];
  /** What the ERP answered, where it was asked before the incident. */
  readonly status: number | null;
}

export interface FaultProxy {
  readonly port: number;
  readonly rules: FaultRule[];
  readonly incidents: readonly Incident[];
  /** Calls that the ERP answered with 2xx, by kind. */
  readonly passed: ReadonlyMap<ErpCall["kind"], number>;
  close(): Promise<void>;
}

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Starts one before the ERP at this port of the loopback interface. */
export async function startFaultProxy(upstreamPort: number): Promise<FaultProxy> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const rules: FaultRule[] = [];
  const incidents: Incident[] = [];
  const passed = new Map<ErpCall["kind"], number>();
  const upstream = { port: upstreamPort, agent };
  let number = 0;

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readAll(request);
    number += 1;
    const call = classifyCall({
      number,
      method: request.method ?? "GET",
      path: request.url ?? "/",
      body: body.toString(),
    });
    const note = (fate: Incident["fate"], status: number | null): void => void incidents.push({ call, fate, status });
    const forward = (): Promise<Reply> => ask(upstream, request, body);
    const drop = (): void => void request.socket.destroy();

    const before = firstFate(rules, (rule) => rule.onRequest?.(call) ?? null);
    if (before !== null) {
      note(before.fate, null);
      const goesOn = await meet(before, { drop, forward, answer: (answer) => send(response, answerOf(answer)) });
      if (!goesOn) return;
    }
    const reply = await forward().catch(() => null);
    if (reply === null) return drop();
    if (reply.status >= 200 && reply.status < 300) passed.set(call.kind, (passed.get(call.kind) ?? 0) + 1);

    const after = firstFate(rules, (rule) => rule.onReply?.(call, reply.status) ?? null);
    if (after === null) return send(response, reply);
    note(after.fate, reply.status);
    switch (after.fate) {
      case "lose-reply":
        return drop();
      case "hold-reply":
        await after.until();
        return drop();
      case "delay-reply":
        await pause(after.ms);
        return send(response, reply);
      case "answer-instead":
        return send(response, answerOf(after.answer));
    }
  };

  const server = createServer((request, response) => {
    handle(request, response).catch(() => request.socket.destroy());
  });
  server.keepAliveTimeout = 60_000;
  const port = await listen(server);
  return { port, rules, incidents, passed, close: () => close(server, agent) };
}

interface Meeting {
  readonly drop: () => void;
  readonly forward: () => Promise<Reply>;
  readonly answer: (answer: FaultAnswer) => void;
}

/** Lets the fate happen. True when the request goes on to the ERP as usual. */
async function meet(fate: RequestFate, act: Meeting): Promise<boolean> {
  switch (fate.fate) {
    case "lose-request":
      act.drop();
      return false;
    case "late":
      act.drop();
      await pause(fate.ms);
      await act.forward();
      return false;
    case "delay":
      await pause(fate.ms);
      return true;
    case "answer":
      act.answer(fate.answer);
      return false;
    case "hold-request":
      await fate.until();
      act.drop();
      if (fate.deliver) await act.forward();
      return false;
  }
}

function firstFate<T>(rules: readonly FaultRule[], decide: (rule: FaultRule) => T | null): T | null {
  for (const rule of rules) {
    const fate = decide(rule);
    if (fate !== null) return fate;
  }
  return null;
}

function ask(
  upstream: { readonly port: number; readonly agent: Agent },
  from: IncomingMessage,
  body: Buffer,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    // The Host header stays: the ERP builds its absolute links from it, so that they lead to the proxy again.
    const { connection: _connection, "transfer-encoding": _encoding, ...headers } = from.headers;
    const out = callUpstream({
      host: "127.0.0.1",
      port: upstream.port,
      agent: upstream.agent,
      method: from.method ?? "GET",
      path: from.url ?? "/",
      headers: { ...headers, ...(body.length > 0 ? { "content-length": String(body.length) } : {}) },
    });
    out.once("error", reject);
    out.once("response", (reply) => {
      readAll(reply).then(
        (bytes) => resolve({ status: reply.statusCode ?? 502, headers: reply.headers, body: bytes }),
        reject,
      );
    });
    out.end(body);
  });
}

function send(response: ServerResponse, reply: Reply): void {
  if (response.destroyed) return; // the caller died meanwhile
  const { connection: _connection, "transfer-encoding": _encoding, "keep-alive": _keep, ...headers } = reply.headers;
  const length = response.req.method === "HEAD" ? {} : { "content-length": String(reply.body.length) };
  response.writeHead(reply.status, { ...headers, ...length });
  response.end(reply.body);
}

function answerOf(answer: FaultAnswer): Reply {
  const headers = { ...answer.headers, "content-type": answer.contentType };
  return { status: answer.status, headers, body: Buffer.from(answer.body) };
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer); // no encoding is set, so parts are buffers
  return Buffer.concat(parts);
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the system gave no port");
  return address.port;
}

async function close(server: Server, agent: Agent): Promise<void> {
  const closed = new Promise((done) => server.close(done));
  server.closeAllConnections();
  agent.destroy();
  await closed;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
