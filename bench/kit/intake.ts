/**
 * Samples of many machines through the gateway's durable buffer, to be counted where they arrive: the offering side of a
 * bench, and the product's way from the buffer to facts in PostgreSQL.
 */
import { join } from "node:path";
import { startOperations } from "../../src/app/operations.ts";
import { systemClock } from "../../src/base/clock.ts";
import { unwrap } from "../../src/base/result.ts";
import { collectorBook } from "../../src/flows/collector-book.ts";
import { openBuffer } from "../../src/gateway/buffer.ts";
import type { SampleBuffer } from "../../src/gateway/sample-buffer.ts";
import type { Sample } from "../../src/record/sample.ts";
import type { BenchDatabase } from "./database.ts";
import { frameSamples, MachineLoad, type Said } from "./load.ts";
import { startMeter, type Stretch } from "./meter.ts";
import { benchRequest, benchSite, seedOrders } from "./plant.ts";

const ignore = (): void => undefined;
export const silent = { info: ignore, warn: ignore, error: ignore } as const;

/** What a machine with this load says in one publishing interval of 100 ms. */
const framesUsual = 10;
/** The generator waits while so many samples are on their way: a gateway's machines do not run ahead for ever. */
const aheadMax = 40_000;

export interface Offer {
  readonly machines: number;
  /** Index of the first of them in the plant; 0 when left out. */
  readonly first?: number;
  /** Frames of all machines together, before the clock runs and while it does. */
  readonly warmUpFrames: number;
  readonly frames: number;
  readonly piecesPerRun?: number;
  /** Of one batch; ten when left out. */
  readonly batchFrames?: number;
}

export interface Intake {
  readonly stretch: Stretch;
  /** Samples inside the measured stretch. */
  readonly offered: number;
  readonly done: number;
  readonly backlog: number;
  /** Of each machine, from its first value to its last. */
  readonly said: readonly Said[];
}

export interface EndPoint {
  readonly buffer: SampleBuffer;
  /** Seq up to which the end point has everything. */
  consumed(): number;
  /** Samples that reached the end point. */
  samples(): number;
  readonly postgres?: number;
}

/**
 * Warms up, then offers the load as fast as it is taken and waits until nothing is on its way. The runs that are still
 * open end after the clock has stopped.
 */
export async function drive(end: EndPoint, offer: Offer): Promise<Intake> {
  const startAt = Date.now();
  const { piecesPerRun = 500, first = 0 } = offer;
  const loads = Array.from(
    { length: offer.machines },
    (_, n) => new MachineLoad({ machine: first + n, startAt, piecesPerRun }),
  );
  const sum = (): number => loads.reduce((all, load) => all + load.said().samples, 0);
  await Promise.all(loads.map((load) => append(end, load, [...load.first(), ...load.begin()])));
  await tell(end, loads, offer.warmUpFrames, offer.batchFrames);
  await settled(end);
  const before = sum();
  const reached = end.samples();
  const read = startMeter(end.postgres === undefined ? {} : { postgres: end.postgres });
  await tell(end, loads, offer.frames, offer.batchFrames);
  await settled(end);
  const stretch = read();
  const [offered, done, backlog] = [sum() - before, end.samples() - reached, end.buffer.head() - end.consumed()];
  await Promise.all(loads.map((load) => append(end, load, load.last())));
  await settled(end);
  return { stretch, offered, done, backlog, said: loads.map((load) => load.said()) };
}

/** The plant of the bench with so many machines in this database. @returns what did not go well, in words, with the rest */
export async function throughToFacts(
  database: BenchDatabase,
  offer: Offer,
): Promise<Intake & { readonly failures: readonly string[] }> {
  const machines = Array.from({ length: offer.machines }, (_, n) => (offer.first ?? 0) + n);
  const names = machines.map(machineName);
  const site = benchSite({ machines: names.map((id) => ({ id, settings: {} })), erp: { settings: {} } });
  await seedOrders(database.store, machines.map(benchRequest));
  const buffer = unwrap(
    await openBuffer({ file: join(database.folder, `buffer-${offer.first ?? 0}.sqlite`), log: silent }),
  );
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
  const end = { buffer, consumed: operations.consumed, samples: () => samples, postgres: database.pid };
  const intake = await drive(end, offer);
  await operations.close();
  await buffer.close();
  return { ...intake, failures: failures.slice(0, 3) };
}

function machineName(machine: number): string {
  return `machine-${machine}`;
}

async function tell(
  end: EndPoint,
  loads: readonly MachineLoad[],
  total: number,
  batchFrames = framesUsual,
): Promise<void> {
  const batchesEach = Math.round(total / loads.length / batchFrames);
  const rowsMax = aheadMax / (batchFrames * frameSamples);
  // Those that are not durable yet are on their way as well: a thousand machines would all begin at once otherwise.
  let told = end.buffer.head();
  const isFull = (): boolean => told - end.consumed() >= rowsMax;
  // One clock for all: a thousand that each look whether they may go on would be most of what is measured.
  let waiting: Promise<void> | null = null;
  const room = async (): Promise<void> => {
    while (isFull()) await new Promise((done) => setTimeout(done, 2));
    waiting = null;
  };
  await Promise.all(
    loads.map(async (load) => {
      for (let n = 0; n < batchesEach; n += 1) {
        while (isFull()) await (waiting ??= room());
        told += 1;
        await append(end, load, load.next(batchFrames));
      }
    }),
  );
}

async function append({ buffer }: EndPoint, { machine }: MachineLoad, samples: readonly Sample[]): Promise<void> {
  unwrap(await buffer.append(machineName(machine), { samples, complete: true, gaps: [] }));
}

async function settled({ buffer, consumed }: EndPoint): Promise<void> {
  const limit = performance.now() + 120_000;
  while (consumed() < buffer.head() && performance.now() < limit) await new Promise((done) => setTimeout(done, 2));
}
