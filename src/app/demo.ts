/**
 * The demo: a simulated plant with an ERP and machines over their real protocols, and Millrace between them. Either a
 * story that ends and is compared at the end (`demo-story`), or a plant that goes on and can be visited (`demo-visit`).
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { systemClock } from "../base/clock.ts";
import { fail, ok, unwrap, type Fault, type Result } from "../base/result.ts";
import { localDate, timeZone } from "../base/site-time.ts";
import { instant } from "../base/instant.ts";
import { demoPlan } from "../simulation/demo/plan.ts";
import { startPlant, type PlantSimulation } from "../simulation/plant.ts";
import { witnessErp } from "../simulation/witness/erp.ts";
import type { WitnessedEvent } from "../simulation/witness/event.ts";
import { witnessMachine } from "../simulation/witness/machine.ts";
import { witnessStore } from "../simulation/witness/store.ts";
import { defaultStateRoot, readJson } from "../store/embedded/place.ts";
import type { Site } from "../site/site.ts";
import type { ApiOptions } from "./api.ts";
import { makeDemoAccounts, nameWorkers, type DemoAccounts } from "./demo-account.ts";
import { buildScreens, isStale } from "./demo-screen.ts";
import { Stage, watch, type DemoOutcome } from "./demo-story.ts";
import { startVisit, type Visit } from "./demo-visit.ts";
import { startWorkers, type Workers } from "./demo-worker.ts";
import { isKept } from "./database.ts";
import { freeAddress, isLoopback, type ListenAddress } from "./listen.ts";
import { jsonLog } from "./log.ts";
import { erpConnectors, machineConnectors } from "./registry.ts";
import { serve, type Running } from "./serve.ts";
import { checkSiteFolder, openSite, type Environment } from "./site.ts";

export interface DemoOptions {
  /** Keeps everything after the end; a temporary folder, removed at the end, when null. */
  readonly dataDir: string | null;
  /** How many times faster than real machines. */
  readonly speed: number;
  readonly seed: number;
  /** The bench at which no simulated worker reports; null: he reports at all, and steps back for a visitor. */
  readonly visitorUnit: string | null;
  /** Takes what a person reads, a line at a time. */
  readonly say: (line: string) => void;
  /** Takes the log of the process, a line at a time. */
  readonly log: (line: string) => void;
}

/** A story that ends. */
export interface Demo {
  /** Resolves when everything is made and booked, or cannot be. @fault transient app/demo-time  it took too long */
  readonly finished: Promise<Result<DemoOutcome>>;
  stop(): Promise<void>;
}

/** A plant that goes on. */
export interface OpenDemo {
  readonly dataDir: string;
  /** Address of Millrace. */
  readonly url: string;
  readonly accounts: DemoAccounts;
  /** Address of the simulated ERP's page. */
  readonly erpUrl: string;
  /** From the first step to the last, in seconds. */
  readonly tookSeconds: number;
  /** Resolves with the reason when Millrace cannot go on. */
  readonly failed: Promise<Fault>;
  stop(): Promise<void>;
}

const siteFolder = resolve(import.meta.dirname, "../../examples/demo");
const siteZone = unwrap(timeZone("Europe/Berlin"));
const orderDays = 2;

/** @fault invalid app/site   the site of the demo cannot be used; also see `checkDemo` and `serve` */
export async function startStory(options: DemoOptions & { readonly limitMs: number }): Promise<Result<Demo>> {
  const checked = await checkDemo(options);
  if (!checked.ok) return checked;
  const set = await setUp(options, true, null);
  if (!set.ok) return set;
  const { plant, workers, running, stage, clear } = set.value;
  const ended = new AbortController();
  const finished = watch(options, { plant, workers, running, stage, signal: ended.signal });
  return ok({
    finished,
    stop: async () => {
      ended.abort();
      await finished;
      await workers.close();
      await running.stop();
      await clear();
    },
  });
}

export interface OpenOptions extends DemoOptions {
  /** Where Millrace listens; loopback only. */
  readonly listen: ListenAddress;
  /** What becomes of it when another program has the port of `listen`. */
  readonly ifTaken: "another-port" | "refusal";
  /** Folder of the built screens. */
  readonly pages: string;
  /** Port of the simulated ERP's page; another one when it is taken. */
  readonly erpPort: number;
  /** Tells what happens, a line for each event. */
  readonly tellsStory: boolean;
}

/**
 * @fault invalid app/site         the site of the demo cannot be used; also see `checkDemo` and `serve`
 * @fault refused app/demo-listen   not an address of loopback
 * @fault refused app/demo-screens  the screens cannot be built
 */
export async function openDemo(options: OpenOptions): Promise<Result<OpenDemo>> {
  const since = systemClock.monotonicMs();
  const { host } = options.listen;
  if (!isLoopback(host)) {
    const text = `The demo makes accounts whose password it prints, so it listens on this computer alone, not on ${host}.`;
    return fail("refused", "app/demo-listen", text);
  }
  const checked = await checkDemo(options);
  if (!checked.ok) return checked;
  const screens = { root: resolve(import.meta.dirname, "../.."), built: options.pages };
  if (await isStale(screens)) {
    options.say("Building the screens …");
    const built = await buildScreens(screens);
    if (!built.ok) return built;
  }
  const { say } = options;
  const listen =
    options.ifTaken === "another-port" ? await addressFor("Millrace", options.listen, say) : options.listen;
  const set = await setUp(options, options.tellsStory, apiOf(options, listen));
  if (!set.ok) return set;
  const { plant, workers, running, site, dataDir, clear } = set.value;
  const { port } = await addressFor("The simulated ERP", { host: "127.0.0.1", port: options.erpPort }, say);
  const visit: Visit = await startVisit({ plant, seed: options.seed, zone: site.zone, port });
  const accounts = await makeDemoAccounts(running.store, site);
  return ok({
    dataDir,
    url: running.url ?? "",
    accounts,
    erpUrl: visit.url,
    tookSeconds: (systemClock.monotonicMs() - since) / 1000,
    failed: running.failed,
    stop: async () => {
      await visit.close();
      await workers.close();
      await running.stop();
      await clear();
    },
  });
}

/** Another port where somebody else has the one that is wanted: it is found by the address that is printed. */
async function addressFor(what: string, wanted: ListenAddress, say: (line: string) => void): Promise<ListenAddress> {
  const address = await freeAddress(wanted);
  if (address.port !== wanted.port) say(`Another program has port ${wanted.port}. ${what} takes one that is free.`);
  return address;
}

interface SetUp {
  readonly plant: PlantSimulation;
  readonly workers: Workers;
  readonly running: Running;
  readonly site: Site;
  readonly stage: Stage;
  readonly dataDir: string;
  /** Ends the plant, and removes what nobody wants to keep. */
  clear(): Promise<void>;
}

async function setUp(options: DemoOptions, tellsStory: boolean, api: ApiOptions | null): Promise<Result<SetUp>> {
  const { say } = options;
  say("Starting a simulated ERP and four simulated machines …");
  const day = (days: number): ReturnType<typeof localDate> =>
    localDate(instant(systemClock.now() + days * 86_400_000), siteZone);
  const plan = demoPlan({ start: day(0), end: day(orderDays) });
  const plant = await startPlant({ plan, seed: options.seed, speed: options.speed });
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), "millrace-demo-")));
  await mkdir(dataDir, { recursive: true });
  const clear = async (): Promise<void> => {
    await plant.close();
    if (options.dataDir === null) await removeData(dataDir);
  };
  say("Starting Millrace with its own PostgreSQL …");
  const stage = new Stage(plant, siteZone, tellsStory ? say : () => undefined);
  const site = await demoSite(plant);
  const running = site.ok ? await serveDemo(options, { plant, site: site.value, dataDir, stage, api }) : site;
  if (!site.ok || !running.ok) {
    await clear();
    return site.ok ? (running as Result<never>) : site; // one of both has failed
  }
  const { seed, speed } = options;
  const onRefused = (line: string): void => options.log(JSON.stringify({ worker: line }));
  const { store, onDecided } = running.value;
  const without = options.visitorUnit === null ? [] : [options.visitorUnit];
  await nameWorkers(store, site.value);
  const workers = startWorkers({ plant, site: site.value, store, seed, speed, without, onRefused, onDecided });
  return ok({ plant, workers, running: running.value, site: site.value, stage, dataDir, clear });
}

/** Removes the temporary folder, and the database of it, which stands elsewhere when root has made it. */
async function removeData(dataDir: string): Promise<void> {
  const state = (await readJson(join(dataDir, "postgres.json")))?.["state"];
  if (typeof state === "string" && state.startsWith(`${defaultStateRoot}/`))
    await rm(state, { recursive: true, force: true });
  await rm(dataDir, { recursive: true, force: true });
}

async function demoSite(plant: PlantSimulation): Promise<Result<Site>> {
  const loaded = await openSite(siteFolder, demoEnvironment(plant));
  if (loaded.findings.length === 0) return loaded.site;
  const lines = loaded.findings.map((f) => `${f.file}:${f.line}:${f.column}: ${f.message}`);
  return fail("invalid", "app/site", `The site of the demo cannot be used as it is written.\n${lines.join("\n")}`);
}

/**
 * What can be refused before anything is started.
 *
 * @fault refused app/demo-data  the data directory was used before
 * @fault invalid app/demo-unit  the visitor's bench does not exist
 */
async function checkDemo({ dataDir, visitorUnit }: DemoOptions): Promise<Result<void>> {
  if (dataDir !== null && isKept({ dataDir, environment: {} })) {
    // What is kept would go on, of other orders under the same numbers.
    const text = `${dataDir} was used before. The demo's ERP and machines begin anew each time: name a new folder.`;
    return fail("refused", "app/demo-data", text);
  }
  if (visitorUnit === null) return ok(undefined);
  const checked = await checkSiteFolder(siteFolder);
  if (!checked.ok) return checked;
  if (!checked.value.site.ok) return checked.value.site;
  const { workUnits } = checked.value.site.value;
  const benches = workUnits.filter(({ connection }) => connection === null).map(({ id }) => id);
  if (benches.includes(visitorUnit)) return ok(undefined);
  const text = `${visitorUnit} is no bench of the demo. Choose ${benches.join(" or ")}.`;
  return fail("invalid", "app/demo-unit", text);
}

function serveDemo(
  options: DemoOptions,
  of: {
    readonly plant: PlantSimulation;
    readonly site: Site;
    readonly dataDir: string;
    readonly stage: Stage;
    readonly api: ApiOptions | null;
  },
): Promise<Result<Running>> {
  const tell = (event: WitnessedEvent): void => of.stage.see(event);
  return serve({
    site: of.site,
    dataDir: of.dataDir,
    environment: demoEnvironment(of.plant),
    clock: systemClock,
    log: jsonLog(systemClock, options.log),
    ...(of.api ? { api: of.api } : {}),
    parts: {
      erps: erpConnectors.map((connector) => witnessErp(connector, tell)),
      machines: machineConnectors.map((connector) => witnessMachine(connector, machineName, tell)),
      store: (store) => witnessStore(store, tell),
    },
  });
}

/** Who visits signs in with the accounts of the demo; nobody needs the first administrator. */
function apiOf({ pages }: OpenOptions, listen: ListenAddress): ApiOptions {
  return { listen, pages, tls: null, insecure: false, trustProxy: [], onFirstAdministrator: () => undefined };
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
