/** What the server writes down of calls: every change, and whatever failed, with its trace. Never a body, a login or a secret. */
import type { FastifyRequest } from "fastify";
import type { Fault } from "../../base/result.ts";
import type { TraceContext } from "../../base/trace.ts";

export interface ServerLog {
  info(message: string, detail?: unknown): void;
  warn(message: string, detail?: unknown): void;
  error(message: string, detail?: unknown): void;
}

export interface RequestLog {
  entered(request: FastifyRequest, who: string): void;
  failed(request: FastifyRequest, fault: Fault, status: number): void;
  finished(request: FastifyRequest, status: number, ms: number): void;
  broken(request: FastifyRequest, error: unknown): void;
}

export function requestLog(log: ServerLog, trace: (request: FastifyRequest) => TraceContext): RequestLog {
  const who = new WeakMap<FastifyRequest, string>();
  const faults = new WeakMap<FastifyRequest, Fault>();
  const about = (request: FastifyRequest): Record<string, unknown> => ({
    method: request.method,
    route: request.routeOptions.url ?? "none",
    who: who.get(request) ?? "nobody",
    traceId: trace(request).traceId,
  });
  return {
    entered: (request, actor) => void who.set(request, actor),
    failed: (request, fault, status) => {
      faults.set(request, fault);
      if (status >= 500) log.error("A call failed.", { ...about(request), code: fault.code, cause: fault.cause });
    },
    finished: (request, status, ms) => {
      const isQuiet = request.method === "GET" && (status < 400 || status === 401 || status === 404);
      if (isQuiet || status >= 500) return;
      const code = faults.get(request)?.code;
      log.info("call", { ...about(request), status, ms: Math.round(ms), ...(code === undefined ? {} : { code }) });
    },
    broken: (request, error) => log.error("A call met a bug.", { ...about(request), cause: error }),
  };
}
