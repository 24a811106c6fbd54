/**
 * The trace that a piece of work belongs to: 32 hexadecimal digits that connect a call, its log lines, and what it made
 * another system do. The one thing that travels beside the arguments, so that nothing in between has to hand it on.
 * @source W3C Trace Context
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { randomBytes } from "node:crypto";
import { contentId } from "./id.ts";

export interface TraceContext {
  /** 32 hexadecimal digits, not all zero. */
  readonly traceId: string;
  /** 16 hexadecimal digits: this step of it. */
  readonly spanId: string;
}

const current = new AsyncLocalStorage<TraceContext>();
const pattern = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/;

/** Goes on with the trace of a `traceparent` header, or begins one when there is none that makes sense. */
export function continueTrace(traceparent: string | undefined): TraceContext {
  const traceId = pattern.exec(traceparent ?? "")?.[1] ?? randomBytes(16).toString("hex");
  return { traceId, spanId: randomBytes(8).toString("hex") };
}

/** Everything that `work` does, and waits for, belongs to the trace. */
export function inTrace<T>(trace: TraceContext, work: () => T): T {
  return current.run(trace, work);
}

/** Null where nobody has begun one: what machines set off. */
export function currentTrace(): TraceContext | null {
  return current.getStore() ?? null;
}

/** The trace of something that no person has set off, from its identity: always the same. */
export function derivedTraceId(id: string): string {
  return contentId("trace", id);
}

/** Always sampled: what one trace says is little. */
export function formatTraceparent({ traceId, spanId }: TraceContext): string {
  return `00-${traceId}-${spanId}-01`;
}

/** The header of a call to another system that belongs to a trace; the step follows from what is called for. */
export function traceparentFor(traceId: string, step: string): string {
  return formatTraceparent({ traceId, spanId: contentId("span", traceId, step).slice(0, 16) });
}
