/** Shared time adds up to the time that has passed; full time is that of each unit alone. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { instant } from "../../base/instant.ts";
import { forAll } from "../../base/testing/chance.ts";
import { labourMs, presencesOf, type Presence } from "./labour.ts";

const presences = fc.array(
  fc
    .record({ unit: fc.constantFrom("A", "B", "C"), from: fc.nat(100), ms: fc.integer({ min: 1, max: 50 }) })
    .map(({ unit, from, ms }): Presence => ({ unit, from: instant(from), to: instant(from + ms) })),
  { maxLength: 8 },
);
const isThere = (all: readonly Presence[], ms: number): boolean => all.some(({ from, to }) => from <= ms && ms < to);
const moments = Array.from({ length: 160 }, (_, ms) => ms);

test("split: the units' times add up to the time that the person was anywhere", () => {
  forAll(
    fc.property(presences, (all) => {
      const sum = [...labourMs(all, "split").values()].reduce((total, ms) => total + ms, 0);
      assert.equal(sum, moments.filter((ms) => isThere(all, ms)).length);
    }),
  );
});

test("full: each unit has the time that the person was there", () => {
  forAll(
    fc.property(presences, (all) => {
      for (const [unit, ms] of labourMs(all, "full")) {
        const own = all.filter((p) => p.unit === unit);
        assert.equal(ms, moments.filter((moment) => isThere(own, moment)).length);
      }
    }),
  );
});

test("a break does not count, and what is open counts up to now", () => {
  const mark = (unit: string, kind: "sign-on" | "sign-off" | "break-begin" | "break-end", at: number) => ({
    unit,
    kind,
    at: instant(at),
  });
  const marks = [
    mark("A", "sign-on", 0),
    mark("A", "break-begin", 10),
    mark("A", "break-end", 15),
    mark("B", "sign-on", 20),
    mark("A", "sign-off", 30),
  ];
  const all = presencesOf(marks, instant(40));
  assert.deepEqual(
    [...labourMs(all, "split")],
    [
      ["A", 25 - 5],
      ["B", 15],
    ],
  );
  assert.deepEqual(
    [...labourMs(all, "full")],
    [
      ["A", 25],
      ["B", 20],
    ],
  );
});
