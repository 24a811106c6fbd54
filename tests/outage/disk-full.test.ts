/** The disk of database and buffer runs full while machines work, and somebody makes room again. */
import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { clusterUnavailable } from "../../src/store/testing/cluster.ts";
import { disksUnavailable, freeBytes, makeDisk } from "./disk.ts";
import type { Machine } from "../../src/simulation/machine/machine.ts";
import type { SimulatedMachine } from "../../src/simulation/machine/server.ts";
import { pieces, release } from "./plant.ts";
import { swallowed, type Sabotage } from "./sabotage.ts";
import { OwnServer } from "./server.ts";
import { openStage, patienceMs, until, untilPosted } from "./stage.ts";
import { failuresOf, judge } from "./verdict.ts";

const skip = clusterUnavailable({ major: 15 }) || disksUnavailable();
const timeout = 900_000;
/** A piece takes a second: a run that has begun is noticed before it ends. */
const speed = 6;
/** Less than the smallest append takes. */
const nothingBytes = 4_096;

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
  await until(
    () => plant.machines.some(({ machine }) => isInMidRun(machine)),
    patienceMs,
    () => "no machine began another run",
  );
  // The machines stand still until there is no room: a run ends on a full disk however long filling it takes.
  for (const machine of plant.machines) machine.halt();
  const running = plant.machines.filter(({ machine }) => isInMidRun(machine)).map(openRun);
  assert.ok(running.length > 0, "the machines were stopped in mid-run");
  const keepFull = async (): Promise<void> => {
    if ((await freeBytes(disk.path)) >= nothingBytes) await disk.fill();
  };
  await disk.fill();
  for (const machine of plant.machines) machine.goOn();
  // The database gives back what it has written for others and no longer needs: that is taken too.
  await until(
    async () => {
      await keepFull();
      const said = await readFile(millrace.logFile, "utf8");
      return running.some((run) => run.isEnded() && wasRefused(said, run, sabotage));
    },
    patienceMs,
    () => "no end of a run was refused",
  );
  await disk.free();
  // PostgreSQL gives up when it cannot write its log of changes; whoever makes room starts it again.
  if (!(await server.isRunning())) await server.start();
  assert.ok(millrace.isRunning(), "Millrace goes on");
  return failuresOf(await judge(plant, millrace));
}

function isInMidRun({ runs }: Machine): boolean {
  const run = runs.at(-1);
  return run !== undefined && run.endedAt === null && run.good > 0 && run.good < pieces;
}

interface OpenRun {
  readonly source: string;
  isEnded(): boolean;
  /** What the machine's counter shows when it has ended: it runs on over all runs, in 16 bits. */
  lastCount(): number;
}

function openRun({ machine, value }: SimulatedMachine): OpenRun {
  const run = machine.runs.at(-1);
  assert.ok(run, "the machine has begun a run");
  const counted = Number(value("Counters/Good")) - run.good;
  return {
    source: run.machine.toLowerCase(),
    isEnded: () => run.endedAt !== null,
    lastCount: () => (counted + run.good) & 0xffff,
  };
}

/** Where what was refused counts as taken the feed says nothing: what matters then is that it was the last count of the run. */
function wasRefused(said: string, run: OpenRun, sabotage: Sabotage | undefined): boolean {
  if (sabotage) return said.includes(swallowed(run.source, "Counters/Good", run.lastCount()));
  return new RegExp(`Samples of ${run.source} wait: .*(full|room)`).test(said);
}
