/**
 * The doors for machines that watch: `/healthz` (the process lives), `/readyz` (it serves people and programs), `/metrics`.
 * An ERP or a machine that is away does not make it unready: people work on, and facts and postings wait. Numbers are for
 * whoever holds a key with `metrics.read`, and for programs of this machine.
 */
import { isIP } from "node:net";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { admit } from "./gate.ts";
import type { Metrics } from "./metric.ts";
import { approachOf, sendFault, type RouteServices } from "./route.ts";

export interface WatchOptions {
  readonly services: RouteServices;
  readonly metrics: Metrics;
  /** What is not in order, for a person. @throws while the database does not answer */
  readonly waits: () => Promise<readonly string[]>;
}

export function serveWatch(server: FastifyInstance, { services, metrics, waits }: WatchOptions): void {
  server.get("/healthz", (_request, reply) => reply.header("cache-control", "no-store").send({ status: "ok" }));

  server.get("/readyz", async (_request, reply) => {
    const found = await waits().catch(() => null);
    return reply
      .code(found ? 200 : 503)
      .header("cache-control", "no-store")
      .send({ status: found ? "ok" : "waiting", waits: found ?? ["the database does not answer"] });
  });

  server.get("/metrics", async (request, reply) => {
    if (!isNeighbour(request)) {
      const entered = await admit(services.keeper, approachOf(request, "/metrics", services), {
        permission: "metrics.read",
      });
      if (!entered.ok) return sendFault(services, request, reply, entered.fault, {});
    }
    const text = await metrics.text();
    return reply.header("cache-control", "no-store").type("text/plain; version=0.0.4; charset=utf-8").send(text);
  });
}

/**
 * A program of this machine that speaks to us itself. A proxy in between says so by its headers; a page whose name was
 * made to point here names itself as the host.
 */
function isNeighbour(request: FastifyRequest): boolean {
  const { headers, socket } = request;
  const isProxied = headers.forwarded !== undefined || headers["x-forwarded-for"] !== undefined;
  const host = (headers.host ?? "").replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
  return !isProxied && isLoopback(socket.remoteAddress ?? "") && (host === "localhost" || isLoopback(host));
}

function isLoopback(address: string): boolean {
  return isIP(address) !== 0 && (address === "::1" || /^(?:::ffff:)?127\./i.test(address));
}
