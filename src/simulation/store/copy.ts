/** Values as a column of JSON keeps them: a copy of their own, exact amounts and all. */
import { fromJson, toJson } from "../../base/json.ts";
import type { Fault } from "../../base/result.ts";

export function kept<T>(value: T): T {
  return fromJson<T>(toJson(value));
}

/** What of a fault is kept: causes may hold whatever a socket or parser threw. */
export function keptFault(fault: Fault): Pick<Fault, "kind" | "code" | "message"> {
  return { kind: fault.kind, code: fault.code, message: fault.message };
}

export function byText<T>(of: (value: T) => string): (a: T, b: T) => number {
  return (a, b) => (of(a) < of(b) ? -1 : of(a) > of(b) ? 1 : 0);
}
