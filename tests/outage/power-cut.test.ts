/**
 * The power goes: Millrace and PostgreSQL end at once, and with them whatever the system had not written yet. What their
 * disk holds at that moment is mounted elsewhere and started there. The machines and the ERP remember everything.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { guidOf } from "../../src/base/id.ts";
import type { RunRecord } from "../../src/simulation/machine/machine.ts";
import type { PlantSimulation } from "../../src/simulation/plant.ts";
import { clusterUnavailable } from "../../src/store/testing/cluster.ts";
import { disksUnavailable, makeDisk } from "./disk.ts";
import { documentCount } from "./plant.ts";
import { durable } from "./durable.ts";
import { OwnServer } from "./server.ts";
import { openStage, patienceMs, until, untilPosted } from "./stage.ts";
import { failuresOf, judge } from "./verdict.ts";

const skip = clusterUnavailable({ major: 15 }) || disksUnavailable();
const timeout = 900_000;

test("all that machines and the ERP were told is there, and nothing is posted twice", { skip, timeout }, async (t) => {
  assert.deepEqual(await cut(t, {}), []);
});

test("sabotage: a database that does not sync has lost what the ERP was told", { skip, timeout }, async (t) => {
  const failures = await cut(t, { database: { fsync: "off" } });
  assert.ok(
    failures.some((failure) => /^(forgotten|no tables|no start of PostgreSQL)/.test(failure)),
    failures.join("\n") || "it was not seen",
  );
});

/** What a library says that takes every sync for done (Debian `eatmydata`). */
const noSync = ["/usr/lib/x86_64-linux-gnu/libeatmydata.so", "/usr/lib/aarch64-linux-gnu/libeatmydata.so"].find(
  existsSync,
);
const withoutNoSync = noSync === undefined && "libeatmydata is not installed (Debian: eatmydata)";

test("what machines that remember nothing said while the database was away is there", { skip, timeout }, async (t) => {
  assert.deepEqual(await cutBuffer(t, {}), []);
});

test("sabotage: a buffer that does not sync has lost it", { skip: skip || withoutNoSync, timeout }, async (t) => {
  const failures = await cutBuffer(t, { LD_PRELOAD: noSync ?? "" }, 60_000);
  // Of a plant that is only slow one would say no more than that it does not rest.
  assert.ok(
    failures.some((failure) => !failure.startsWith("no rest")),
    failures.join("\n") || "it was not seen",
  );
});

/** A run takes seconds. */
const unhurried = 20;

/**
 * The database ends first, and a machine finishes its run: what it said of that is in the buffer alone. Then the power goes.
 *
 * @param environment  of the process whose power goes
 * @param restMs  so long it may take to come to rest afterwards; what has lost something never does
 */
async function cutBuffer(
  t: TestContext,
  environment: Readonly<Record<string, string>>,
  restMs?: number,
): Promise<readonly string[]> {
  const { plant, ends, millrace: make } = await openStage(t, unhurried);
  const own = await makeDisk(32);
  ends.defer(() => own.close());
  const server = await OwnServer.in();
  ends.defer(() => server.close());
  await server.start();
  const known = { DATABASE_URL: server.url };
  const before = await make("before", {
    environment: { ...known, ...environment },
    data: join(own.path, "data"),
    withHistory: false,
    tellsDurable: true,
  });
  await before.start();
  await untilPosted(plant, 20, 3);
  await until(
    () => begunRun(plant) !== undefined,
    patienceMs,
    () => "no machine began another run",
  );
  const run = begunRun(plant);
  await server.kill();
  assert.ok(run, "a machine is in mid-run");
  const last = durable(run.machine.toLowerCase(), "Production/LastEndedRun", run.run);
  await until(
    async () => (await readFile(before.logFile, "utf8")).includes(last),
    patienceMs,
    () => "the end of the run was not kept without the database",
  );
  await before.kill();
  const found = await own.cutOff();
  ends.defer(() => found.close());
  await server.start();
  const after = await make("after", { environment: known, data: join(found.path, "data"), withHistory: false });
  try {
    await after.start();
  } catch (error) {
    return [`no start: ${String(error)}`];
  }
  return failuresOf(await judge(plant, after, restMs));
}

interface Without {
  readonly database?: Readonly<Record<string, string>>;
}

async function cut(t: TestContext, without: Without): Promise<readonly string[]> {
  const { plant, ends, millrace: make } = await openStage(t);
  // A disk each: what the database syncs takes other files of its disk along.
  const disk = await makeDisk(160);
  ends.defer(() => disk.close());
  const own = await makeDisk(32);
  ends.defer(() => own.close());
  await mkdir(join(disk.path, "database"));
  const server = await OwnServer.in({ directory: join(disk.path, "database"), settings: without.database ?? {} });
  ends.defer(() => server.close());
  await server.start();
  const before = await make("before", {
    environment: { DATABASE_URL: server.url },
    data: join(own.path, "data"),
  });
  await before.start();
  await untilPosted(plant, 6, 8);
  await Promise.all([before.kill(), server.kill()]);
  const found = await disk.cutOff();
  ends.defer(() => found.close());
  const ownFound = await own.cutOff();
  ends.defer(() => ownFound.close());
  const documents = documentCount(plant);

  const again = await OwnServer.in({ directory: join(found.path, "database") });
  ends.defer(() => again.close());
  const after = await make("after", { environment: { DATABASE_URL: again.url }, data: join(ownFound.path, "data") });
  try {
    await again.start();
  } catch (error) {
    return [`no start of PostgreSQL: ${String(error)}`];
  }
  const forgotten = await whatIsForgotten(plant, again).catch((error: unknown) => [`no tables: ${String(error)}`]);
  if (forgotten.length > 0) return forgotten;
  try {
    await after.start();
  } catch (error) {
    return [`no start: ${String(error)}`];
  }
  const failures = failuresOf(await judge(plant, after));
  assert.ok(documentCount(plant) > documents, "something was left to post");
  return failures;
}

/** A run of which most is still to be made. */
function begunRun({ machines }: PlantSimulation): RunRecord | undefined {
  return machines.flatMap(({ machine }) => machine.runs).find(({ good, endedAt }) => endedAt === null && good < 3);
}

/** What the ERP has booked and the machines hold, and the database does not know that it may have told them. */
async function whatIsForgotten(plant: PlantSimulation, server: OwnServer): Promise<readonly string[]> {
  const { books } = plant.erp;
  const keys = await server.query("select key from millrace.posting where state <> 'planned' or attempts > 0");
  const known = new Set(keys.flatMap(({ key }) => [String(key), guidOf(String(key))]));
  const told = await server.query("select content from millrace.instruction where state <> 'planned'");
  const text = JSON.stringify(told);
  const jobs = plant.machines.flatMap(({ machine }) => machine.runs.map(({ job }) => job));
  return [
    ...books.confirmations
      .filter(({ externalKey }) => !known.has(externalKey?.toLowerCase() ?? ""))
      .map(({ externalKey }) => externalKey),
    ...books.materialDocuments.filter(({ reference }) => !known.has(reference)).map(({ reference }) => reference),
    ...jobs.filter((job) => !text.includes(`"${job}"`)),
  ].map((one) => `forgotten: ${one}`);
}
