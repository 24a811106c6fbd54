/**
 * The HTTP server: every route of the table that has a handler, the OpenAPI document, the screens, and the doors for
 * machines that watch. What is not handled is not there.
 */
import fastifyCookie from "@fastify/cookie";
import { fastify, type FastifyError, type FastifyInstance, type FastifyRequest } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { makeFault } from "../../base/result.ts";
import { continueTrace, formatTraceparent, type TraceContext } from "../../base/trace.ts";
import { routes, type RouteName } from "../contract/contract.ts";
import type { RouteTable } from "../contract/route.ts";
import type { Handlers } from "../handler.ts";
import type { DoorHandler } from "../door.ts";
import type { Doorkeeper } from "./gate.ts";
import { securityHeaders } from "./header.ts";
import { openApiDocument } from "./openapi.ts";
import { servePages } from "./page.ts";
import { requestLog, type ServerLog } from "./request-log.ts";
import { faultOfRequest, sendFault, serveRoute, type RouteServices } from "./route.ts";

export type ServedHandlers = { readonly [R in RouteName]?: Handlers[R] | DoorHandler<R> };

export interface ServerOptions {
  readonly handlers: ServedHandlers;
  readonly keeper: Doorkeeper;
  readonly log: ServerLog;
  /** Certificate and key, PEM; null: plain HTTP. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** Addresses of proxies whose `X-Forwarded-…` headers are believed. */
  readonly trustProxy: readonly string[];
  /** Folder of the built screens; null: none. */
  readonly pages: string | null;
  /** Other routes, e.g. the stream and the metrics. */
  readonly also?: (server: FastifyInstance, services: RouteServices) => void;
  /** Routes of the table that `also` serves. */
  readonly alsoServed?: readonly RouteName[];
  /** Told about each answer. */
  readonly onAnswer?: (route: string, method: string, status: number, ms: number) => void;
  /** For tests that leave something out; the contract's table otherwise. */
  readonly table?: RouteTable;
}

export interface ApiServer {
  readonly instance: FastifyInstance;
  /** @returns the port */
  listen(host: string, port: number): Promise<number>;
  close(): Promise<void>;
}

const bodyBytesMax = 2 * 1024 * 1024;
const requestTimeoutMs = 30_000;
const paramLengthMax = 400;

export async function apiServer(options: ServerOptions): Promise<ApiServer> {
  let port = 0;
  const server: FastifyInstance = fastify({
    logger: false,
    bodyLimit: bodyBytesMax,
    requestTimeout: requestTimeoutMs,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    trustProxy: options.trustProxy.length > 0 ? [...options.trustProxy] : false,
    routerOptions: { maxParamLength: paramLengthMax },
    ...(options.tls ? { https: options.tls } : {}),
  });
  const traces = new WeakMap<FastifyRequest, TraceContext>();
  const trace = (request: FastifyRequest): TraceContext => {
    const known = traces.get(request) ?? continueTrace(textOf(request.headers["traceparent"]));
    traces.set(request, known);
    return known;
  };
  const log = requestLog(options.log, trace);
  const services: RouteServices = { keeper: options.keeper, cookie: { port: () => port }, log, trace };
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(serializerCompiler);
  // Only JSON: a foreign page cannot send it without asking first.
  server.removeContentTypeParser("text/plain");
  await server.register(fastifyCookie);
  addHooks(server, options, services);
  const table = options.table ?? routes;
  serveTable(server, table, options.handlers, services);
  const served = [...Object.keys(options.handlers), ...(options.alsoServed ?? [])].filter((name) =>
    Object.hasOwn(table, name),
  );
  const document = openApiDocument(table, served);
  server.get("/api/v1/openapi.json", (_request, reply) => reply.send(document));
  options.also?.(server, services);
  await servePages(server, options.pages, services);
  return {
    instance: server,
    listen: async (host, wanted) => {
      await server.listen({ host, port: wanted });
      const address = server.server.address();
      port = typeof address === "object" && address ? address.port : wanted;
      return port;
    },
    close: () => server.close(),
  };
}

function serveTable(
  server: FastifyInstance,
  table: RouteTable,
  handlers: ServedHandlers,
  services: RouteServices,
): void {
  for (const [name, handler] of Object.entries(handlers)) {
    const declaration = Object.entries(table).find(([known]) => known === name)?.[1];
    if (!declaration || !handler) continue;
    // The type of `handlers` gives each route the handler of its own schemas.
    serveRoute(server, name as RouteName, declaration, handler, services);
  }
}

function addHooks(server: FastifyInstance, options: ServerOptions, services: RouteServices): void {
  server.addHook("onRequest", async (request, reply) => {
    reply.headers(securityHeaders(request.protocol === "https"));
    reply.header("traceparent", formatTraceparent(services.trace(request)));
    if (request.url.startsWith("/api/")) reply.header("cache-control", "no-store");
  });
  server.addHook("onResponse", async (request, reply) => {
    services.log.finished(request, reply.statusCode, reply.elapsedTime);
    options.onAnswer?.(request.routeOptions.url ?? "none", request.method, reply.statusCode, reply.elapsedTime);
  });
  server.setErrorHandler((error: FastifyError, request, reply) => {
    if (error.validation) {
      const errors = error.validation.map((one) => ({
        at: [error.validationContext ?? "request", ...one.instancePath.split("/").filter(Boolean)].join("."),
        message: one.message ?? "is wrong",
      }));
      const text = `${errors.length === 1 ? "One field is" : `${errors.length} fields are`} not as needed: ${errors.map((e) => `${e.at}: ${e.message}`).join("; ")}.`;
      return sendFault(services, request, reply, makeFault("invalid", "api/fields", text), {}, errors);
    }
    const known = faultOfRequest(error.code, error.message);
    if (known) return sendFault(services, request, reply, known, {});
    services.log.broken(request, error);
    const text = "Millrace met a bug of its own and has written it down. Give the trace id to whoever looks after it.";
    return sendFault(services, request, reply, makeFault("ambiguous", "api/bug", text), {});
  });
}

function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
