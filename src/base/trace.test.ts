/** Traces go on from a header that makes sense, begin anew otherwise, and travel beside the arguments. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { continueTrace, currentTrace, formatTraceparent, inTrace, traceparentFor } from "./trace.ts";

const header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

test("a header that makes sense is gone on with, in a step of our own", () => {
  const trace = continueTrace(header);
  assert.equal(trace.traceId, "4bf92f3577b34da6a3ce929d0e0e4736");
  assert.notEqual(trace.spanId, "00f067aa0ba902b7");
  assert.match(formatTraceparent(trace), /^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01$/);
  assert.equal(continueTrace(`01-${header.slice(3)}-more`).traceId, trace.traceId, "a later version may say more");
});

test("any other begins a trace", () => {
  for (const wrong of [
    undefined,
    "",
    "x",
    header.toUpperCase(),
    `ff${header.slice(2)}`,
    header.replace(/4bf9\w*/, "0".repeat(32)),
  ]) {
    assert.notEqual(continueTrace(wrong).traceId, "4bf92f3577b34da6a3ce929d0e0e4736", String(wrong));
  }
});

test("whatever is waited for within belongs to it, and two at once do not mix", async () => {
  const seen = async (traceparent: string): Promise<string | undefined> =>
    inTrace(continueTrace(traceparent), async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return currentTrace()?.traceId;
    });
  const other = header.replace("4bf9", "aaaa");
  assert.deepEqual(await Promise.all([seen(header), seen(other)]), [header.slice(3, 35), other.slice(3, 35)]);
  assert.equal(currentTrace(), null);
});

test("every try of one thing is the same step of its trace", () => {
  assert.equal(traceparentFor("a".repeat(32), "KEY"), traceparentFor("a".repeat(32), "KEY"));
  assert.notEqual(traceparentFor("a".repeat(32), "KEY"), traceparentFor("a".repeat(32), "OTHER"));
});
