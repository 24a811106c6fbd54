/** Day and time at the site come out of a memory; they must be what the zone's own rules give, around every change of offset. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { forAll } from "./testing/chance.ts";
import { instant } from "./instant.ts";
import { unwrap } from "./result.ts";
import { localDate, localTime, timeZone } from "./site-time.ts";

const zones = Intl.supportedValuesOf("timeZone");
const quarterMs = 900_000;

function shown(at: number, name: string): string {
  const zone = unwrap(timeZone(name));
  return `${localDate(instant(at), zone)} ${localTime(instant(at), zone)}`;
}

function byTheCalendar(at: number, name: string): string {
  return new Date(at).toLocaleString("sv-SE", { timeZone: name });
}

test("the first and the last instant of a quarter of an hour have the day and the time that the zone gives them", () => {
  const anyZone = fc.constantFrom(...zones);
  const anyQuarter = fc.integer({
    min: Math.floor(Date.UTC(1970, 0, 1) / quarterMs),
    max: Math.floor(Date.UTC(2100, 0, 1) / quarterMs),
  });
  forAll(
    fc.property(anyZone, anyQuarter, (name, quarter) => {
      for (const at of [quarter * quarterMs, (quarter + 1) * quarterMs - 1])
        assert.equal(shown(at, name), byTheCalendar(at, name), `${name} ${new Date(at).toISOString()}`);
    }),
    // Its offset was 10 h 40 min until 1979: midnight falls into the middle of a quarter.
    { numRuns: 2000, examples: [["Pacific/Kiritimati", Date.UTC(1976, 3, 23, 10, 30) / quarterMs]] },
  );
});

test("by the hour it would be wrong where clocks change at half past", () => {
  const zone = "Australia/Lord_Howe";
  const change = Date.UTC(2026, 9, 3, 15, 30);
  const minutes = Array.from({ length: 120 }, (_, n) => change + (n - 60) * 60_000);
  for (const at of minutes) assert.equal(shown(at, zone), byTheCalendar(at, zone));
  const hour = (at: number): number => Math.floor(at / 3_600_000) * 3_600_000;
  const offsetMs = (at: number): number => Date.parse(`${byTheCalendar(at, zone)}Z`) - at;
  assert.ok(minutes.some((at) => offsetMs(hour(at)) !== offsetMs(at)));
});
