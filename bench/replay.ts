/**
 * A recorded day read again: fifty made-up wire machines, taken in as production takes them in, then replayed. And the five
 * real days, where they are. "Done" is that facts and postings are equal byte by byte; a difference is a failure.
 * Run: npx node bench/replay.ts [machines]
 */
import { collect } from "../src/flows/collect.ts";
import { collectorBook } from "../src/flows/collector-book.ts";
import { replayDay } from "../src/flows/replay.ts";
import { systemClock } from "../src/base/clock.ts";
import { instant } from "../src/base/instant.ts";
import { unwrap } from "../src/base/result.ts";
import { startOfDay } from "../src/base/site-time.ts";
import { noRecordedDays, readRecordedDays } from "../src/operations/collection/testing/komax-days.ts";
import { live, stepNames, type Step } from "../src/operations/collection/testing/wire-machine.ts";
import type { Sample } from "../src/record/sample.ts";
import { checkSite } from "../src/site/load.ts";
import { buildSite, type Site } from "../src/site/site.ts";
import { example, rules } from "../src/site/testing/example.ts";
import { openDatabase } from "../src/store/connection.ts";
import { postgresReplay } from "../src/store/view/replay-view.ts";
import { openBenchDatabase } from "./kit/database.ts";
import { startMeter } from "./kit/meter.ts";
import { note, number, open, report } from "./kit/table.ts";

const machines = Number(process.argv.find((arg) => /^\d+$/.test(arg)) ?? 50);
const dayMs = 86_400_000;
const stepsOfDay = 2_000;
const batchSize = 500;
const realDays = ["2025-02-03", "2025-02-04", "2025-02-05", "2025-02-06", "2025-02-07"] as const;

open();
await replayed(`replay, ${machines} machines, one day`, siteOf(machines), ["2025-02-03"], madeUp);
if (noRecordedDays === false) await replayed("replay, five real days", siteOf(1), realDays, () => readRecordedDays());
else note(`five real days: ${noRecordedDays}`);

/** The example with so many wire machines. */
function siteOf(count: number): Site {
  const site = unwrap(checkSite(example, rules).site);
  const unit = site.workUnits.find(({ connection }) => connection !== null);
  if (!unit) throw new Error("the example has a machine");
  const names = Array.from({ length: count }, (_, n) => `wire-${n}`);
  return buildSite({
    ...site,
    calendarOf: {},
    workUnits: names.map((id) => ({ ...unit, id, connection: id })),
    workCenters: site.workCenters.map((center) =>
      center.id === unit.partOf ? { ...center, workUnits: names } : center,
    ),
  });
}

/** The same each time: what a machine does next follows from a multiplication. */
function madeUp(machine: number): Promise<readonly Sample[]> {
  let chance = 7_919 * (machine + 1);
  const next = (below: number): number => {
    chance = (chance * 48_271) % 2_147_483_647;
    return chance % below;
  };
  const names = stepNames.filter((name) => name !== "sleep");
  const steps = Array.from({ length: stepsOfDay }, (): Step => {
    const what = names[next(names.length)] ?? "settle";
    return { what, a: next(1_000), b: next(1_000), afterMs: 1_000 + next(84_000) };
  });
  return Promise.resolve(live(steps, Date.parse("2025-02-03T00:00:00+01:00")).samples);
}

async function replayed(
  name: string,
  site: Site,
  days: readonly `${number}-${string}-${string}`[],
  samplesOf: (machine: number) => Promise<readonly Sample[]>,
): Promise<void> {
  const database = await openBenchDatabase();
  const clock = { ...systemClock, now: () => instant(Date.parse("2025-02-08T00:00:00Z")) };
  const ports = {
    store: database.store,
    site,
    clock,
    book: collectorBook(site),
    dispatched: { whyNotStored: () => null },
  };
  for (const [n, { connection }] of site.workUnits.entries()) {
    const samples = await samplesOf(n);
    for (let at = 0; at < samples.length; at += batchSize) {
      const own = samples.slice(at, at + batchSize);
      const batch = { source: connection ?? "", seq: at / batchSize + 1, samples: own, complete: true, gaps: [] };
      await collect(ports, "buffer", [batch]);
    }
  }
  const { connectionString } = database;
  const reading = openDatabase({ connectionString, readOnly: true, log: note });
  const read = startMeter({ postgres: database.pid });
  const wrong: string[] = [];
  let samples = 0;
  let coveredMs = 0;
  for (const day of days) {
    const from = startOfDay(day, site.zone);
    const { sources } = unwrap(await replayDay(postgresReplay(reading), site, { from, to: instant(from + dayMs) }));
    samples += sources.reduce((sum, one) => sum + one.samples, 0);
    coveredMs += Math.max(...sources.map((one) => one.coveredMs));
    wrong.push(...sources.filter(({ facts }) => !facts.isIdentical).map(({ source }) => `${source} differs on ${day}`));
  }
  const stretch = read();
  await reading.close();
  await database.close();
  report({ name, unit: "samples", stretch, offered: samples, done: samples, backlog: 0, floor: null, wrong });
  note(`${number(coveredMs / 1000 / stretch.seconds)} times real time`);
}
