/**
 * Expected failures as values. A `Fault` says what happens next (`kind`), which failure it is (`code`, listed in
 * docs/faults.md), what a person should do (`message`) and what an engineer needs (`cause`).
 * A `throw` anywhere in Millrace means a bug, not an expected failure.
 */

/**
 * What may be done about a failure.
 *
 * - `invalid`   our data is wrong: show it to whoever sent it, never resend as it is
 * - `refused`   the partner said no: a person decides
 * - `conflict`  two owners or two versions: ownership rules decide
 * - `transient` provably not applied: retry with backoff
 * - `ambiguous` may have been applied: ask by key first, never resend blind
 */
export type FaultKind = "invalid" | "refused" | "conflict" | "transient" | "ambiguous";

/** `room/name`, stable for ever, documented in docs/faults.md. */
export type FaultCode = `${string}/${string}`;

export interface Fault {
  readonly kind: FaultKind;
  readonly code: FaultCode;
  /** For a person: what, where, what to do next. */
  readonly message: string;
  /** Each part of what was given that is wrong: where, as its giver would look for it (`line 7`), and why. */
  readonly errors?: readonly { readonly at: string; readonly message: string }[];
  /** For an engineer: raw reply, errno, register dump. */
  readonly cause?: unknown;
}

export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: Fault };

export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

export function fail(kind: FaultKind, code: FaultCode, message: string, cause?: unknown): { ok: false; fault: Fault } {
  return { ok: false, fault: makeFault(kind, code, message, cause) };
}

export function makeFault(kind: FaultKind, code: FaultCode, message: string, cause?: unknown): Fault {
  return cause === undefined ? { kind, code, message } : { kind, code, message, cause };
}

/** Throws with `why` when a condition that must hold does not: a bug, which stays checked in production. */
export function assert(condition: unknown, why: string): asserts condition {
  if (!condition) throw new Error(`Assertion failed: ${why}`);
}

/** The value, or a throw when there is none. Only where a failure would be a bug. */
export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new Error(`${result.fault.code}: ${result.fault.message}`, { cause: result.fault });
}
