/** The disk of database and buffer runs full while machines work, and somebody makes room again. */
import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { clusterUnavailable } from "../../src/store/testing/cluster.ts";
import { disksUnavailable, freeBytes, makeDisk } from "./disk.ts";
import { goodPieces, pieces, release, waitingJobs } from "./plant.ts";
import type { Sabotage } from "./sabotage.ts";
import { OwnServer } from "./server.ts";
import { openStage, patienceMs, until, untilPosted } from "./stage.ts";
import { failuresOf, judge } from "./verdict.ts";

const skip = clusterUnavailable({ major: 15 }) || disksUnavailable();
const timeout = 900_000;
/** Slow enough that a busy computer tells the machines their jobs faster than they make them. */
const speed = 10;

test("nothing is lost and nothing is doubled", { skip, timeout }, async (t) => {
  assert.deepEqual(await filled(t), []);
});

test(
  "sabotage: samples that the disk did not take and that count as taken are missing",
  { skip, timeout },
  async (t) => {
    const failures = await filled(t, "swallowed-append");
    assert.ok(
      failures.some((failure) => failure.includes("the machines made")),
      failures.join("\n") || "it was not seen",
    );
  },
);

async function filled(t: TestContext, sabotage?: Sabotage): Promise<readonly string[]> {
  const { plant, ends, millrace: make } = await openStage(t, speed);
  const disk = await makeDisk(160);
  ends.defer(() => disk.close());
  const database = join(disk.path, "database");
  await mkdir(database);
  const server = await OwnServer.in({ directory: database });
  ends.defer(() => server.close());
  await server.start();
  const environment = { DATABASE_URL: server.url };
  const data = join(disk.path, "data");
  const millrace = await make("millrace", { environment, data, ...(sabotage ? { sabotage } : {}) });
  await millrace.start();
  await untilPosted(plant, 1, 3);
  release(plant, 6);
  // Nobody tells the machines more while the disk is full; each goes on with what it makes, and with the next that it holds.
  const isUnderWay = (): boolean => waitingJobs(plant) >= plant.machines.length && goodPieces(plant) > 1.2 * pieces;
  await until(isUnderWay, patienceMs, () => `the machines hold ${waitingJobs(plant)} jobs`);
  await disk.fill();
  assert.ok((await freeBytes(disk.path)) < 8192, "the disk is full");
  // Both cutters finish an order and begin the next one meanwhile: what the buffer does not take is more than a count.
  const before = goodPieces(plant);
  await until(
    () => goodPieces(plant) > before + 1.5 * pieces,
    patienceMs,
    () => "the machines stand still",
  );
  const said = await readFile(millrace.logFile, "utf8");
  assert.match(said, /Samples of cut-[12] wait: .*(full|room)/, "the buffer was refused");
  await disk.free();
  // PostgreSQL gives up when it cannot write its log of changes; whoever makes room starts it again.
  if (!(await server.isRunning())) await server.start();
  assert.ok(millrace.isRunning(), "Millrace goes on");
  return failuresOf(await judge(plant, millrace));
}
