/**
 * What size costs: the same samples from 10, 100 and 1,000 machines; the same samples, postings and queries with more and more
 * facts in the database; and runs of orders that have had more and more runs. Every size is measured in the same run and told
 * as a ratio to the smallest, in CPU of Millrace and PostgreSQL; more than a fifth above it is a failure. Wall clocks say more of
 * the machine.
 * Run: node bench/growth.ts [--machines 10,100,1000] [--facts 100000,1000000] [--runs 50,800]; an empty list leaves one out
 */
import { parseArgs } from "node:util";
import { openBenchDatabase, type BenchDatabase } from "./kit/database.ts";
import { fakeErp } from "./kit/fake-erp.ts";
import { throughToFacts, type Offer } from "./kit/intake.ts";
import { deliver } from "./kit/outbox-load.ts";
import { factsPerDay, Past } from "./kit/past.ts";
import { benchRequest, seedOrders } from "./kit/plant.ts";
import { compare, heldIn } from "./kit/proof.ts";
import { costOfQueries } from "./kit/screen-query.ts";
import { note, number, open, refuse, report } from "./kit/table.ts";

const { values } = parseArgs({
  options: {
    machines: { type: "string", default: "10,100,1000" },
    facts: { type: "string", default: "100000,1000000" },
    runs: { type: "string", default: "50,800" },
    "no-header": { type: "boolean" },
  },
});
const sizesOf = (list: string): readonly number[] => list.split(",").filter(Boolean).map(Number);
/** Of the smallest size's CPU. */
const ratioMax = 1.2;
/** As many samples and pieces in all, whatever the number of machines. No run ends while the clock runs: that is a posting's cost. */
const shape = { frames: 10_000, warmUpFrames: 5_000, piecesPerRun: 1_000_000, batchFrames: 5 } as const;
const lanes = 200;
const rounds = 15;

/** The first of each name is its floor. */
class Growth {
  readonly #floors = new Map<string, { readonly size: string; readonly cpu: number }>();

  tell(name: string, size: string, cpu: number): void {
    const floor = this.#floors.get(name);
    if (!floor) return void this.#floors.set(name, { size, cpu });
    const words = `${name}, ${size}: CPU ${(cpu / floor.cpu).toFixed(2)} of ${floor.size}`;
    note(words);
    if (cpu > floor.cpu * ratioMax) refuse("growth", [`${words}; at most ${ratioMax} is promised`]);
  }
}

async function ofMachines(sizes: readonly number[]): Promise<void> {
  const growth = new Growth();
  for (const machines of sizes) {
    const database = await openBenchDatabase();
    const name = `to facts, ${machines} machines`;
    growth.tell("a sample", `${machines} machines`, await samples(database, name, { machines, ...shape }));
    await database.close();
  }
}

/** @returns CPU seconds for one sample */
async function samples(database: BenchDatabase, name: string, offer: Offer): Promise<number> {
  const before = await heldIn(database);
  const { failures, said, ...intake } = await throughToFacts(database, offer);
  const wrong = [...failures, ...(await compare(database, said, before))];
  report({ name, unit: "samples", ...intake, floor: null, wrong });
  const { millrace, postgres } = intake.stretch.cpu;
  return (millrace + postgres) / intake.done;
}

async function ofFacts(sizes: readonly number[]): Promise<void> {
  const growth = new Growth();
  const database = sizes.length > 0 ? await openBenchDatabase() : null;
  if (!database) return;
  const past = await Past.open(database);
  for (const [n, facts] of sizes.entries()) {
    const startedAt = performance.now();
    const size = `${number(facts)} facts`;
    refuse(size, await past.growTo(Math.round(facts / factsPerDay)));
    const bytes = await database.count("select pg_database_size(current_database())");
    note(
      `${size} are there after ${number((performance.now() - startedAt) / 1_000)} s, in ${number(bytes / 2 ** 20)} MiB`,
    );
    const first = (n + 1) * 1_000;
    growth.tell("a sample", size, await samples(database, `to facts, with ${size}`, { machines: 10, first, ...shape }));
    growth.tell("a posting", size, await postings(database, `outbox, with ${size}`, first + 100));
    for (const { name, cpuMs } of await costOfQueries(database)) {
      note(`${name}: ${number(cpuMs, 2)} ms CPU`);
      growth.tell(name, size, cpuMs);
    }
  }
  await past.close();
  await database.close();
}

/** @returns CPU seconds for one posting */
async function postings(database: BenchDatabase, name: string, first: number): Promise<number> {
  const requests = Array.from({ length: lanes }, (_, lane) => benchRequest(first + lane));
  await seedOrders(database.store, requests);
  const outcome = await deliver(database, fakeErp(lanes).session, requests, { rounds });
  report({ name, unit: "postings", ...outcome, floor: null });
  const { millrace, postgres } = outcome.stretch.cpu;
  return (millrace + postgres) / outcome.done;
}

/** Short runs: four orders each get so many of them, and their documents are planned. */
async function ofRuns(sizes: readonly number[]): Promise<void> {
  const growth = new Growth();
  const machines = 4;
  const piecesPerRun = 5;
  for (const runs of sizes) {
    const database = await openBenchDatabase();
    const frames = runs * piecesPerRun * machines;
    const offer = { machines, piecesPerRun, frames, warmUpFrames: frames / 10, batchFrames: 5 };
    const cpu = await samples(database, `to planned documents, ${runs} runs of each order`, offer);
    growth.tell("a run with its documents", `${runs} runs of its order`, cpu);
    await database.close();
  }
}

open();
await ofMachines(sizesOf(values.machines));
await ofFacts(sizesOf(values.facts));
await ofRuns(sizesOf(values.runs));
