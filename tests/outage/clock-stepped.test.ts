/**
 * The clock of Millrace's computer is set forward by hours in mid-run, and back: by an administrator, a virtual machine
 * that was resumed, a time server that was wrong. Machines, ERP and database have clocks of their own and go on.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { systemClock } from "../../src/base/clock.ts";
import { clusterUnavailable } from "../../src/store/testing/cluster.ts";
import { release } from "./plant.ts";
import type { Sabotage } from "./sabotage.ts";
import { OwnServer } from "./server.ts";
import { openStage, patienceMs, until, untilPosted } from "./stage.ts";
import { failuresOf, judge } from "./verdict.ts";

const library = ["x86_64-linux-gnu", "aarch64-linux-gnu"]
  .map((platform) => `/usr/lib/${platform}/faketime/libfaketimeMT.so.1`)
  .find((file) => existsSync(file));
const skip =
  clusterUnavailable({ major: 15 }) || (library === undefined && "libfaketime is not installed (Debian: faketime)");
const timeout = 900_000;
/** A confirmation reaches the books so long after it was sent; no answer comes within the two seconds of the site. */
const lateMs = 6_500;
/** Longer than a request may still be on its way after it was given up. */
const settleMs = 7_000;
/** With the sabotage nobody waits for either: time enough to ask twice and to send again before it reaches the books. */
const sabotaged = { lateMs: 60_000, settleMs: 61_000 } as const;

test("forward by five hours, back by seven, and right again", { skip, timeout }, async (t) => {
  assert.deepEqual(await stepped(t), []);
});

test(
  "sabotage: a settle time that is measured on the wall has passed when the clock is set",
  { skip, timeout },
  async (t) => {
    const failures = await stepped(t, "waits-by-the-wall");
    assert.ok(
      failures.some((failure) => failure.startsWith("twice:")),
      failures.join("\n") || "it was not seen",
    );
  },
);

async function stepped(t: TestContext, sabotage?: Sabotage): Promise<readonly string[]> {
  const { plant, ends, millrace: make } = await openStage(t);
  const server = await OwnServer.in();
  ends.defer(() => server.close());
  await server.start();
  const clock = join(server.socket, "clock");
  // Only the wall clock is set; how much time has passed every computer knows all the same.
  const environment = {
    DATABASE_URL: server.url,
    LD_PRELOAD: library ?? "",
    FAKETIME_TIMESTAMP_FILE: clock,
    FAKETIME_NO_CACHE: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
    DONT_FAKE_MONOTONIC: "1",
  };
  const step = (offset: string): Promise<void> => writeFile(clock, offset);
  await step("+0");
  const times = sabotage ? sabotaged : { lateMs, settleMs };
  const millrace = await make("millrace", {
    environment,
    settleMs: times.settleMs,
    ...(sabotage ? { sabotage } : {}),
  });
  await millrace.start();
  await untilPosted(plant, 1, 3);
  const late = (): number => plant.erp.faults.counts.get("late-commit") ?? 0;
  plant.erp.faults.add({ fault: { kind: "late-commit", ms: times.lateMs }, calls: "write", path: /ProdnOrdConf2$/ });
  release(plant, 2);
  await until(
    () => late() > 0,
    patienceMs,
    () => "nothing was posted",
  );
  // Of this process, as the ERP's own wait: over after it.
  const isBooked = systemClock.sleep(times.lateMs + 500);
  await until(
    async () => (await server.query("select 1 from millrace.posting where state = 'in-doubt'")).length > 0,
    patienceMs,
    () => "nothing is in doubt",
  );
  await step("+5h");
  await untilPosted(plant, 2, 4);
  // What waits by the wall would wait for hours when the clock goes back, and show nothing more.
  for (const offset of sabotage ? [] : ["-2h", "+0"]) {
    await step(offset);
    await untilPosted(plant, 2, 4);
  }
  await isBooked;
  return failuresOf(await judge(plant, millrace));
}
