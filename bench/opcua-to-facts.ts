/**
 * Samples from machines on OPC UA (two server processes with 1,500 variables each) through subscription, buffer and
 * collection to facts and ledger in PostgreSQL, by the program that `millrace serve` runs. The machines go on as soon as
 * their samples are committed. Floor: the same OPC UA client, only counting.
 * Run: npx node bench/opcua-to-facts.ts [thousand samples]
 */
import { join } from "node:path";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { systemClock } from "../src/base/clock.ts";
import { unwrap } from "../src/base/result.ts";
import type { MachineListener, MachineSession } from "../src/machine/connector.ts";
import { opcuaConnector } from "../src/machine/opcua/index.ts";
import { openBenchDatabase } from "./kit/database.ts";
import { startLine } from "./kit/line.ts";
import { frameSamples, mixWords, type Said } from "./kit/load.ts";
import { startMachineProcess, type MachineProcess } from "./kit/machine-process.ts";
import { startMeter, type Stretch } from "./kit/meter.ts";
import { benchRequest, benchSite, seedOrders } from "./kit/plant.ts";
import { compare, harvest } from "./kit/proof.ts";
import { note, open, perSecond, report } from "./kit/table.ts";

const machineCount = 2;
const telemetry = 1_493;
/** Run, job, pieces, energy: what the map reads. */
const variables = telemetry + 7;
const thousand = Number(process.argv.find((arg) => /^\d+$/.test(arg)) ?? 300);
const framesEach = Math.round((thousand * 1000) / machineCount / frameSamples);
const warmUpFrames = Math.round(framesEach / 4);
const names = Array.from({ length: machineCount }, (_, i) => `machine-${i}`);

interface Outcome {
  readonly offered: number;
  readonly done: number;
  readonly backlog: number;
  readonly stretch: Stretch;
}

open();
const floor = await counting();
report({
  name: `OPC UA client, only counting, ${machineCount} × ${variables}`,
  unit: "samples",
  ...floor,
  floor: null,
  wrong: [],
});
await throughToFacts(perSecond(floor));

function startMachines(): Promise<readonly MachineProcess[]> {
  return Promise.all(
    names.map((_, machine) =>
      startMachineProcess({ machine, telemetry, piecesPerRun: 500, publishingIntervalMs: 100 }),
    ),
  );
}

async function counting(): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  const machines = await startMachines();
  const reached = machines.map(() => 0);
  const ignored = (): void => undefined;
  const sessions: MachineSession[] = [];
  for (const [i, machine] of machines.entries()) {
    const signal = new AbortController().signal;
    const session = unwrap(
      await opcuaConnector.open({ ...machine.settings, pkiFolder: join(folder, `pki-${i}`) }, signal),
    );
    const samples: MachineListener["samples"] = (told) => void (reached[i] = (reached[i] ?? 0) + told.length);
    const listener = { samples, interrupted: ignored, resumed: ignored, appeared: ignored };
    unwrap(await session.watch(watchedPaths(), listener, signal));
    sessions.push(session);
  }
  const outcome = await drive(machines, reached);
  await Promise.all(sessions.map((session) => session.close()));
  await Promise.all(machines.map((machine) => machine.close()));
  rmSync(folder, { recursive: true, force: true });
  return outcome;
}

function watchedPaths(): { path: string; history: boolean }[] {
  const site = benchSite({ machines: [{ id: "any", settings: {} }], erp: null });
  return Object.values(site.maps[0]?.items ?? {}).map(({ path, history }) => ({ path, history }));
}

async function throughToFacts(floorPerSecond: number): Promise<void> {
  const database = await openBenchDatabase();
  const machines = await startMachines();
  const connections = names.map((id, i) => ({ id, settings: { ...machines[i]?.settings } }));
  await seedOrders(
    database.store,
    names.map((_, machine) => benchRequest(machine)),
  );
  const reached = names.map(() => 0);
  const warnings: string[] = [];
  const line = await startLine({
    site: benchSite({ machines: connections, erp: null }),
    database,
    onCommit: ({ batches }) => {
      for (const { source, samples } of batches) {
        const machine = names.indexOf(source);
        reached[machine] = (reached[machine] ?? 0) + samples.length;
      }
    },
    onWarning: (text) => warnings.push(text),
  });
  const outcome = await drive(machines, reached, database.pid);
  const { buffered } = await line.status();
  const wrong = [...warnings.slice(0, 3), ...(await compare(database, outcome.said))];
  const harvested = await harvest(database);
  await line.stop();
  await Promise.all(machines.map((machine) => machine.close()));
  await database.close();
  const name = `OPC UA to facts, ${machineCount} × ${variables} variables`;
  const backlog = outcome.backlog + buffered;
  report({ name, unit: "samples", ...outcome, backlog, floor: { perSecond: floorPerSecond }, wrong });
  note(`${mixWords}: ${harvested}`);
}

/** Warms up, then lets the machines speak as fast as what they said arrives, and waits for the last of it. */
async function drive(
  machines: readonly MachineProcess[],
  reached: readonly number[],
  postgres?: number,
): Promise<Outcome & { readonly said: readonly Said[] }> {
  const told = machines.map(() => 0);
  const credit = setInterval(() => {
    for (const [i, machine] of machines.entries()) {
      const now = reached[i] ?? 0;
      if (now !== told[i]) machine.reached(now);
      told[i] = now;
    }
  }, 10);
  try {
    await arrived(
      machines.map(() => variables),
      reached,
    );
    await Promise.all(machines.map((machine) => machine.begin()));
    const warm = await Promise.all(machines.map((machine) => machine.frames(warmUpFrames)));
    await arrived(
      warm.map(({ samples }) => samples),
      reached,
    );
    const before = total(reached);
    const read = startMeter({ peers: machines.map(({ pid }) => pid), ...(postgres === undefined ? {} : { postgres }) });
    await Promise.all(machines.map((machine) => machine.frames(framesEach)));
    const said = await Promise.all(machines.map((machine) => machine.last()));
    await arrived(
      said.map(({ samples }) => samples),
      reached,
    );
    const stretch = read();
    const offered = total(said.map(({ samples }) => samples));
    return {
      offered: offered - before,
      done: total(reached) - before,
      backlog: offered - total(reached),
      stretch,
      said,
    };
  } finally {
    clearInterval(credit);
  }
}

async function arrived(wanted: readonly number[], reached: readonly number[]): Promise<void> {
  const limit = performance.now() + 60_000;
  while (wanted.some((samples, i) => (reached[i] ?? 0) < samples) && performance.now() < limit)
    await systemClock.sleep(2);
}

function total(of: readonly number[]): number {
  return of.reduce((sum, one) => sum + one, 0);
}
