/**
 * One route of the table, served: the gate, then the schema, then the idempotency key and the version, then its
 * handler; a fault becomes a problem. Which handlers there are, and the server itself, are elsewhere.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Fault } from "../../base/result.ts";
import { fail, makeFault, ok, type Result } from "../../base/result.ts";
import { isKeepable } from "../../base/text.ts";
import { formatTraceparent, inTrace, type TraceContext } from "../../base/trace.ts";
import type { RouteName } from "../contract/contract.ts";
import type { RouteDeclaration } from "../contract/route.ts";
import type { Call } from "../handler.ts";
import type { Door } from "../door.ts";
import { admit, type Admitted, type Doorkeeper } from "./gate.ts";
import { problemOf, retryAfterSeconds, statusOf } from "./problem.ts";
import { cookies, type SessionCookie } from "./cookie.ts";
import type { RequestLog } from "./request-log.ts";

/** A handler with its types taken off: the table has given its route the right one. */
export type Serve = (call: Call<RouteName>, door: Door) => Promise<Result<unknown>>;

export interface RouteServices {
  readonly keeper: Doorkeeper;
  readonly cookie: SessionCookie;
  readonly log: RequestLog;
  readonly trace: (request: FastifyRequest) => TraceContext;
}

/** Before anybody has signed in, little is read. */
const anonymousBytesMax = 16 * 1024;
const idempotencyKeyMax = 100;

export function serveRoute(
  server: FastifyInstance,
  name: RouteName,
  declaration: RouteDeclaration,
  serve: Serve,
  services: RouteServices,
): void {
  const [method = "", path = ""] = name.split(" ");
  const admitted = new WeakMap<FastifyRequest, Admitted>();
  const { query, body, reply } = declaration;
  const isEmpty = reply.safeParse(null).success;
  server.route({
    method,
    url: path,
    ...(declaration.permission === null ? { bodyLimit: anonymousBytesMax } : {}),
    schema: {
      ...(query ? { querystring: query } : {}),
      ...(body ? { body } : {}),
      ...(isEmpty ? {} : { response: { 200: reply } }),
    },
    onRequest: async (request, answer) => {
      const entered = await admit(services.keeper, approachOf(request, path, services), declaration);
      if (entered.ok) admitted.set(request, entered.value);
      else return sendFault(services, request, answer, entered.fault, declaration);
      return undefined;
    },
    handler: async (request, answer) => {
      const entered = admitted.get(request);
      if (!entered) throw new Error(`${name} was reached without the gate.`);
      const needs = headersOf(request, declaration);
      if (!needs.ok) return sendFault(services, request, answer, needs.fault, declaration);
      const text = keepable([request.query, request.body, request.params]);
      if (!text.ok) return sendFault(services, request, answer, text.fault, declaration);
      const trace = services.trace(request);
      const call: Call<RouteName> = {
        // The schemas of this route have parsed both.
        query: request.query as Call<RouteName>["query"],
        body: request.body as Call<RouteName>["body"],
        params: request.params as Call<RouteName>["params"],
        caller: entered.caller,
        ...needs.value,
        traceparent: formatTraceparent(trace),
      };
      services.log.entered(request, entered.caller.actor);
      const result = await inTrace(trace, () => serve(call, doorOf(request, answer, entered, services)));
      if (!result.ok) return sendFault(services, request, answer, result.fault, declaration);
      return isEmpty ? answer.code(204).send() : answer.code(200).send(result.value);
    },
  });
}

/** Answers with the problem of a fault. */
export function sendFault(
  services: Pick<RouteServices, "log" | "trace">,
  request: FastifyRequest,
  answer: FastifyReply,
  fault: Fault,
  { isVersioned }: Pick<RouteDeclaration, "isVersioned">,
  errors: Fault["errors"] = fault.errors,
): FastifyReply {
  const status = statusOf(fault, isVersioned === true);
  const { traceId } = services.trace(request);
  services.log.failed(request, fault, status);
  const retryAfter = retryAfterSeconds(fault);
  if (retryAfter !== null) answer.header("retry-after", String(retryAfter));
  if (status === 401) answer.header("www-authenticate", 'Bearer realm="millrace"');
  const instance = request.url.split("?")[0] ?? request.url;
  const problem = problemOf(fault, { status, instance, traceId, ...(errors ? { errors: [...errors] } : {}) });
  return answer
    .code(status)
    .header("content-type", "application/problem+json; charset=utf-8")
    .serializer(JSON.stringify)
    .send(problem);
}

export function approachOf(
  request: FastifyRequest,
  path: string,
  { cookie }: RouteServices,
): Parameters<typeof admit>[1] {
  const header = (name: string): string | undefined => {
    const value = request.headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  };
  const ownOrigin = `${request.protocol}://${request.host}`;
  return { method: request.method, path, header, ownOrigin, token: cookies.read(cookie, request) };
}

function doorOf(request: FastifyRequest, answer: FastifyReply, { session }: Admitted, { cookie }: RouteServices): Door {
  return {
    address: request.ip,
    token: cookies.read(cookie, request),
    session,
    setToken: (token) => cookies.write(cookie, request, answer, token),
  };
}

type Needs = Pick<Call<RouteName>, "command" | "version">;

/**
 * @fault invalid api/idempotency-key   a command without one, or with one that is too long
 * @fault invalid api/if-match          a change of something with versions that names none
 */
function headersOf(request: FastifyRequest, { isCommand, isVersioned }: RouteDeclaration): Result<Needs> {
  const command = isCommand ? String(request.headers["idempotency-key"] ?? "").trim() : "";
  if (isCommand && (command === "" || command.length > idempotencyKeyMax)) {
    const text = `A command needs the header Idempotency-Key: a new id of at most ${idempotencyKeyMax} signs for each decision.`;
    return fail("invalid", "api/idempotency-key", text);
  }
  const version = isVersioned ? readVersion(request.headers["if-match"]) : "";
  if (isVersioned && version === "") {
    return fail("invalid", "api/if-match", "This needs the header If-Match with the version that you have seen.");
  }
  return ok({ command, version });
}

/**
 * No text that we keep or look up can hold it.
 *
 * @fault invalid api/nul  a text of the request holds the sign NUL, or half of a sign of two parts
 */
function keepable(value: unknown): Result<void> {
  if (typeof value === "string")
    return isKeepable(value)
      ? ok(undefined)
      : fail("invalid", "api/nul", "A text holds the sign NUL, or half of a sign such as an emoji. Send it without.");
  if (typeof value !== "object" || value === null) return ok(undefined);
  const all = Object.entries(value).flat().map(keepable);
  return all.find(({ ok: isOk }) => !isOk) ?? ok(undefined);
}

/** `"3"`, `W/"3"` or `3`. */
function readVersion(header: string | undefined): string {
  return (header ?? "").trim().replace(/^(?:W\/)?"(.*)"$/, "$1");
}

/** What stood in the way before the handler was reached, as a fault. Null: a bug. */
export function faultOfRequest(code: string | undefined, message: string): Fault | null {
  switch (code) {
    case "FST_ERR_CTP_INVALID_JSON_BODY":
    case "FST_ERR_CTP_EMPTY_JSON_BODY":
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return makeFault("invalid", "api/body", `The body is no JSON: ${message}.`);
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return makeFault("invalid", "api/media-type", "Send the body as application/json.");
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return makeFault("invalid", "api/too-large", "The body is too large. Send it in parts.");
    default:
      return null;
  }
}
