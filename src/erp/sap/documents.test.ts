/** When documents were entered in SAP, whose clock need not be the plant's. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { postingKey } from "../../base/id.ts";
import { instant, isLocalDate, type Instant } from "../../base/instant.ts";
import { assert as assume, unwrap } from "../../base/result.ts";
import { sapConnector } from "./index.ts";
import { writeDate, writeTime } from "./date.ts";
import { startFakeSap } from "./testing/fake-sap.ts";
import { never, orderRow, requestOf, response, settings, used } from "./testing/sample.ts";

const request = requestOf(orderRow());
/** A quarter past one in Kolkata, where the plant is. */
const entered = instant(Date.parse("2026-03-02T19:45:00Z"));
const clocks = {
  UTC: "2026-03-02T19:45:00",
  "Asia/Kolkata": "2026-03-03T01:15:00",
  "America/New_York": "2026-03-02T14:45:00",
} as const;

/** @returns when a confirmation and an issue were entered, as Millrace understands what SAP's clock has shown */
async function understood(t: TestContext, shown: string, systemTimeZone?: string): Promise<readonly Instant[]> {
  const sap = await startFakeSap();
  t.after(() => sap.close());
  const said = { timeZone: "Asia/Kolkata", ...(systemTimeZone !== undefined && { systemTimeZone }) };
  const session = unwrap(await sapConnector.open(settings(sap.baseUrl, said), never));
  t.after(() => session.close());
  for (const [kind, materials] of [
    ["confirmation", []],
    ["goods-issue", [used]],
  ] as const) {
    const content = { kind, response: response({ materials }) };
    await session.push(unwrap(session.compose(postingKey(kind), request, content)), never);
  }
  const [day = "", time = ""] = shown.split("T");
  assume(isLocalDate(day), "a day");
  const at = [writeDate(day), writeTime(time)];
  for (const row of sap.confirmations) [row["ConfirmationEntryDate"], row["ConfirmationEntryTime"]] = at;
  for (const row of sap.documents) [row["CreationDate"], row["CreationTime"]] = at;
  return unwrap(await session.documents(request, never)).map((one) => one.response.dates.recordedAt);
}

for (const zone of ["UTC", "Asia/Kolkata"] as const)
  test(`what was entered by a clock of which nobody has said that it shows ${zone} is not taken for older than it is`, async (t) => {
    const [confirmed = 0, issued = 0] = await understood(t, clocks[zone]);
    for (const at of [confirmed, issued]) assert.ok(at >= entered, `${(at - entered) / 3_600_000} h`);
  });

for (const zone of ["UTC", "Asia/Kolkata", "America/New_York"] as const)
  test(`what was entered by a clock that is said to show the time of ${zone} was entered then`, async (t) => {
    assert.deepEqual(await understood(t, clocks[zone], zone), [entered, entered]);
  });
