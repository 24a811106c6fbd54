/**
 * The demo: a simulated plant and Millrace in one process, over real OPC UA, HTTP and PostgreSQL. Starts both, waits
 * until everything is made and booked, lets the missing stock arrive meanwhile, and compares at the end.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { systemClock } from "../base/clock.ts";
import { fail, ok, type Fault, type Result } from "../base/result.ts";
import { closingTable, formatTable, type ClosingRow } from "../simulation/demo/closing.ts";
import { demoPlan } from "../simulation/demo/plan.ts";
import { lineOf } from "../simulation/demo/story.ts";
import { startPlant, type PlantSimulation } from "../simulation/plant.ts";
import { witnessErp } from "../simulation/witness/erp.ts";
import type { WitnessedEvent } from "../simulation/witness/event.ts";
import { witnessMachine } from "../simulation/witness/machine.ts";
import { witnessStore } from "../simulation/witness/store.ts";
import { defaultStateRoot, readJson } from "../store/embedded/place.ts";
import { jsonLog } from "./log.ts";
import { erpConnectors, machineConnectors } from "./registry.ts";
import { serve, type Running } from "./serve.ts";
import { openSite, type Environment } from "./site.ts";

export interface DemoOptions {
  /** Keeps everything after the end; a temporary folder, removed at the end, when null. */
  readonly dataDir: string | null;
  /** How many times faster than real machines. */
  readonly speed: number;
  readonly seed: number;
  /** How long the whole demo may take. */
  readonly limitMs: number;
  /** Takes what a person reads, a line at a time. */
  readonly say: (line: string) => void;
  /** Takes the log of the process, a line at a time. */
  readonly log: (line: string) => void;
}

export interface DemoOutcome {
  readonly rows: readonly ClosingRow[];
  /** True when machines, Millrace and ERP agree on every order. */
  readonly agrees: boolean;
}

export interface Demo {
  /** Resolves when everything is made and booked, or cannot be. @fault transient app/demo-time  it took too long */
  readonly finished: Promise<Result<DemoOutcome>>;
  readonly dataDir: string;
  stop(): Promise<void>;
}

const siteFolder = resolve(import.meta.dirname, "../../examples/demo");
/** How long the missing stock stays missing after the ERP has refused for it: long enough to be read. */
const lateStockAfterMs = 4_000;
const lookEveryMs = 200;

/** @fault invalid app/site   the site of the demo cannot be used; also see `serve` */
export async function startDemo(options: DemoOptions): Promise<Result<Demo>> {
  const { say } = options;
  say("Starting a simulated ERP and three simulated machines …");
  const plant = await startPlant({ plan: demoPlan, seed: options.seed, speed: options.speed });
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), "millrace-demo-")));
  const clear = async (): Promise<void> => {
    await plant.close();
    if (options.dataDir === null) await removeData(dataDir);
  };
  say("Starting Millrace with its own PostgreSQL …");
  const stage = new Stage(plant, say);
  const started = await serveDemo(options, { plant, dataDir, stage });
  if (!started.ok) {
    await clear();
    return started;
  }
  const running = started.value;
  const ended = new AbortController();
  const finished = watch(options, { plant, running, stage, signal: ended.signal });
  return ok({
    finished,
    dataDir,
    stop: async () => {
      ended.abort();
      await finished;
      await running.stop();
      await clear();
    },
  });
}

/** Removes the temporary folder, and the database of it, which stands elsewhere when root has made it. */
async function removeData(dataDir: string): Promise<void> {
  const state = (await readJson(join(dataDir, "postgres.json")))?.["state"];
  if (typeof state === "string" && state.startsWith(`${defaultStateRoot}/`))
    await rm(state, { recursive: true, force: true });
  await rm(dataDir, { recursive: true, force: true });
}

async function serveDemo(
  options: DemoOptions,
  of: { readonly plant: PlantSimulation; readonly dataDir: string; readonly stage: Stage },
): Promise<Result<Running>> {
  const environment = demoEnvironment(of.plant);
  const loaded = await openSite(siteFolder, environment);
  if (!loaded.site.ok) {
    const lines = loaded.findings.map((f) => `${f.file}:${f.line}:${f.column}: ${f.message}`);
    return fail("invalid", "app/site", `The site of the demo cannot be used as it is written.\n${lines.join("\n")}`);
  }
  const tell = (event: WitnessedEvent): void => of.stage.see(event);
  return serve({
    site: loaded.site.value,
    dataDir: of.dataDir,
    environment,
    clock: systemClock,
    log: jsonLog(systemClock, options.log),
    parts: {
      erps: erpConnectors.map((connector) => witnessErp(connector, tell)),
      machines: machineConnectors.map((connector) => witnessMachine(connector, machineName, tell)),
      store: (store) => witnessStore(store, tell),
    },
  });
}

/** The demo brings its own database, whatever the shell says. */
function demoEnvironment(plant: PlantSimulation): Environment {
  const { DATABASE_URL: _, ...own } = process.env;
  return { ...own, ...plant.environment };
}

/** The last name of the path below which the machine stands. */
function machineName(settings: unknown): string {
  const root = typeof settings === "object" && settings !== null && "root" in settings ? String(settings.root) : "";
  return root.slice(root.lastIndexOf("/") + 1);
}

/** Tells the story and plays the one part of the plot that is not the machines': the missing stock arrives. */
class Stage {
  readonly #plant: PlantSimulation;
  readonly #say: (line: string) => void;
  #parkedAt: number | null = null;
  #hasArrived = false;
  #runsEnded = 0;

  constructor(plant: PlantSimulation, say: (line: string) => void) {
    this.#plant = plant;
    this.#say = say;
  }

  see(event: WitnessedEvent): void {
    if (event.kind === "run-ended") this.#runsEnded += 1;
    // A document that is refused for the same cause again and again is told once.
    const isRepeated = event.kind === "refused" && event.attempt > 1;
    const line = isRepeated ? null : lineOf(event);
    if (line !== null) this.#say(`${systemTime()}  ${line}`);
    if (event.kind === "refused" && event.parked) this.#parkedAt ??= systemClock.now();
  }

  get hasArrived(): boolean {
    return this.#hasArrived;
  }

  /** Millrace has seen the end of every run: what the machines have said last may still be on its way. */
  get hasSeenAll(): boolean {
    return this.#runsEnded >= this.#plant.machines.reduce((sum, { machine }) => sum + machine.runs.length, 0);
  }

  /** @param isOver  nothing more will be made: no reason to wait for a refusal */
  letStockArrive(isOver: boolean): void {
    const isDue = this.#parkedAt !== null && systemClock.now() - this.#parkedAt >= lateStockAfterMs;
    if (this.#hasArrived || !(isDue || (isOver && this.#parkedAt === null))) return;
    this.#hasArrived = true;
    for (const document of this.#plant.receiveLateStock()) {
      const [item] = document.items;
      this.#say(
        `${systemTime()}  The missing ${item?.material ?? "stock"} arrives in the ERP (document ${document.document}).`,
      );
    }
  }
}

function systemTime(): string {
  return new Date(systemClock.now()).toISOString().slice(11, 19);
}

async function watch(
  options: DemoOptions,
  of: {
    readonly plant: PlantSimulation;
    readonly running: Running;
    readonly stage: Stage;
    readonly signal: AbortSignal;
  },
): Promise<Result<DemoOutcome>> {
  const { plant, running, stage, signal } = of;
  const failure: { fault: Fault | null } = { fault: null };
  void running.failed.then((fault) => (failure.fault = fault));
  const until = systemClock.now() + options.limitMs;
  while (!signal.aborted) {
    if (failure.fault) return { ok: false, fault: failure.fault };
    const isMade = plant.isMade();
    stage.letStockArrive(isMade);
    if (isMade && stage.hasSeenAll && stage.hasArrived && (await running.status()).idle && plant.isMade())
      return ok(await close(options, of));
    if (systemClock.now() > until) {
      await close(options, of);
      const why = `The demo did not come to its end within ${Math.round(options.limitMs / 1000)} s.`;
      return fail("transient", "app/demo-time", `${why} What is missing stands in the table and in the log.`);
    }
    await systemClock.sleep(lookEveryMs, signal);
  }
  return fail("refused", "app/demo-stopped", "The demo was stopped before its end.");
}

async function close(
  options: DemoOptions,
  { plant, running }: { readonly plant: PlantSimulation; readonly running: Running },
): Promise<DemoOutcome> {
  const sources = (await running.status()).machines.map((machine) => machine.id);
  const rows = await closingTable(plant, running.store, sources);
  options.say("");
  for (const line of formatTable(rows)) options.say(line);
  const differences = rows.flatMap((row) => row.differences);
  options.say("");
  for (const difference of differences) options.say(`Difference: ${difference}`);
  const agrees = differences.length === 0;
  if (agrees) options.say("Machines, Millrace and the ERP agree on every order.");
  return { rows, agrees };
}
