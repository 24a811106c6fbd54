/** Whatever comes, changes and goes: an index and a sequence give what a look through all rows would give. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { forAll } from "../../base/testing/chance.ts";
import { IndexedRows } from "./data.ts";
import { rowsOf } from "./row-index.ts";
import { table } from "./table.ts";

interface Row {
  readonly id: string;
  readonly of: string | null;
  readonly place: number;
}

const things = table<Row>({
  name: "thing",
  key: (row) => row.id,
  indexes: { of: (row) => row.of },
  sequences: { place: { of: (row) => row.of, place: (row) => row.place } },
});

const owners = ["a", "b", null];
/** A row of an id, or (null) none any more. Of so many that one owner has few of them, and many. */
const anyStep = fc.record({
  id: fc.integer({ min: 0, max: 30 }).map(String),
  to: fc.option(fc.record({ of: fc.constantFrom(...owners), place: fc.integer({ min: 0, max: 9 }) }), { freq: 4 }),
});

test("rows are found by a value and after a place", () => {
  forAll(
    fc.property(fc.array(anyStep, { maxLength: 120 }), fc.nat(120), (steps, askedAt) => {
      const rows = new IndexedRows(things);
      const model = new Map<string, Row>();
      const compare = (): void => {
        for (const owner of ["a", "b"]) {
          const own = [...model.values()].filter((row) => row.of === owner);
          assert.deepEqual(inOrder(rowsOf(rows.with("of", owner)) as readonly Row[]), inOrder(own)); // its own rows alone
          for (const place of [null, 0, 4, 9]) {
            const after = own.filter((row) => place === null || row.place > place);
            const found = rows.after("place", owner, place) as readonly Row[]; // see above
            assert.deepEqual(inOrder(found), inOrder(after));
            assert.deepEqual(
              found.map((row) => row.place),
              after.map((row) => row.place).toSorted((x, y) => x - y),
            );
          }
        }
      };
      for (const [n, { id, to }] of steps.entries()) {
        // They are built when they are first asked, and kept from then on.
        if (n === askedAt) compare();
        const before = to ? rows.put(id, { id, ...to }) : rows.remove(id);
        assert.deepEqual(before, model.get(id));
        if (to) model.set(id, { id, ...to });
        else model.delete(id);
      }
      compare();
    }),
  );
});

function inOrder(rows: readonly Row[]): readonly Row[] {
  return rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}
