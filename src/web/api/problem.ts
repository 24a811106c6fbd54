/** What a call throws: the server's problem with its code, or that there was no answer. How it is shown: `parts/problem.tsx`. */
import type { Problem } from "../../api/contract/answer.ts";

export type KnownProblem = Pick<Problem, "status" | "code" | "detail"> & Pick<Partial<Problem>, "errors" | "traceId">;

export class CallProblem extends Error {
  readonly problem: KnownProblem;
  constructor(problem: KnownProblem, options?: ErrorOptions) {
    super(`${problem.code}: ${problem.detail}`, options);
    this.name = "CallProblem";
    this.problem = problem;
  }

  /** Whether the same call, with the same key, may be tried again: nobody has answered it, or the server is not up. */
  get mayRetry(): boolean {
    return this.problem.status === 0 || this.problem.status >= 502 || this.problem.status === 429;
  }
}

/** @param body what came as JSON; a proxy's page is none */
export function problemOf(status: number, body: unknown): CallProblem {
  if (typeof body === "object" && body !== null && "code" in body && "detail" in body) {
    // an RFC 9457 problem of our own server: the two fields that we need are there
    return new CallProblem({ ...(body as KnownProblem), status });
  }
  return new CallProblem({ status, code: `web/status-${status}`, detail: "" });
}

/** Asking again does not help: only another right does. A 403 of somebody before the server has no code of ours. */
export function isForbidden(error: unknown): boolean {
  if (!(error instanceof CallProblem)) return false;
  const { status, code } = error.problem;
  return status === 403 && code.startsWith("access/");
}

export function asProblem(error: unknown): KnownProblem {
  if (error instanceof CallProblem) return error.problem;
  return { status: -1, code: "web/broken", detail: error instanceof Error ? error.message : String(error) };
}
