/**
 * What size costs: the same samples from 10, 100 and 1,000 machines; the same samples, postings and queries with more and more
 * facts in the database; and runs of orders that have had more and more runs. Every size is measured in the same run, those of
 * facts by turns with the smallest, and told as a ratio to it, in CPU of Millrace and PostgreSQL; more than a fifth above it is a
 * failure. Wall clocks say more of the machine.
 * Run: npx node bench/growth.ts [--machines 10,100,1000] [--facts 100000,1000000] [--runs 50,800]; an empty list leaves one out
 */
import { parseArgs } from "node:util";
import { openBenchDatabase, type BenchDatabase } from "./kit/database.ts";
import { fakeErp } from "./kit/fake-erp.ts";
import { throughToFacts, type Offer } from "./kit/intake.ts";
import type { Said } from "./kit/load.ts";
import { deliver } from "./kit/outbox-load.ts";
import { factsPerDay, Past } from "./kit/past.ts";
import { benchRequest, seedOrders } from "./kit/plant.ts";
import { compare, heldIn } from "./kit/proof.ts";
import { costOfQueries, type QueryCost } from "./kit/screen-query.ts";
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
/** And so much more for each one more that a query counts: 3 ms for the 10,000 at which it ends. */
const countingMs = 0.0003;
/** As many samples and pieces in all, whatever the number of machines. No run ends while the clock runs: that is a posting's cost. */
const shape = { frames: 10_000, warmUpFrames: 5_000, piecesPerRun: 1_000_000, batchFrames: 5 } as const;
const lanes = 200;
const rounds = 15;
/** Beside a past: so few that the smallest is not made a larger one by being measured. */
const besidePast = { ...shape, machines: 10, frames: 5_000, warmUpFrames: 2_500 } as const;
/** Each size is measured so often, by turns with the smallest; the median of the ratios counts. */
const turns = { writing: 3, reading: 5 } as const;

/** The first of each name is its floor. */
class Growth {
  readonly #floors = new Map<string, { readonly size: string; readonly cpu: number }>();

  tell(name: string, size: string, cpu: number): void {
    const floor = this.#floors.get(name);
    if (floor) judge(name, size, cpu / floor.cpu, floor.size);
    else this.#floors.set(name, { size, cpu });
  }
}

function judge(name: string, size: string, ratio: number, floor: string): void {
  const words = `${name}, ${size}: CPU ${ratio.toFixed(2)} of ${floor}`;
  note(words);
  if (ratio > ratioMax) refuse("growth", [`${words}; at most ${ratioMax} is promised`]);
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
  const { cpu, said } = await intakeOf(database, name, offer);
  refuse(name, await compare(database, said, before));
  return cpu;
}

/** CPU seconds for one sample, and what the machines have said. */
async function intakeOf(
  database: BenchDatabase,
  name: string,
  offer: Offer,
): Promise<{ readonly cpu: number; readonly said: readonly Said[] }> {
  const { failures, said, ...intake } = await throughToFacts(database, offer);
  report({ name, unit: "samples", ...intake, floor: null, wrong: failures });
  const { millrace, postgres } = intake.stretch.cpu;
  return { cpu: (millrace + postgres) / intake.done, said };
}

/** A database with a past, and how many machines and orders it has had since. */
interface Grown {
  readonly database: BenchDatabase;
  readonly past: Past;
  size: string;
  next: number;
}

async function openGrown(): Promise<Grown> {
  const database = await openBenchDatabase();
  return { database, past: await Past.open(database), size: "", next: 1_000 };
}

async function close({ database, past }: Grown): Promise<void> {
  await past.close();
  await database.close();
}

async function grow(grown: Grown, facts: number): Promise<void> {
  const startedAt = performance.now();
  grown.size = `${number(facts)} facts`;
  refuse(grown.size, await grown.past.growTo(Math.round(facts / factsPerDay)));
  const bytes = await grown.database.count("select pg_database_size(current_database())");
  const seconds = number((performance.now() - startedAt) / 1_000);
  note(`${grown.size} are there after ${seconds} s, in ${number(bytes / 2 ** 20)} MiB`);
}

/** The smallest size stays beside the others: each is measured by turns with it, so that both have the same from the machine. */
async function ofFacts([smallest, ...sizes]: readonly number[]): Promise<void> {
  if (smallest === undefined) return;
  const floor = await openGrown();
  await grow(floor, smallest);
  const grown = await openGrown();
  for (const facts of sizes) {
    await grow(grown, facts);
    const both = [floor, grown] as const;
    for (const [name, { cpu, counted }] of await costsOf(both)) {
      const [low, high] = cpu;
      const counting = (counted[1] - counted[0]) * countingMs;
      const ratio = median(high.map((ms, turn) => (ms - counting) / (low[turn] ?? Number.NaN)));
      note(`${name}: ${number(median(low), 3)} and ${number(median(high), 3)} ms CPU`);
      if (counting > 0) note(`${counted.join(" and ")} are counted: ${number(counting, 3)} ms of it are left out`);
      judge(name, grown.size, ratio, floor.size);
    }
  }
  await close(grown);
  await close(floor);
}

interface Turns {
  /** CPU milliseconds of each turn for one, of each of both. */
  readonly cpu: readonly [number[], number[]];
  /** How many a query that counts has counted, in each of both; 0 of others. */
  readonly counted: [number, number];
}

type Costs = Map<string, Turns>;

async function costsOf(both: readonly [Grown, Grown]): Promise<Costs> {
  const costs: Costs = new Map();
  const inTurns = async (times: number, measure: (grown: Grown) => Promise<readonly QueryCost[]>): Promise<void> => {
    for (let turn = 0; turn < times; turn += 1) {
      for (const [which, grown] of both.entries()) {
        for (const { name, cpuMs, counted } of await measure(grown)) {
          const told = costs.get(name) ?? { cpu: [[], []], counted: [0, 0] };
          costs.set(name, told);
          told.cpu[which]?.push(cpuMs);
          told.counted[which] = counted ?? 0;
        }
      }
    }
  };
  const before = await Promise.all(both.map(({ database }) => heldIn(database)));
  const said = new Map<Grown, Said[]>(both.map((grown) => [grown, []]));
  await inTurns(turns.writing, async (grown) => {
    const name = `to facts, with ${grown.size}`;
    const intake = await intakeOf(grown.database, name, { ...besidePast, first: (grown.next += 1_000) });
    said.get(grown)?.push(...intake.said);
    return [{ name: "a thousand samples", cpuMs: intake.cpu * 1e6 }];
  });
  for (const [which, grown] of both.entries())
    refuse(grown.size, await compare(grown.database, said.get(grown) ?? [], before[which]));
  await inTurns(turns.writing, async (grown) => {
    const cpu = await postings(grown.database, `outbox, with ${grown.size}`, (grown.next += 1_000));
    return [{ name: "a posting", cpuMs: cpu * 1e3 }];
  });
  await inTurns(turns.reading, ({ database }) => costOfQueries(database));
  return costs;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
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
