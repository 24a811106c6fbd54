/**
 * Many simulated worlds, on all cores: `npm run soak -- --seeds 1000`. Says how fast it went, how many values and
 * documents there were and which faults were put in. Stops at the first world that breaks a law, makes it smaller and
 * prints the one line that brings it back.
 *
 * `--all` does not stop: says of each world what it breaks, and makes none smaller · `--from N` begins at another seed
 * `--machines`, `--runs`, `--faults`, `--acts`, `--jobs` with `--seed N`: a part of one world
 * `--postgres` the database is a real PostgreSQL 18, `--postgres 15` that one; some seconds of processor for each world
 * `--day` one day of a plant of 50 machines, timed
 */
import { parseArgs } from "node:util";
import type { Plan } from "../../src/simulation/world/plan.ts";
import { dayOfFifty, planOf, smallPlant } from "../../src/simulation/world/planner.ts";
import { commandOf, everythingOf, partOf, shrink } from "../../src/simulation/world/shrink.ts";
import type { Report } from "../../src/simulation/world/report.ts";
import { simulate } from "../../src/simulation/world/world.ts";
import { eachSeed, reportOf, type SeedReport, type Seeds } from "./seeds.ts";
import { postgresWorlds, type PostgresWorlds } from "./postgres-worlds.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: "string", default: "100" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    machines: { type: "string" },
    runs: { type: "string" },
    faults: { type: "string" },
    acts: { type: "string" },
    jobs: { type: "string" },
    postgres: { type: "boolean", default: false },
    day: { type: "boolean", default: false },
    all: { type: "boolean", default: false },
  },
});
const major = positionals[0] === "15" ? 15 : 18;
const worlds: PostgresWorlds | null = values.postgres ? await postgresWorlds({ major }) : null;
const world = async (plan: Plan): Promise<Report> => {
  try {
    return await (worlds ? worlds.simulate(plan) : simulate(plan));
  } catch (error) {
    throw new Error(`The world of seed ${plan.seed} could not be simulated.`, { cause: error });
  }
};
/** Of ever smaller worlds, so many at most. */
const triesMax = worlds ? 30 : 120;

async function soak(seeds: Seeds): Promise<void> {
  const sum = new Sum();
  const broken: SeedReport[] = [];
  await (worlds ? oneByOne(seeds, heard) : eachSeed(seeds, heard));
  const [first] = broken;
  if (first && !values.all) await makeSmaller(first.seed);
  else if (first)
    say(
      `Broken: ${broken
        .map(({ seed }) => seed)
        .toSorted((a, b) => a - b)
        .join(", ")}`,
    );
  if (first) process.exitCode = 1;
  sum.tell();

  function heard(report: SeedReport): boolean {
    sum.add(report);
    if (report.violations.length === 0) {
      if (sum.seeds % 50 === 0) say(`${sum.seeds} of ${seeds.count} worlds, ${broken.length} of them broken.`);
      return true;
    }
    say(`Seed ${report.seed} breaks a law.`);
    tell(report);
    broken.push(report);
    return values.all;
  }
}

/** Worlds on one PostgreSQL. */
async function oneByOne({ from, count }: Seeds, heard: (report: SeedReport) => boolean): Promise<void> {
  for (let seed = from; seed < from + count; seed += 1) {
    const plan = planOf(seed, smallPlant);
    if (!heard(reportOf(plan, await world(plan)))) return;
  }
}

async function makeSmaller(seed: number): Promise<void> {
  const broken = async (smaller: Plan): ReturnType<Parameters<typeof shrink>[1]> =>
    (await world(smaller)).violations[0]?.law ?? null;
  const { keep } = await shrink(planOf(seed, smallPlant), broken, triesMax);
  say(`See it again: ${commandOf(seed, keep)}${worlds ? ` --postgres ${major}` : ""}`);
  if (worlds)
    say("Where two waited for one lock, the course of a seed on PostgreSQL may differ: try it several times.");
}

async function one(seed: number): Promise<void> {
  const whole = planOf(seed, smallPlant);
  const all = everythingOf(whole);
  const list = (text: string | undefined): readonly string[] | null =>
    text === undefined ? null : text === "none" ? [] : text.split(",");
  const plan = partOf(whole, {
    machines: list(values.machines) ?? all.machines,
    runs: list(values.runs) ?? all.runs,
    faults: list(values.faults)?.map(Number) ?? all.faults,
    acts: list(values.acts)?.map(Number) ?? all.acts,
    jobs: list(values.jobs) ?? all.jobs,
  });
  for (const fault of plan.faults)
    say(`${new Date(fault.at).toISOString()} ${fault.kind} ${fault.machine} ${fault.size.toFixed(3)}`);
  for (const act of plan.acts) say(`${new Date(act.at).toISOString()} ${act.kind} ${act.size.toFixed(3)}`);
  const report = await world(plan);
  for (const line of report.log) say(line);
  tell(report);
  if (report.violations.length > 0) process.exitCode = 1;
}

async function day(): Promise<void> {
  const plan = planOf(1, dayOfFifty);
  const begun = performance.now();
  const cpu = process.cpuUsage();
  const report = await simulate(plan);
  const used = process.cpuUsage(cpu);
  tell(report);
  say(
    `${plan.machines.length} machines, a day: ${report.samples} values, ${report.documents} documents, ${report.crashes} crashes in ${((performance.now() - begun) / 1000).toFixed(1)} s, ${((used.user + used.system) / 1e6).toFixed(1)} s of processor.`,
  );
}

function tell(report: Pick<Report, "violations">): void {
  for (const { law, text } of report.violations) say(`  ${law}: ${text}`);
}

class Sum {
  readonly #begun = performance.now();
  readonly #events = new Map<string, number>();
  #seeds = 0;
  #hours = 0;
  #samples = 0;
  #documents = 0;
  #crashes = 0;
  #foretold = 0;
  #unsure = 0;
  readonly #beyond = new Map<string, number>();

  get seeds(): number {
    return this.#seeds;
  }

  add(report: SeedReport): void {
    this.#seeds += 1;
    this.#hours += report.hours;
    this.#samples += report.samples;
    this.#documents += report.documents;
    this.#crashes += report.crashes;
    this.#foretold += report.foresight?.foretold ?? 0;
    this.#unsure += report.foresight?.unsure ?? 0;
    for (const [why, count] of Object.entries(report.foresight?.beyond ?? {}))
      this.#beyond.set(why, (this.#beyond.get(why) ?? 0) + count);
    for (const [kind, count] of [...Object.entries(report.faults), ...Object.entries(report.deeds)])
      this.#events.set(kind, (this.#events.get(kind) ?? 0) + count);
  }

  tell(): void {
    const seconds = (performance.now() - this.#begun) / 1000;
    const perDay = (count: number): string => Math.round((count * 24) / this.#hours).toString();
    say(`${this.#seeds} seeds in ${seconds.toFixed(1)} s: ${(this.#seeds / seconds).toFixed(1)} seeds/s`);
    say(`${this.#samples} values, ${this.#documents} documents, ${this.#crashes} crashes`);
    say(`in a simulated day: ${perDay(this.#samples)} values, ${perDay(this.#documents)} documents`);
    say(
      `${this.#foretold} postings were foretold, ${this.#unsure} of them as all of a run or nothing, or a part of one; not foretold:`,
    );
    for (const [why, count] of this.#beyond) say(`  ${why.padEnd(30)} ${count}`);
    for (const [kind, count] of [...this.#events].toSorted(([a], [b]) => (a < b ? -1 : 1)))
      say(`  ${kind.padEnd(20)} ${count}`);
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

try {
  if (values.day) await day();
  else if (values.seed === undefined) await soak({ from: Number(values.from), count: Number(values.seeds) });
  else await one(Number(values.seed));
} finally {
  await worlds?.close();
}
