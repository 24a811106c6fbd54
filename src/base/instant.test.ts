/** Calendar days that exist, and those that only look like one; times that can be kept. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { forAll } from "./testing/chance.ts";
import { isLocalDate, parseInstant } from "./instant.ts";

test("a day that the calendar does not have is no date", () => {
  for (const text of ["2025-02-30", "2025-02-29", "2025-04-31", "2025-13-01", "2025-00-10", "2025-01-00", "2100-02-29"])
    assert.equal(isLocalDate(text), false, text);
  for (const text of ["2024-02-29", "2025-02-28", "2025-12-31", "2000-02-29"])
    assert.equal(isLocalDate(text), true, text);
  for (const text of ["", "2025-2-3", "2025-02-03T00:00:00Z", " 2025-02-03", "25-02-03"])
    assert.equal(isLocalDate(text), false);
});

test("every day of the calendar is a date, and nothing else of its form is", () => {
  forAll(
    fc.property(
      fc.integer({ min: 0, max: 9999 }),
      fc.integer({ min: 0, max: 13 }),
      fc.integer({ min: 0, max: 32 }),
      (y, m, d) => {
        const text = `${String(y).padStart(4, "0")}-${String(m).padStart(2, "0")}-${String(d).padStart(2, "0")}`;
        const leap = y % 4 === 0 && (y % 100 !== 0 || y % 400 === 0);
        const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][m - 1] ?? 0;
        assert.equal(isLocalDate(text), d >= 1 && d <= days, text);
      },
    ),
  );
});

test("a time that can be kept lies in the years 1 to 9999, by UTC", () => {
  for (const text of ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z", "1900-01-01T00:00:00+01:00"])
    assert.ok(parseInstant(text).ok, text);
  for (const text of [
    "0000-06-01T00:00:00Z",
    "-000001-01-01T00:00:00Z",
    "+012025-01-01T00:00:00Z",
    "0001-01-01T00:00:00+01:00",
    "9999-12-31T23:59:59-01:00",
  ]) {
    const parsed = parseInstant(text);
    assert.equal(parsed.ok || parsed.fault.code, "base/instant", text);
  }
});
