/** The disk of database and buffer runs full while machines work, and somebody makes room again. */
import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { clusterUnavailable } from "../../src/store/testing/cluster.ts";
import { disksUnavailable, freeBytes, makeDisk } from "./disk.ts";
import { goodPieces, pieces, release } from "./plant.ts";
import type { Sabotage } from "./sabotage.ts";
import { OwnServer } from "./server.ts";
import { openStage, patienceMs, until, untilPosted } from "./stage.ts";
import { failuresOf, judge } from "./verdict.ts";

const skip = clusterUnavailable({ major: 15 }) || disksUnavailable();
const timeout = 900_000;
/** A piece takes two seconds: the disk is full before an order is made. */
const speed = 3;

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
  release(plant, 4);
  // Two orders are being made; nobody tells the machines more while the disk is full.
  await until(() => goodPieces(plant) > 1.2 * pieces, patienceMs);
  // The database gives back what it has written for others and no longer needs.
  for (let tries = 0; tries < 20 && (tries === 0 || (await freeBytes(disk.path)) >= 8192); tries += 1)
    await disk.fill();
  assert.ok((await freeBytes(disk.path)) < 8192, "the disk is full");
  // Both runs end meanwhile: what the buffer does not take is more than a count.
  assert.ok(goodPieces(plant) < 2.9 * pieces, "the disk was full too late");
  await until(
    () => goodPieces(plant) >= 3 * pieces,
    patienceMs,
    () => "the machines stand still",
  );
  // Where what was refused counts as taken nobody is told.
  const said = await readFile(millrace.logFile, "utf8");
  if (!sabotage) assert.match(said, /Samples of cut-[12] wait: .*(full|room)/, "the buffer was refused");
  await disk.free();
  // PostgreSQL gives up when it cannot write its log of changes; whoever makes room starts it again.
  if (!(await server.isRunning())) await server.start();
  assert.ok(millrace.isRunning(), "Millrace goes on");
  return failuresOf(await judge(plant, millrace));
}
