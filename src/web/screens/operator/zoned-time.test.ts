/** Times of day as people enter them, in the site's zone, around the changes of the clocks too. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { forAll } from "../../../base/testing/chance.ts";
import { instantOf, localOf } from "./zoned-time.ts";

const at = (local: string, zone: string): string | null => {
  const ms = instantOf(local, zone);
  return ms === null ? null : new Date(ms).toISOString();
};

test("winter, summer, and a zone of half hours", () => {
  assert.equal(at("2026-03-02T14:05", "Europe/Berlin"), "2026-03-02T13:05:00.000Z");
  assert.equal(at("2026-07-02T14:05", "Europe/Berlin"), "2026-07-02T12:05:00.000Z");
  assert.equal(at("2026-07-02T14:05", "Asia/Kolkata"), "2026-07-02T08:35:00.000Z");
});

test("an hour that is jumped over is no time, one that is there twice is the earlier", () => {
  assert.equal(at("2026-03-29T02:30", "Europe/Berlin"), null);
  assert.equal(at("2026-10-25T02:30", "Europe/Berlin"), "2026-10-25T00:30:00.000Z");
  assert.equal(at("2026-10-25T02:30", "America/New_York"), "2026-10-25T06:30:00.000Z");
});

test("what is no time is none", () => {
  for (const text of ["", "2026-02-30T10:00", "yesterday"]) assert.equal(instantOf(text, "Europe/Berlin"), null);
});

test("every minute that a clock of the site shows is found again", () => {
  const minute = fc.integer({ min: 29_000_000, max: 30_500_000 });
  const zones = fc.constantFrom("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC");
  forAll(
    fc.property(minute, zones, (n, zone) => {
      const local = localOf(n * 60_000, zone);
      const found = instantOf(local, zone);
      assert.ok(found !== null && found <= n * 60_000 && localOf(found, zone) === local);
    }),
  );
});
