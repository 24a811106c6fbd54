/** What stands in the bytes of a batch is read as it was written, or said to be damaged; never thrown, never made up. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { instant } from "../base/instant.ts";
import { forAll } from "../base/testing/chance.ts";
import { decodeBatch, encodeBatch, type BatchContent } from "./sample-batch.ts";

const bytesOf = (json: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(json));
const whole = (rows: unknown, more: Readonly<Record<string, unknown>> = {}): unknown => ({
  v: 1,
  c: 1,
  i: ["a"],
  r: rows,
  ...more,
});

test("whatever JSON it is, it is a batch or a fault", () => {
  const rows = fc.array(fc.oneof(fc.jsonValue(), fc.array(fc.oneof(fc.nat(3), fc.jsonValue()), { maxLength: 7 })));
  const odd = fc.record(
    { v: fc.constant(1), c: fc.jsonValue(), i: fc.oneof(fc.array(fc.string()), fc.jsonValue()), r: fc.oneof(rows, fc.jsonValue()), g: fc.jsonValue() },
    { requiredKeys: ["v"] },
  ); // prettier-ignore
  forAll(
    fc.property(fc.oneof(fc.jsonValue(), odd), (json) => {
      const read = decodeBatch(bytesOf(json));
      if (!read.ok) return assert.equal(read.fault.code, "record/batch");
      for (const { item, at, receivedAt, status, mark } of read.value.samples) {
        assert.ok(typeof item === "string" && typeof mark === "string");
        assert.ok([at, receivedAt, status].every((number) => Number.isSafeInteger(number)));
      }
    }),
  );
});

test("what was written is read", () => {
  const time = fc.maxSafeNat().map((ms) => instant(ms / 4));
  const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
  const sample = fc.record(
    { item: fc.string(), at: time, receivedAt: time, status: fc.nat(0xffff_ffff), value, mark: fc.string() },
    { noNullPrototype: true },
  );
  const items = fc.dictionary(fc.string(), time, { noNullPrototype: true });
  const missing = fc.record({ from: time, items }, { requiredKeys: ["from"], noNullPrototype: true });
  const gap = fc.record(
    { state: fc.constant("closed" as const), at: time, cause: fc.string(), filled: fc.boolean(), missing },
    { requiredKeys: ["state", "at", "cause", "filled"], noNullPrototype: true },
  );
  forAll(
    fc.property(fc.array(sample), fc.boolean(), fc.array(gap), (samples, complete, gaps) => {
      const content: BatchContent = { samples, complete, gaps };
      assert.deepEqual(decodeBatch(encodeBatch(content)), { ok: true, value: content });
    }),
  );
});

for (const [what, json] of [
  ["nothing", null],
  ["no rows", { v: 1, c: 1, i: [] }],
  ["a row that is none", whole([[0, 10, 11, 0, 5], null])],
  ["a row without a time", whole([[0, null, 11, 0, 5]])],
  ["a row with a text for a time", whole([[0, "10", 11, 0, 5]])],
  ["a row of an item that nobody named", whole([[1, 10, 11, 0, 5]])],
  ["a row without a value", whole([[0, 10, 11, 0]])],
  ["a gap that is none", whole([], { g: [{ state: "opened" }] })],
  [
    "a gap that misses an item at no time",
    whole([], { g: [{ state: "closed", at: 1, cause: "", filled: false, missing: { from: 0, items: { a: "1" } } }] }),
  ],
] as const) {
  test(`${what} is damage that says where`, () => {
    const read = decodeBatch(bytesOf(json));
    assert.deepEqual(read.ok || [read.fault.kind, read.fault.code], ["invalid", "record/batch"]);
    if (what.startsWith("a row") && !read.ok) assert.match(read.fault.message, /sample \d/);
  });
}
