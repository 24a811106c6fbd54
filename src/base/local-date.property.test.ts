/** The day at the site comes out of a memory; it must be the day that the zone's own rules give, around every change of offset. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { instant } from "./instant.ts";
import { unwrap } from "./result.ts";
import { localDate, timeZone } from "./site-time.ts";

const zones = Intl.supportedValuesOf("timeZone");
const quarterMs = 900_000;

test("the first and the last instant of a quarter of an hour have the day that the zone gives them", () => {
  const anyZone = fc.constantFrom(...zones);
  const anyQuarter = fc.integer({
    min: Math.floor(Date.UTC(1970, 0, 1) / quarterMs),
    max: Math.floor(Date.UTC(2100, 0, 1) / quarterMs),
  });
  fc.assert(
    fc.property(anyZone, anyQuarter, (name, quarter) => {
      const zone = unwrap(timeZone(name));
      const format = new Intl.DateTimeFormat("en-CA", {
        timeZone: name,
        year: "numeric",
        month: "2-digit",
        day: "2-digit",
      });
      for (const at of [quarter * quarterMs, (quarter + 1) * quarterMs - 1]) {
        assert.equal(localDate(instant(at), zone), format.format(at), `${name} ${new Date(at).toISOString()}`);
      }
    }),
    // Its offset was 10 h 40 min until 1979: midnight falls into the middle of a quarter.
    { numRuns: 2000, examples: [["Pacific/Kiritimati", Date.UTC(1976, 3, 23, 10, 30) / quarterMs]] },
  );
});
