/** The digest of rows: blind for their order, for nothing else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { forAll } from "../../base/testing/chance.ts";
import { rowDigest } from "./row-digest.ts";

function digestOf(rows: readonly Uint8Array[]): string {
  const digest = rowDigest();
  for (const row of rows) digest.add(Buffer.from(row));
  return digest.text();
}

const someRows = fc.array(fc.uint8Array({ maxLength: 20 }), { minLength: 1, maxLength: 20 });

test("any order gives the same digest", () => {
  forAll(fc.property(someRows, (rows) => assert.equal(digestOf(rows.toReversed()), digestOf(rows))));
  forAll(
    fc.property(
      someRows.chain((rows) => fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length }))),
      ([rows, shuffled]) => assert.equal(digestOf(shuffled), digestOf(rows)),
    ),
  );
});

test("a row more, a row less, a row twice or a changed bit gives another digest", () => {
  forAll(
    fc.property(someRows, fc.nat(), fc.nat(7), (rows, pick, bit) => {
      const at = pick % rows.length;
      const row = rows[at] ?? new Uint8Array();
      const original = digestOf(rows);
      assert.notEqual(digestOf(rows.toSpliced(at, 1)), original);
      assert.notEqual(digestOf([...rows, row]), original);
      assert.notEqual(digestOf([...rows, row, row]), original);
      if (row.length > 0) {
        const changed = Uint8Array.from(row);
        changed[0] = (changed[0] ?? 0) ^ (1 << bit);
        assert.notEqual(digestOf(rows.with(at, changed)), original);
      }
    }),
  );
});
