/** Labels come back as they were written, both ways; a wrong digit is noticed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { forAll } from "../../base/testing/chance.ts";
import { checkDigit, readGs1 } from "./gs1.ts";

const digits = (length: number): fc.Arbitrary<string> =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: length, maxLength: length }).map((all) => all.join(""));
const checked = (length: number): fc.Arbitrary<string> => digits(length - 1).map((body) => body + checkDigit(body));
const text = (max: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^[A-Za-z0-9./+-]{1,${max}}$`, "u"));

const elements = fc
  .record(
    {
      "00": checked(18),
      "01": checked(14),
      "10": text(20),
      "17": digits(6),
      "37": fc.integer({ min: 1, max: 99_999_999 }).map(String),
      "240": text(30),
      "241": text(30),
    },
    { requiredKeys: [] },
  )
  .map((label) => Object.entries(label))
  .filter((label) => label.length > 0)
  .chain((label) => fc.shuffledSubarray(label, { minLength: label.length }));

const fixed = new Set(["00", "01", "17"]);

test("a label reads the same as a scanner sends it and with brackets", () => {
  forAll(
    fc.property(elements, fc.constantFrom("", "]C1", "]d2", "]Q3"), (label, symbology) => {
      const sent = label
        .map(([id, data], i) => id + data + (fixed.has(id) || i === label.length - 1 ? "" : "\u001d"))
        .join("");
      const bracketed = label.map(([id, data]) => `(${id})${data}`).join("");
      const wanted = new Map(label);
      assert.deepEqual(readGs1(symbology + sent), { ok: true, value: wanted });
      assert.deepEqual(readGs1(bracketed), { ok: true, value: wanted });
    }),
  );
});

test("any one wrong digit of a trade item or a handling unit is noticed", () => {
  forAll(
    fc.property(checked(14), fc.nat(13), fc.integer({ min: 1, max: 9 }), (item, at, by) => {
      const wrong = item.slice(0, at) + String((Number(item[at]) + by) % 10) + item.slice(at + 1);
      assert.equal(readGs1(`(01)${wrong}`).ok, false);
    }),
  );
});

test("whatever is scanned, it is read or refused, never thrown", () => {
  forAll(fc.property(fc.string(), (scanned) => typeof readGs1(scanned).ok === "boolean"));
});
