/** Versions of an order: one rule for whatever ERPs number them with, and an order that never turns in a circle. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { forAll } from "../../base/testing/chance.ts";
import { isOlder } from "./version.ts";

const digits = fc.stringMatching(/^[0-9]{1,20}$/);
const offset = fc.constantFrom("Z", "+02:00", "-05:30");
const time = fc
  .tuple(fc.date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true }), offset)
  .map(([date, zone]) => date.toISOString().replace("Z", zone));
const dotted = fc.array(fc.nat({ max: 12 }), { minLength: 1, maxLength: 4 }).map((parts) => parts.join("."));
const text = fc.oneof(dotted, fc.stringMatching(/^[A-C0-2.-]{1,5}$/), fc.string());
const version = fc.oneof(digits, time, text, fc.constant(""));

describe("which of two versions is older", () => {
  test("no version is older than itself, and of two at most one is", () => {
    forAll(fc.property(version, version, (a, b) => !isOlder(a, a) && !(isOlder(a, b) && isOlder(b, a))));
  });

  test("what is older than an older one is older", () => {
    forAll(
      fc.property(fc.array(version, { minLength: 3, maxLength: 6 }), (all) => {
        for (const a of all) for (const b of all) for (const c of all) if (isOlder(a, b) && isOlder(b, c)) assert.ok(isOlder(a, c), [a, b, c].join(" < ")); // prettier-ignore
      }),
    );
  });

  for (const [name, kind] of Object.entries({
    times: time,
    others: fc.oneof(
      digits,
      text.filter((one) => one !== ""),
    ),
  }))
    test(`${name} among themselves are a total preorder: what is as new as each other is alike to all`, () => {
      forAll(
        fc.property(kind, kind, kind, (a, b, c) => {
          const isNotNewer = (x: string, y: string): boolean => !isOlder(y, x);
          assert.ok(isNotNewer(a, b) || isNotNewer(b, a));
          if (isNotNewer(a, b) && isNotNewer(b, c)) assert.ok(isNotNewer(a, c), [a, b, c].join(" <= "));
        }),
        { numRuns: 2_000 },
      );
    });

  test("digits are numbers", () => {
    forAll(fc.property(digits, digits, (a, b) => isOlder(a, b) === BigInt(a) < BigInt(b)));
  });

  test("times with an offset are instants", () => {
    forAll(fc.property(time, time, (a, b) => isOlder(a, b) === Date.parse(a) < Date.parse(b)));
  });

  test("letters are text", () => {
    const letters = fc.stringMatching(/^[A-Za-z]{1,6}$/);
    forAll(fc.property(letters, letters, (a, b) => isOlder(a, b) === a < b));
  });

  const cases: readonly (readonly [string, string])[] = [
    ["9", "10"],
    ["90", "100"],
    ["20260105080000", "20260105080001"],
    ["2026-01-05T08:00:00+02:00", "2026-01-05T07:30:00Z"],
    ["2026-01-05T06:00:00Z", "2026-01-05T06:00:00.500Z"],
    ["2026-01-05T08:00:00", "2026-01-05T08:30:00"],
    ["V9", "V10"],
    ["1.9", "1.10"],
    ["A", "B"],
    ["1", "1a"],
  ];
  for (const [older, newer] of cases)
    test(`${older} is older than ${newer}`, () => {
      assert.deepEqual([isOlder(older, newer), isOlder(newer, older)], [true, false]);
    });

  test("the same in another spelling is no older", () => {
    for (const [a, b] of [
      ["7", "007"],
      ["2026-01-05T08:00:00+02:00", "2026-01-05T06:00:00.000Z"],
    ] as const)
      // prettier-ignore
      assert.deepEqual([isOlder(a, b), isOlder(b, a)], [false, false]);
  });

  test("a number and a time say nothing of each other, and no version says nothing at all: what comes last holds", () => {
    const kinds = ["", "4", "2026-01-05T08:00:00Z"];
    for (const a of kinds) for (const b of kinds) assert.ok(!isOlder(a, b), `${a} < ${b}`);
  });
});
