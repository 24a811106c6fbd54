/**
 * Samples fed directly into the gateway: durable in its buffer, consumed, read by the map, and committed in PostgreSQL
 * as facts, ledger, postings and kept samples. Floor: the same samples through the buffer alone.
 * Run: node bench/gateway-to-facts.ts [million samples]
 */
import { collectorBook } from "../src/flows/collector-book.ts";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../src/base/clock.ts";
import { unwrap } from "../src/base/result.ts";
import { startOperations } from "../src/app/operations.ts";
import { openBuffer } from "../src/gateway/buffer.ts";
import type { SampleBuffer } from "../src/gateway/sample-buffer.ts";
import type { Sample } from "../src/record/sample.ts";
import { openBenchDatabase } from "./kit/database.ts";
import { frameSamples, MachineLoad, mixWords } from "./kit/load.ts";
import { startMeter, type Stretch } from "./kit/meter.ts";
import { benchRequest, benchSite, seedOrders } from "./kit/plant.ts";
import { compare, harvest } from "./kit/proof.ts";
import { note, open, perSecond, report } from "./kit/table.ts";

const sources = 20;
/** Ten frames: what a machine with this load says in one publishing interval of 100 ms. */
const batchFrames = 10;
/** The generator waits while so many samples are on their way: a gateway's machines do not run ahead for ever. */
const aheadMax = 40_000;
const warmUpFrames = 20_000;
const frames = Math.round((Number(process.argv.find((arg) => /^[\d.]+$/.test(arg)) ?? 1.5) * 1e6) / frameSamples);
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const names = Array.from({ length: sources }, (_, i) => `machine-${i}`);

interface Run {
  readonly stretch: Stretch;
  /** Samples inside the measured stretch. */
  readonly offered: number;
  readonly done: number;
  readonly backlog: number;
}

open();
const floor = await bufferAlone();
report({ name: `buffer alone, ${sources} sources`, unit: "samples", ...floor, floor: null, wrong: [] });
await throughToFacts(perSecond(floor));

async function bufferAlone(): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  const buffer = unwrap(await openBuffer({ file: join(folder, "buffer.sqlite"), log: silent }));
  const stop = new AbortController();
  let through = 0;
  let samples = 0;
  const consumer = (async () => {
    for await (const batches of buffer.consume(0, stop.signal, { maxSamples: 20_000 })) {
      for (const batch of batches) samples += batch.samples.length;
      through = batches.at(-1)?.seq ?? through;
    }
  })();
  const loads = machineLoads();
  const run = await drive({ buffer, loads, consumed: () => through, samples: () => samples });
  stop.abort();
  await consumer;
  await buffer.close();
  rmSync(folder, { recursive: true, force: true });
  return run;
}

async function throughToFacts(floorPerSecond: number): Promise<void> {
  const database = await openBenchDatabase();
  const site = benchSite({ machines: names.map((id) => ({ id, settings: {} })), erp: { settings: {} } });
  await seedOrders(
    database.store,
    names.map((_, machine) => benchRequest(machine)),
  );
  const buffer = unwrap(await openBuffer({ file: join(database.folder, "buffer.sqlite"), log: silent }));
  let samples = 0;
  const failures: string[] = [];
  const operations = startOperations({
    site,
    store: database.store,
    clock: systemClock,
    log: { ...silent, error: (message, detail) => failures.push(`${message} ${String(detail)}`) },
    buffer,
    book: collectorBook(site),
    dispatched: { whyNotStored: () => "the machine keeps no job orders" },
    after: 0,
    onCollected: (collected) => (samples += collected.samples),
  });
  const loads = machineLoads();
  const run = await drive({
    buffer,
    loads,
    consumed: operations.consumed,
    samples: () => samples,
    postgres: database.pid,
  });
  const said = loads.map((load) => load.said());
  const wrong = [...failures.slice(0, 3), ...(await compare(database, said))];
  await operations.close();
  await buffer.close();
  const harvested = await harvest(database);
  await database.close();
  const name = `gateway to facts, ${sources} sources`;
  report({ name, unit: "samples", ...run, floor: { perSecond: floorPerSecond }, wrong });
  note(`${mixWords}: ${harvested}`);
}

interface Driven {
  readonly buffer: SampleBuffer;
  readonly loads: readonly MachineLoad[];
  /** Seq up to which the end point has everything. */
  consumed(): number;
  /** Samples that reached the end point. */
  samples(): number;
  readonly postgres?: number;
}

/** Warms up, then offers the load as fast as it is taken and waits until nothing is on its way. */
async function drive(driven: Driven): Promise<Run> {
  const { loads, postgres } = driven;
  await Promise.all(loads.map((load, i) => append(driven, i, [...load.first(), ...load.begin()])));
  await offer(driven, warmUpFrames);
  await settled(driven);
  const before = samplesOf(loads);
  const reached = driven.samples();
  const read = startMeter(postgres === undefined ? {} : { postgres });
  await offer(driven, frames);
  await Promise.all(loads.map((load, i) => append(driven, i, load.last())));
  await settled(driven);
  const stretch = read();
  return {
    stretch,
    offered: samplesOf(loads) - before,
    done: driven.samples() - reached,
    backlog: driven.buffer.head() - driven.consumed(),
  };
}

async function offer(driven: Driven, total: number): Promise<void> {
  const batchesEach = Math.round(total / sources / batchFrames);
  const rowsMax = aheadMax / (batchFrames * frameSamples);
  await Promise.all(
    driven.loads.map(async (load, i) => {
      for (let n = 0; n < batchesEach; n += 1) {
        while (driven.buffer.head() - driven.consumed() > rowsMax) await new Promise((done) => setTimeout(done, 2));
        await append(driven, i, load.next(batchFrames));
      }
    }),
  );
}

async function append({ buffer }: Driven, machine: number, samples: readonly Sample[]): Promise<void> {
  unwrap(await buffer.append(names[machine] ?? "", { samples, complete: true, gaps: [] }));
}

async function settled({ buffer, consumed }: Driven): Promise<void> {
  const limit = performance.now() + 120_000;
  while (consumed() < buffer.head() && performance.now() < limit) await new Promise((done) => setTimeout(done, 2));
}

function machineLoads(): readonly MachineLoad[] {
  const startAt = Date.now();
  return names.map((_, machine) => new MachineLoad({ machine, startAt }));
}

function samplesOf(loads: readonly MachineLoad[]): number {
  return loads.reduce((sum, load) => sum + load.said().samples, 0);
}
