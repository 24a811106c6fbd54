/**
 * Node-RED beside Millrace, by turns, on the same flow: a machine on OPC UA counts pieces, and what was made is told over
 * HTTP. In Node-RED: its OPC UA client node, a function node that makes pieces of the counter's values, its HTTP request node.
 * How many values a second, how long a piece takes, and what is wrong after the process was killed three times.
 * The ends differ, and not in our favour: Node-RED's pieces have arrived at the HTTP server, Millrace's facts are committed.
 * Node-RED is installed the first time, which takes minutes. Run: node bench/node-red.ts [thousand samples]
 */
import { systemClock } from "../src/base/clock.ts";
import { openBenchDatabase, type BenchDatabase } from "./kit/database.ts";
import { startErpProcess } from "./kit/erp-process.ts";
import { Latencies } from "./kit/latency.ts";
import { LineProcess } from "./kit/line-process.ts";
import { startLine } from "./kit/line.ts";
import type { Said } from "./kit/load.ts";
import { startMachineProcess, type MachineProcess } from "./kit/machine-process.ts";
import { startMeter } from "./kit/meter.ts";
import { Collector, NodeRed, prepareNodeRed, type NodeRedFlow } from "./kit/node-red.ts";
import { benchRequest, benchSite, seedOrders } from "./kit/plant.ts";
import { compare } from "./kit/proof.ts";
import { note, number, open, refuse } from "./kit/table.ts";

const thousand = Number(process.argv.find((arg) => /^\d+$/.test(arg)) ?? 100);
const telemetry = 293;
/** Run, job, pieces, energy. */
const variables = telemetry + 7;
const frames = thousand * 20;
const warmUpFrames = 200;
const everyMs = 40;
const pieces = 400;
const kills = 3;
/** Between a sign of life and the next kill. */
const lifeMs = 3_000;
const patienceMs = 60_000;
/** So long values are counted, if they are not all told before. */
const throughputMs = 120_000;

open();
prepareNodeRed();
note(`one machine, ${variables} variables, 2 % of its values are pieces counted; publishing every 100 ms`);
const theirs = await nodeRedThroughput();
const ours = await millraceThroughput();
note(`Millrace / Node-RED: ${(ours / theirs).toFixed(2)}`);
note(`a piece every ${everyMs} ms, ${pieces} pieces, publishing every 10 ms`);
await nodeRedLatency();
await millraceLatency();
note(`a piece every ${everyMs} ms; killed ${kills} times while it counts, and started again at once`);
await nodeRedKilled("memory");
await nodeRedKilled("file");
await millraceKilled();

interface Scene {
  readonly machine: MachineProcess;
  readonly collector: Collector;
  readonly nodeRed: NodeRed;
}

async function withNodeRed(
  shape: { readonly telemetry: number; readonly publishMs: number; readonly context: NodeRedFlow["context"] },
  work: (scene: Scene) => Promise<void>,
): Promise<void> {
  const machine = await startMachine(shape.telemetry, shape.publishMs);
  const collector = await Collector.start();
  const nodeRed = new NodeRed({
    endpointUrl: String(machine.settings["endpointUrl"]),
    nodeIds: pathsOf(shape.telemetry).map((path) => machine.nodeId(path)),
    publishMs: shape.publishMs,
    collector: collector.url,
    context: shape.context,
  });
  nodeRed.start();
  try {
    await until(() => collector.seen >= shape.telemetry + 7, 60_000);
    if (collector.seen === 0) throw new Error("Node-RED has read nothing");
    await machine.begin();
    await work({ machine, collector, nodeRed });
  } finally {
    await nodeRed.close();
    await collector.close();
    await machine.close();
  }
}

function startMachine(telemetryCount: number, publishingIntervalMs: number): Promise<MachineProcess> {
  return startMachineProcess({ machine: 0, telemetry: telemetryCount, piecesPerRun: 500, publishingIntervalMs });
}

/** As the machine of the bench names them, the counter of pieces first: it is read again as soon as anything is. */
function pathsOf(telemetryCount: number): readonly string[] {
  const own = ["Pieces/Good", "Run/Ended", "Run/LastEnded", "Run/Result", "Run/Job", "Run/Active", "Energy/Total"];
  return [...own, ...Array.from({ length: telemetryCount }, (_, i) => `Telemetry/T${i}`)];
}

async function nodeRedThroughput(): Promise<number> {
  let perSecond = 0;
  await withNodeRed({ telemetry, publishMs: 100, context: "memory" }, async ({ machine, collector, nodeRed }) => {
    const credit = setInterval(() => machine.reached(collector.seen), 10);
    const warm = await machine.frames(warmUpFrames);
    await until(() => collector.seen >= warm.samples, patienceMs);
    const from = { seen: collector.seen, pieces: collector.pieces };
    const read = startMeter({ peers: [machine.pid, nodeRed.pid] });
    let reached = 0;
    const poll = setInterval(() => (reached = collector.seen), 5);
    const all = await within(machine.frames(frames), throughputMs);
    // What it has no room to say when the time is over, it does not say.
    const said = all ?? (await machine.last());
    await until(() => collector.seen >= said.samples, all ? patienceMs : 0);
    const { seconds, cpu } = read();
    clearInterval(poll);
    clearInterval(credit);
    reached = collector.seen;
    perSecond = (reached - from.seen) / seconds;
    const offered = said.samples - from.seen;
    const missing = offered - (reached - from.seen);
    const why = all ? "never came" : `had not come when ${throughputMs / 1000} s were over`;
    note(
      `Node-RED: ${number(reached - from.seen)} of ${number(offered)} values in ${seconds.toFixed(1)} s, ${number(perSecond)} a second; ${number(missing)} ${why}; with the machine ${((cpu.peers / (reached - from.seen)) * 1e6).toFixed(1)} CPU s per million`,
    );
  });
  return perSecond;
}

async function millraceThroughput(): Promise<number> {
  return withMillrace({ telemetry, publishMs: 100 }, async ({ machine, database, reached }) => {
    const warm = await machine.frames(warmUpFrames);
    await until(() => reached() >= warm.samples, patienceMs);
    const before = reached();
    const read = startMeter({ postgres: database.pid, peers: [machine.pid] });
    await machine.frames(frames);
    const said = await machine.last();
    await until(() => reached() >= said.samples, patienceMs);
    const { seconds, cpu } = read();
    const done = reached() - before;
    refuse("node-red", await compare(database, [said]));
    const spent = ((cpu.millrace + cpu.postgres + cpu.peers) / done) * 1e6;
    note(
      `Millrace: ${number(done)} of ${number(said.samples - before)} values in ${seconds.toFixed(1)} s, ${number(done / seconds)} a second, committed as facts; with the machine and PostgreSQL ${spent.toFixed(1)} CPU s per million`,
    );
    return done / seconds;
  });
}

interface OwnScene {
  readonly machine: MachineProcess;
  readonly database: BenchDatabase;
  /** Samples that are committed. */
  readonly reached: () => number;
  readonly committed: Latencies;
}

async function withMillrace<T>(
  shape: { readonly telemetry: number; readonly publishMs: number },
  work: (scene: OwnScene) => Promise<T>,
): Promise<T> {
  const database = await openBenchDatabase();
  const machine = await startMachine(shape.telemetry, shape.publishMs);
  await seedOrders(database.store, [benchRequest(0)]);
  let reached = 0;
  const committed = new Latencies();
  const line = await startLine({
    site: benchSite({ machines: [{ id: "machine-0", settings: machine.settings }], erp: null }),
    database,
    onCommit: ({ batches, facts }) => {
      const now = systemClock.now();
      for (const { samples } of batches) reached += samples.length;
      for (const { body, eventAt } of facts) if (body.kind === "UnitsCounted") committed.add(now - eventAt);
    },
    onWarning: (text) => note(text),
  });
  const credit = setInterval(() => machine.reached(reached), 10);
  try {
    await until(() => reached >= shape.telemetry + 7, patienceMs);
    await machine.begin();
    return await work({ machine, database, reached: () => reached, committed });
  } finally {
    clearInterval(credit);
    await line.stop();
    await machine.close();
    await database.close();
  }
}

async function nodeRedLatency(): Promise<void> {
  await withNodeRed({ telemetry: 0, publishMs: 10, context: "memory" }, async ({ machine, collector }) => {
    const arrived = new Latencies();
    await machine.pieces(50, everyMs);
    collector.onPiece = ({ at }) => arrived.add(systemClock.now() - at);
    await machine.pieces(pieces, everyMs);
    await systemClock.sleep(1_000);
    note(`Node-RED, a piece → the HTTP server: ${arrived.words()} (${arrived.count} of ${pieces})`);
  });
}

async function millraceLatency(): Promise<void> {
  await withMillrace({ telemetry: 0, publishMs: 10 }, async ({ machine, committed }) => {
    await machine.pieces(50 + pieces, everyMs);
    await until(() => committed.count >= 50 + pieces, patienceMs);
    note(`Millrace, a piece → the fact, committed: ${committed.words()} (${committed.count} of ${50 + pieces})`);
  });
}

async function nodeRedKilled(context: NodeRedFlow["context"]): Promise<void> {
  await withNodeRed({ telemetry: 0, publishMs: 10, context }, async ({ machine, collector, nodeRed }) => {
    const restart = async (): Promise<void> => {
      await nodeRed.kill();
      nodeRed.start();
    };
    const made = await killedMeanwhile(machine, restart, () => collector.pieces);
    await systemClock.sleep(3_000);
    const off = collector.pieces - made.good;
    note(
      `Node-RED, memory of its function node: ${context}: ${made.good} made, ${collector.pieces} told, ${off === 0 ? "none" : off < 0 ? `${-off} lost` : `${off} too many`}`,
    );
  });
}

async function millraceKilled(): Promise<void> {
  const erp = await startErpProcess(1);
  const database = await openBenchDatabase();
  const machine = await startMachine(0, 10);
  const place = { database, machine: machine.settings, erp: erp.settings };
  let line = await LineProcess.start(place);
  try {
    await until(async () => (await database.count("select count(*) from job_order")) === 1, patienceMs);
    await until(async () => (await database.count("select count(*) from sample_batch")) > 0, patienceMs);
    await machine.begin();
    const sum =
      "select coalesce(sum((body #>> '{quantity,micro}')::numeric), 0) / 1000000 from fact where kind = 'UnitsCounted'";
    const restart = async (): Promise<void> => {
      await line.kill();
      line = await LineProcess.start(place);
    };
    await killedMeanwhile(machine, restart, () => database.count(sum));
    const said = await machine.last();
    await until(async () => (await database.count(sum)) >= said.good && (await line.waiting()) === 0, patienceMs);
    const told = await database.count(sum);
    const posted = await database.count(
      "select count(*) from posting where state = 'confirmed' and kind = 'confirmation'",
    );
    const runs = await database.count("select count(*) from run where ended_at is not null");
    note(
      `Millrace: ${said.good} made, ${told} are facts, ${told === said.good ? "none lost or doubled" : "NOT THE SAME"}; ${runs} runs, ${posted} confirmations in the ERP`,
    );
    refuse("node-red", told === said.good ? [] : [`${said.good} pieces were made, ${told} are facts`]);
  } finally {
    await line.close();
    await machine.close();
    await database.close();
    await erp.close();
  }
}

/** Makes pieces all the time; kills when some were counted since the last start, and ends when some were after the last. */
async function killedMeanwhile(
  machine: MachineProcess,
  restart: () => Promise<void>,
  counted: () => number | Promise<number>,
): Promise<Said> {
  let isOver = false;
  const making = (async (): Promise<Said> => {
    for (;;) {
      const said = await machine.pieces(10, everyMs);
      if (isOver) return said;
    }
  })();
  const alive = async (): Promise<void> => {
    const from = await counted();
    await until(async () => (await counted()) > from, patienceMs);
    await systemClock.sleep(lifeMs);
  };
  for (let kill = 0; kill < kills; kill += 1) {
    await alive();
    await restart();
  }
  await alive();
  isOver = true;
  return making;
}

async function until(isSo: () => boolean | Promise<boolean>, limitMs: number): Promise<void> {
  const limit = systemClock.monotonicMs() + limitMs;
  while (!(await isSo()) && systemClock.monotonicMs() < limit) await systemClock.sleep(20);
}

/** Null when it takes longer. */
async function within<T>(work: Promise<T>, limitMs: number): Promise<T | null> {
  const late = systemClock.sleep(limitMs).then(() => null);
  return Promise.race([work, late]);
}
