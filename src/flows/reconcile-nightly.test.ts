/** When the comparison of a day is due, by the site's clock, also on days of 23 and 25 hours. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { formatInstant } from "../base/instant.ts";
import { unwrap } from "../base/result.ts";
import { timeZone } from "../base/site-time.ts";
import { dueOn } from "./reconcile-nightly.ts";

const warsaw = unwrap(timeZone("Europe/Warsaw"));

test("due once each day, at the time that the site's clock shows first", () => {
  const cases = [
    ["2025-02-03", "02:30", "2025-02-03T01:30:00.000Z"],
    ["2025-07-03", "02:30", "2025-07-03T00:30:00.000Z"],
    ["2025-03-30", "02:30", "2025-03-30T01:00:00.000Z"], // 23 hours: from 02:00 to 03:00 at once
    ["2025-10-26", "02:30", "2025-10-26T00:30:00.000Z"], // 25 hours: twice half past two
    ["2025-10-26", "03:00", "2025-10-26T02:00:00.000Z"],
    ["2025-02-03", "00:00", "2025-02-02T23:00:00.000Z"],
  ] as const;
  for (const [day, time, due] of cases) assert.equal(formatInstant(dueOn(day, time, warsaw)), due, `${day} ${time}`);
});
