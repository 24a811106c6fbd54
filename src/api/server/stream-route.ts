/**
 * `GET /api/v1/stream`: a client of the hub over server-sent events. While it is open the session is looked at again, so
 * that whoever was signed out hears nothing more. Listening is no activity: it keeps no session alive.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { routes } from "../contract/contract.ts";
import { makeFault } from "../../base/result.ts";
import { approachOf, sendFault, type RouteServices } from "./route.ts";
import { admit } from "./gate.ts";
import type { StreamClient, StreamHub } from "./stream.ts";

export interface StreamRouteOptions {
  readonly hub: StreamHub;
  readonly services: RouteServices;
  readonly beatMs?: number;
  readonly renewMs?: number;
}

const path = "/api/v1/stream";
const declaration = routes[`GET ${path}`];
const standardBeatMs = 5_000;
const standardRenewMs = 30_000;
/** Connections of one process; each screen has one. */
const clientsMax = 1_000;
/** Of one session, or one key: some tabs of some screens. */
const clientsMaxOfOne = 50;

export function serveStream(server: FastifyInstance, options: StreamRouteOptions): void {
  const { hub, services } = options;
  /** How many each session, or key, has open. */
  const open = new Map<string, number>();
  server.get(path, { schema: { querystring: declaration.query } }, async (request, reply) => {
    const entered = await admit(services.keeper, approachOf(request, path, services), declaration);
    if (!entered.ok) return sendFault(services, request, reply, entered.fault, {});
    const { caller, session } = entered.value;
    const who = session?.csrfToken ?? caller.actor;
    const ofOne = open.get(who) ?? 0;
    if (hub.clients() >= clientsMax || ofOne >= clientsMaxOfOne) {
      const fault = makeFault(
        "transient",
        "api/stream-full",
        "Too many screens listen at once. Close some, or try again.",
      );
      return sendFault(services, request, reply, fault, {});
    }
    open.set(who, ofOne + 1);
    reply.raw.on("close", () => {
      const left = (open.get(who) ?? 1) - 1;
      if (left === 0) open.delete(who);
      else open.set(who, left);
    });
    listen(options, request, reply, caller);
    return reply;
  });
}

function listen(
  options: StreamRouteOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  caller: StreamClient["caller"],
): void {
  const { hub, services, beatMs = standardBeatMs, renewMs = standardRenewMs } = options;
  const { kinds, under } = declaration.query.parse(request.query);
  const { raw } = reply;
  reply.hijack();
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>), // set as text by our own hooks
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    // A proxy that collects answers would hold every event back.
    "x-accel-buffering": "no",
    connection: "keep-alive",
  });
  raw.socket?.setNoDelay(true);
  // Whoever leaves while something is written is gone; the event below says so.
  raw.on("error", () => undefined);
  const connection = hub.connect({
    caller,
    kinds: kinds === undefined ? null : new Set(kinds.split(",")),
    under: under ?? null,
    lastEventId: headerText(request.headers["last-event-id"]),
    write: (text) => void raw.write(text),
    waiting: () => raw.writableLength,
    drop: () => raw.destroy(),
  });
  const beat = setInterval(() => connection.beat(), beatMs);
  const renew = setInterval(() => void look(), renewMs);
  const look = async (): Promise<void> => {
    try {
      const entered = await admit(services.keeper, approachOf(request, path, services), declaration);
      if (entered.ok) connection.renew(entered.value.caller);
      else raw.end();
    } catch {
      // The database is away: it is asked again.
    }
  };
  raw.on("close", () => {
    clearInterval(beat);
    clearInterval(renew);
    connection.leave();
  });
}

function headerText(header: string | string[] | undefined): string | null {
  return (Array.isArray(header) ? header[0] : header) ?? null;
}
