/**
 * Five days of a real wire-processing machine, replayed as fast as it can tell, from its first record until nothing waits
 * anywhere and the ERP holds what the machine made: `millrace serve` between the replaying machine and an S/4HANA-like
 * ERP, both in processes of their own that we did not write. The check against the machine's own files must find no
 * difference. Floor: the same machine with an OPC UA client that only counts.
 * Needs the peers (MILLRACE_SHARED, else ../shared). Run: npx node bench/komax-days.ts
 */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { systemClock } from "../src/base/clock.ts";
import { unwrap } from "../src/base/result.ts";
import { askStatus } from "../src/app/ask.ts";
import { readRuntime } from "../src/app/runtime-file.ts";
import { openSite } from "../src/app/site.ts";
import type { MachineListener } from "../src/machine/connector.ts";
import { opcuaConnector } from "../src/machine/opcua/index.ts";
import { removeEmbedded } from "../src/store/embedded/supervisor.ts";
import { runChild, startChild, type Child } from "../tests/peers/child.ts";
import { machineUser, startKomax, type KomaxPeer } from "../tests/peers/komax/peer.ts";
import { connectReplay } from "../tests/peers/komax/replay.ts";
import { repositoryRoot, sharedFolder } from "../tests/peers/peer.ts";
import { sapUser, startSap } from "../tests/peers/sap/peer.ts";
import { childRunning } from "./kit/cpu.ts";
import { startMeter, type Stretch } from "./kit/meter.ts";
import { note, open, perSecond, refuse, report } from "./kit/table.ts";

const site = join(repositoryRoot, "examples", "komax-565");
const restSeconds = 120;

const shared = sharedFolder();
if (shared.found === null) note(`komax-days was not run: ${shared.reason}`);
else await run(shared.found);

interface Told {
  readonly samples: number;
  readonly stretch: Stretch;
}

async function run(folder: string): Promise<void> {
  const set = join(folder, "data", "machines", "komax-alpha-565");
  const names = (await readdir(set)).filter((name) => /^\d{4}-\d\d-\d\d$/.test(name)).toSorted();
  const days = names.map((name) => join(set, name));
  const logs = await mkdtemp(join(tmpdir(), "millrace-bench-"));
  open();
  const floor = await counting(days, logs);
  const offered = floor.samples;
  const name = `replayed machine, ${days.length} days, only counting`;
  report({ name, unit: "samples", offered, done: offered, stretch: floor.stretch, floor: null, backlog: 0, wrong: [] });
  const rate = perSecond({ done: offered, stretch: floor.stretch });
  const differs = await throughToErp({ set, days, logs, peers: join(folder, "peers") }, { perSecond: rate });
  if (differs.length === 0) await rm(logs, { recursive: true, force: true });
  else note(`logs in ${logs}`);
}

async function machineOf(days: readonly string[], logs: string): Promise<KomaxPeer> {
  const komax = await startKomax({ days, logs });
  if (komax.found === null) throw new Error(komax.reason);
  return komax.found;
}

async function counting(days: readonly string[], logs: string): Promise<Told> {
  const komax = await machineOf(days, logs);
  const environment = environmentOf(komax.endpointUrl, "http://127.0.0.1:9");
  const loaded = unwrap((await openSite(site, environment)).site);
  const settings = { ...(loaded.machines[0]?.settings as object), pkiFolder: join(logs, "pki") };
  const signal = new AbortController().signal;
  const session = unwrap(await opcuaConnector.open(settings, signal));
  let samples = 0;
  const ignored = (): void => undefined;
  const counter: MachineListener["samples"] = (told) => void (samples += told.length);
  const listener = { samples: counter, interrupted: ignored, resumed: ignored, appeared: ignored };
  const items = Object.values(loaded.maps[0]?.items ?? {});
  unwrap(await session.watch(items, listener, signal));
  await systemClock.sleep(500);
  const before = samples;
  const read = startMeter({ peers: [komax.child.pid] });
  await replayAll(komax.endpointUrl);
  // The last values are on their way for a publishing interval at most.
  const stretch = read();
  await systemClock.sleep(500);
  await session.close();
  await komax.stop();
  return { samples: samples - before, stretch };
}

async function replayAll(url: string): Promise<void> {
  const replay = await connectReplay(url);
  await replay.run(0);
  while (!(await replay.progress()).done) await systemClock.sleep(20);
  await replay.close();
}

interface Scene {
  readonly set: string;
  readonly days: readonly string[];
  readonly logs: string;
  readonly peers: string;
}

/** @returns what is wrong with it, in words */
async function throughToErp(scene: Scene, floor: { readonly perSecond: number }): Promise<readonly string[]> {
  const { set, days, logs } = scene;
  const komax = await machineOf(days, logs);
  const sap = await startSap({ seed: join(set, "orders.json"), logs });
  if (sap.found === null) throw new Error(sap.reason);
  const data = join(logs, "data");
  const millrace = await startMillrace(data, logs, environmentOf(komax.endpointUrl, sap.found.url));
  try {
    await idle(data, 60);
    const before = await kept(data);
    const postgres = childRunning(millrace.pid, "postgres");
    const peers = [komax.child.pid, sap.found.child.pid];
    const read = startMeter({ millrace: millrace.pid, peers, ...(postgres === null ? {} : { postgres }) });
    await replayAll(komax.endpointUrl);
    const told = read();
    const backlog = await idle(data, restSeconds);
    const stretch = read();
    const done = (await kept(data)) - before;
    const wrong = await differences(scene, sap.found.url);
    const name = `replayed machine, ${days.length} days, to facts and ERP`;
    // History and subscription overlap at times: a sample that came twice is kept twice and read once.
    report({ name, unit: "samples", offered: done, done, stretch, floor, backlog, wrong: [] });
    refuse(name, wrong);
    note(
      `machine's days told after ${told.seconds.toFixed(1)} s, at rest with 0 differences after ${stretch.seconds.toFixed(1)} s`,
    );
    note(await tally(data));
    return wrong;
  } finally {
    await millrace.stop(30_000);
    await komax.stop();
    await sap.found.child.stop();
    unwrap(await removeEmbedded({ dataDir: data, clock: systemClock, log: () => undefined }));
  }
}

function environmentOf(machineUrl: string, sapUrl: string): Record<string, string> {
  return {
    SAP_URL: sapUrl,
    SAP_USER: sapUser.name,
    SAP_PASSWORD: sapUser.password,
    OPCUA_URL: machineUrl,
    OPCUA_USER: machineUser.name,
    OPCUA_PASSWORD: machineUser.password,
  };
}

function startMillrace(data: string, logs: string, env: Readonly<Record<string, string>>): Promise<Child> {
  return startChild({
    name: "millrace",
    command: process.execPath,
    args: [
      join(repositoryRoot, "src", "cli", "millrace.ts"),
      "serve",
      "--listen",
      "127.0.0.1:0",
      "--site",
      site,
      "--data",
      data,
    ],
    cwd: repositoryRoot,
    env,
    logFile: join(logs, "millrace.log"),
  });
}

/** Waits until nothing waits anywhere, twice in a row. @returns what still waits when the time is over */
async function idle(data: string, seconds: number): Promise<number> {
  const limit = performance.now() + seconds * 1000;
  for (let rests = 0; ;) {
    const status = await askStatus(data);
    const isAtRest = status.ok && status.value.ready && status.value.idle;
    rests = isAtRest ? rests + 1 : 0;
    if (rests === 2) return 0;
    if (performance.now() > limit) {
      if (!status.ok) throw new Error(status.fault.message);
      const { buffered, instructions, outbox } = status.value;
      return buffered + instructions + outbox.pending + outbox.inDoubt + outbox.parked;
    }
    await systemClock.sleep(100);
  }
}

async function asked<T>(data: string, question: (client: pg.Client) => Promise<T>): Promise<T> {
  const { connectionString } = unwrap(await readRuntime(data));
  const client = new pg.Client({ connectionString, options: "-c search_path=millrace" });
  await client.connect();
  try {
    return await question(client);
  } finally {
    await client.end();
  }
}

function kept(data: string): Promise<number> {
  return asked(data, async (client) => {
    const { rows } = await client.query<{ n: string }>("select coalesce(sum(samples), 0) as n from sample_batch");
    return Number(rows[0]?.n ?? 0);
  });
}

function tally(data: string): Promise<string> {
  return asked(data, async (client) => {
    const text = `select (select count(*) from fact) as facts, (select count(*) from movement) as movements,
      (select count(*) from posting where state = 'confirmed') as documents`;
    const { rows } = await client.query<{ facts: string; movements: string; documents: string }>(text);
    return `${rows[0]?.facts} facts, ${rows[0]?.movements} movements, ${rows[0]?.documents} documents in the ERP`;
  });
}

/** The ERP peer's own check against the machine's files. */
async function differences({ set, logs, peers }: Scene, sapUrl: string): Promise<readonly string[]> {
  const end = await runChild(
    {
      name: "check",
      command: process.execPath,
      args: [join(peers, "sap", "check.mjs"), join(set, "expected.json"), sapUrl],
      env: { SAP_USER: sapUser.name, SAP_PASS: sapUser.password },
      logFile: join(logs, "check.log"),
    },
    60_000,
  );
  const lines = end.stdout.trimEnd().split("\n");
  return end.code === 0 && lines.at(-1)?.endsWith(": 0 differences") ? [] : lines.slice(-5);
}
