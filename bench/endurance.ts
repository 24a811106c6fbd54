/**
 * Hours of samples with a fault every twenty seconds: into the durable buffer, on to facts in PostgreSQL, and what memory
 * does meanwhile. By turns all connections to the database are cut, the gateway's buffer and the collection end and begin
 * again from their files, and the lines of half the machines are cut and tell the last seconds again when they are back.
 * At the end nothing may wait, and every sum must be what the machines said: a fact lost or doubled is a failure, and so
 * is memory that grows with time.
 * Run: npx node bench/endurance.ts [--minutes 30] [--rate 20000]
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { startOperations, type Operations } from "../src/app/operations.ts";
import { systemClock } from "../src/base/clock.ts";
import { unwrap } from "../src/base/result.ts";
import { collectorBook } from "../src/flows/collector-book.ts";
import { resumeReading } from "../src/flows/resume-reading.ts";
import { openBuffer } from "../src/gateway/buffer.ts";
import type { SampleBuffer } from "../src/gateway/sample-buffer.ts";
import type { Sample } from "../src/record/sample.ts";
import { openBenchDatabase, type BenchDatabase } from "./kit/database.ts";
import { frameSamples, MachineLoad, mixWords } from "./kit/load.ts";
import { MemoryCurve } from "./kit/memory.ts";
import { benchRequest, benchSite, seedOrders } from "./kit/plant.ts";
import { compare, harvest } from "./kit/proof.ts";
import { note, number, refuse } from "./kit/table.ts";

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "30" }, rate: { type: "string", default: "20000" } },
});
const minutes = Number(values.minutes);
const rate = Number(values.rate);
const machines = 20;
const batchFrames = 10;
const faultEveryMs = 20_000;
const lineCutMs = 3_000;
/** Batches that a machine tells once more when its line is back. */
const toldAgain = 4;
const restMsMax = 600_000;
const names = Array.from({ length: machines }, (_, i) => `machine-${i}`);

/** One gateway with its collection, which ends and begins again; its files and the database stay. */
class Gateway {
  readonly #database: BenchDatabase;
  readonly #site = benchSite({ machines: names.map((id) => ({ id, settings: {} })), erp: { settings: {} } });
  readonly #file: string;
  #buffer: SampleBuffer | null = null;
  #operations: Operations | null = null;
  waits = 0;

  constructor(database: BenchDatabase) {
    this.#database = database;
    mkdirSync(join(database.folder, "gateway"));
    this.#file = join(database.folder, "gateway", "buffer.sqlite");
  }

  async start(): Promise<void> {
    const said = (): void => void (this.waits += 1);
    const buffer = unwrap(await openBuffer({ file: this.#file, log: { info: () => undefined, warn: said } }));
    const book = collectorBook(this.#site);
    const after = unwrap(await resumeReading(this.#database.store, buffer, this.#site));
    this.#operations = startOperations({
      site: this.#site,
      store: this.#database.store,
      clock: systemClock,
      log: { info: () => undefined, warn: said, error: said },
      buffer,
      book,
      dispatched: { whyNotStored: () => "the machine keeps no job orders" },
      after,
      onCollected: () => undefined,
    });
    this.#buffer = buffer;
  }

  async stop(): Promise<void> {
    const [buffer, operations] = [this.#buffer, this.#operations];
    this.#buffer = null;
    await operations?.close();
    await buffer?.close();
    this.#operations = null;
  }

  /** Batches that are durable and not committed; only while it runs. */
  get backlog(): number {
    return (this.#buffer?.head() ?? 0) - (this.#operations?.consumed() ?? 0);
  }

  /** Until it is durable. What a buffer that closes has not taken, the next one takes. */
  async take(source: string, samples: readonly Sample[]): Promise<void> {
    for (;;) {
      const taken = await this.#buffer?.append(source, { samples, complete: true, gaps: [] });
      if (taken?.ok) return;
      await systemClock.sleep(20);
    }
  }
}

/** One machine with its line. */
class Machine {
  readonly load: MachineLoad;
  readonly #name: string;
  readonly #gateway: Gateway;
  /** What waits for the line, and the last of what went over it. */
  #waiting: (readonly Sample[])[] = [];
  #last: (readonly Sample[])[] = [];
  #isCut = false;
  /** Samples that were told more than once. */
  repeated = 0;

  constructor(gateway: Gateway, index: number, startAt: number) {
    this.#gateway = gateway;
    this.#name = names[index] ?? "";
    // Its own clock goes as ours does: what a restart reads again is bounded by time.
    this.load = new MachineLoad({ machine: index, startAt, frameMs: (frameSamples * machines * 1_000) / rate });
  }

  async say(samples: readonly Sample[]): Promise<void> {
    this.#waiting.push(samples);
    await this.#carry();
  }

  cut(): void {
    this.#isCut = true;
  }

  /** It cannot know what has arrived, and tells the last of it again before what waits. */
  async heal(): Promise<void> {
    this.repeated += this.#last.reduce((sum, samples) => sum + samples.length, 0);
    this.#waiting.unshift(...this.#last);
    this.#last = [];
    this.#isCut = false;
    await this.#carry();
  }

  async #carry(): Promise<void> {
    while (!this.#isCut) {
      const next = this.#waiting.shift();
      if (!next) return;
      this.#last = [...this.#last, next].slice(-toldAgain);
      await this.#gateway.take(this.#name, next);
    }
  }
}

interface Fault {
  readonly name: string;
  happen(): Promise<void>;
}

function faultsOf(database: BenchDatabase, gateway: Gateway, all: readonly Machine[]): readonly Fault[] {
  return [
    {
      name: "connections to the database cut",
      happen: async () => {
        await database.ask(
          "select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()",
        );
      },
    },
    {
      name: "gateway and collection begun again",
      happen: async () => {
        await gateway.stop();
        await gateway.start();
      },
    },
    {
      name: "lines of half the machines cut",
      happen: async () => {
        const half = all.filter((_, i) => i % 2 === 0);
        for (const machine of half) machine.cut();
        await systemClock.sleep(lineCutMs);
        await Promise.all(half.map((machine) => machine.heal()));
      },
    },
  ];
}

/** Offers the load at its rate until the time is over, with the faults by turns. @returns how often each happened */
async function live(all: readonly Machine[], faults: readonly Fault[], each: () => void): Promise<readonly number[]> {
  const startedAt = performance.now();
  const elapsed = (): number => performance.now() - startedAt;
  const endMs = minutes * 60_000;
  const happened = faults.map(() => 0);
  let fault: Promise<void> = Promise.resolve();
  const saying = all.map(async (machine, i) => {
    const everyMs = (batchFrames * frameSamples * machines * 1_000) / rate;
    // Not all machines at once.
    for (let due = (everyMs * i) / machines; due < endMs; due += everyMs) {
      if (due > elapsed()) await systemClock.sleep(due - elapsed());
      await machine.say(machine.load.next(batchFrames));
    }
  });
  const minding = (async () => {
    for (let n = 1; n * faultEveryMs < endMs; n += 1) {
      await systemClock.sleep(n * faultEveryMs - elapsed());
      await fault;
      const which = n % faults.length;
      happened[which] = (happened[which] ?? 0) + 1;
      each();
      fault = faults[which]?.happen() ?? fault;
    }
  })();
  await Promise.all([...saying, minding]);
  await fault;
  return happened;
}

async function main(): Promise<void> {
  setFlagsFromString("--expose-gc");
  const database = await openBenchDatabase();
  await seedOrders(
    database.store,
    names.map((_, machine) => benchRequest(machine)),
  );
  const gateway = new Gateway(database);
  await gateway.start();
  const all = names.map((_, i) => new Machine(gateway, i, Date.now()));
  const said = (): number => all.reduce((sum, { load }) => sum + load.said().samples, 0);
  const memory = new MemoryCurve(runInNewContext("gc") as () => void);
  note(`${number(rate)} samples a second for ${minutes} minutes from ${machines} machines, ${mixWords}`);
  const look = (): void => {
    const { minute, heapMb, externalMb, rssMb, anonymousMb } = memory.look();
    note(
      `${minute.toFixed(1).padStart(6)} min ${number(said()).padStart(12)} samples, ${number(gateway.backlog).padStart(5)} batches wait, heap ${heapMb.toFixed(0)} MB, external ${externalMb.toFixed(0)} MB, rss ${rssMb.toFixed(0)} MB of which ${anonymousMb.toFixed(0)} MB no file's`,
    );
  };
  for (const machine of all) await machine.say([...machine.load.first(), ...machine.load.begin()]);
  const faults = faultsOf(database, gateway, all);
  const happened = await live(all, faults, look);
  const offeredIn = memory.seconds;
  for (const machine of all) await machine.say(machine.load.last());
  for (const limit = performance.now() + restMsMax; gateway.backlog > 0 && performance.now() < limit;)
    await systemClock.sleep(100);
  const restedIn = memory.seconds - offeredIn;
  look();
  const backlog = gateway.backlog;
  await gateway.stop();
  const repeated = all.reduce((sum, machine) => sum + machine.repeated, 0);
  const again = { samples: repeated, good: 0, wattHours: 0, runs: 0, runsThatMade: 0 };
  const wrong = [...(await compare(database, [...all.map(({ load }) => load.said()), again]))];
  note(await harvest(database));
  await database.close();
  for (const [i, { name }] of faults.entries()) note(`${name}: ${happened[i]} times`);
  note(`${number(said() / offeredIn)} samples a second were offered; ${number(repeated)} were told again`);
  note(`${restedIn.toFixed(1)} s later nothing waited; ${gateway.waits} times something had to be tried again`);
  if (backlog > 0) wrong.push(`${backlog} batches still wait`);
  const { text, grows } = memory.verdict();
  note(text);
  if (grows) wrong.push("memory grows with time");
  note(wrong.length === 0 ? "facts lost or doubled: 0" : "facts lost or doubled: see below");
  refuse("endurance", wrong);
}

await main();
