/**
 * Faults as problems: which status a kind has, and the few codes that HTTP has a status of their own for.
 * @source RFC 9457
 */
import type { Fault, FaultCode, FaultKind } from "../../base/result.ts";
import type { Problem } from "../contract/answer.ts";

/** Conflicts of a versioned route are about the version that was named. */
type Status = (isVersioned: boolean) => number;

const statusOfKind: Readonly<Record<FaultKind, Status>> = {
  invalid: () => 422,
  refused: () => 409,
  conflict: (isVersioned) => (isVersioned ? 412 : 409),
  transient: () => 503,
  ambiguous: () => 500,
};

const statusOfCode: Readonly<Partial<Record<FaultCode, number>>> = {
  "access/not-signed-in": 401,
  "access/wrong-password": 401,
  "access/too-many-attempts": 429,
  "access/forbidden": 403,
  "access/beyond-own-bounds": 403,
  "access/csrf": 403,
  "access/foreign-origin": 403,
  "access/change-password-first": 403,
  "access/token-in-clear": 403,
  "access/whole-site-only": 403,
  "access/unknown-equipment": 422,
  "access/login-taken": 409,
  "access/last-administrator": 409,
  "api/body": 400,
  "api/fields": 400,
  "api/media-type": 415,
  "api/too-large": 413,
  "api/idempotency-key": 400,
  "api/if-match": 428,
  "api/missing": 404,
  "base/unknown-unit": 422,
  // Named in a body, where the address itself is right.
  "reporting/no-such-stop": 422,
  "reporting/unknown-job": 422,
  "reporting/unknown-position": 422,
  "reporting/unknown-reason": 422,
};

const titles: Readonly<Record<number, string>> = {
  400: "The request cannot be read",
  401: "Not signed in",
  403: "Not allowed",
  404: "Not found",
  409: "Not possible now",
  412: "Changed meanwhile",
  413: "Too large",
  415: "Wrong media type",
  422: "Not possible as asked",
  428: "A version is needed",
  429: "Too many tries",
  500: "Failed",
  503: "Not possible for a moment",
};

export function statusOf(fault: Fault, isVersioned: boolean): number {
  const own = statusOfCode[fault.code];
  if (own !== undefined) return own;
  // A name that says so stands for a thing that is not there, or that the caller may not know of.
  if (fault.kind === "invalid" && /\/(unknown|no-such|not-found|missing)(-|$)/.test(fault.code)) return 404;
  return statusOfKind[fault.kind](isVersioned);
}

export interface ProblemContext {
  readonly status: number;
  /** The path that was asked for. */
  readonly instance: string;
  readonly traceId: string;
  readonly errors?: Problem["errors"];
}

/** The cause is for the log: it never leaves. */
export function problemOf(fault: Fault, { status, instance, traceId, errors }: ProblemContext): Problem {
  return {
    type: `/docs/faults.md#${fault.code.replace("/", "")}`,
    title: titles[status] ?? "Failed",
    status,
    code: fault.code,
    detail: fault.message,
    instance,
    ...(errors ? { errors } : {}),
    traceId,
  };
}

/** How long to wait, where the fault says so. */
export function retryAfterSeconds(fault: Fault): number | null {
  const { cause } = fault;
  const ms = typeof cause === "object" && cause !== null && "retryAfterMs" in cause ? cause.retryAfterMs : null;
  return typeof ms === "number" ? Math.max(1, Math.ceil(ms / 1000)) : null;
}
