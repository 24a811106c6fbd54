/**
 * Node-RED beside Millrace, by turns, on the same flow: a machine on OPC UA counts pieces, and what was made is told over
 * HTTP. In Node-RED: its OPC UA client node, a function node that makes pieces of the counter's values, its HTTP request
 * node. How many values a second each holds when the machine waits for nobody, how long a piece takes, and what is wrong
 * after the process was killed three times. Floor of the first: Millrace's OPC UA client, only counting.
 * The ends differ, and not in our favour: Node-RED's values have reached its function node and its pieces the HTTP server,
 * Millrace's are committed in PostgreSQL.
 * Node-RED is installed the first time, which takes minutes; whatever it does, the bench ends by itself.
 * Run: npx node bench/node-red.ts [seconds of each rate] [rates] [latency] [kills]
 */
import { systemClock } from "../src/base/clock.ts";
import { openBenchDatabase } from "./kit/database.ts";
import { startErpProcess } from "./kit/erp-process.ts";
import { Latencies } from "./kit/latency.ts";
import { LineProcess } from "./kit/line-process.ts";
import { frameSamples, type Said } from "./kit/load.ts";
import type { MachineProcess } from "./kit/machine-process.ts";
import { judge } from "./kit/missing.ts";
import { prepareNodeRed, type NodeRedFlow } from "./kit/node-red.ts";
import { compare } from "./kit/proof.ts";
import { caughtUp, climb, type Climb, type Stretch } from "./kit/rising-load.ts";
import { benchMachine, startMachine, until, withClient, withMillrace, withNodeRed } from "./kit/same-flow.ts";
import { note, number, open, refuse } from "./kit/table.ts";

const seconds = Number(process.argv.find((arg) => /^\d+$/.test(arg)) ?? 8);
const many = { telemetry: 293, publishMs: 100, piecesPerRun: 500 } as const;
/** One run, because what a machine without memory makes before a run ends unheard is known to nobody afterwards. */
const few = { telemetry: 0, publishMs: 10, piecesPerRun: 10_000 } as const;
const rise = { fromPerSecond: 1_000, toPerSecond: 256_000, seconds } as const;
/**
 * Up to here the machine's time is that of the clock. What it says at once has one time and the next a millisecond more, so
 * above it runs ahead, and how long a piece takes cannot be told.
 */
const timedPerSecondMax = frameSamples * 1_000;
/** At this rate a node that is told to sample is shown to lose what changes in between. */
const sampledRise = { fromPerSecond: 2_000, toPerSecond: 2_000, seconds } as const;
const everyMs = 40;
const warmUpPieces = 50;
const pieces = 400;
const kills = 3;
/** Between a sign of life and the next kill. */
const lifeMs = 3_000;
const patienceMs = 60_000;

const parts = { rates, latency, kills: killed } as const;

open();
prepareNodeRed();
const wanted = process.argv.slice(2);
const named = Object.keys(parts).filter((name) => wanted.includes(name));
for (const [name, part] of Object.entries(parts)) if (named.length === 0 || named.includes(name)) await part();

async function rates(): Promise<void> {
  note(`one machine, ${many.telemetry + 7} variables, 2 % of its values are pieces counted; publishing every 100 ms`);
  note(`each rate for ${seconds} s, whether it is taken or not; held: all is there, the last a second later at most`);
  compareRates({ nodeRed: await nodeRedHolds(), millrace: await millraceHolds(), client: await clientHolds() });
  await nodeRedSampling();
}

async function latency(): Promise<void> {
  note(`a piece every ${everyMs} ms, ${pieces} pieces, publishing every 10 ms`);
  await nodeRedLatency();
  await millraceLatency();
}

async function killed(): Promise<void> {
  note(`a piece every ${everyMs} ms; killed ${kills} times while it counts, and started again at once`);
  await nodeRedKilled("memory");
  await nodeRedKilled("file");
  await millraceKilled();
}

async function nodeRedHolds(): Promise<Climb> {
  return withNodeRed(
    { ...many, context: "memory", sampling: "every change" },
    async ({ machine, collector, taker }) => {
      const climbed = told("Node-RED", await climb(machine, taker, rise));
      const { good } = await machine.last();
      await until(() => collector.pieces >= good, 2_000);
      note(`Node-RED: ${number(good)} pieces made, ${number(collector.pieces)} told over HTTP`);
      return climbed;
    },
  );
}

async function millraceHolds(): Promise<Climb> {
  return withMillrace(many, async ({ machine, database, taker, status }) => {
    const climbed = told("Millrace", await climb(machine, taker, rise));
    const said = await machine.last();
    await caughtUp(taker.arrived, said.samples, systemClock);
    const { wrong, named } = await judge(database, { source: benchMachine, said, times: await machine.times() });
    for (const words of named) note(`Millrace, not there and named: ${words}`);
    const [{ unfilledGaps, lostSamples } = { unfilledGaps: 0, lostSamples: 0 }] = (await status()).machines;
    if (named.length > 0)
      note(`Millrace's status: ${unfilledGaps} gaps, ${number(lostSamples)} samples had no room at the gateway`);
    refuse("node-red", wrong);
    return climbed;
  });
}

async function clientHolds(): Promise<Climb> {
  return withClient(many, async ({ machine, taker }) => told("only counting", await climb(machine, taker, rise)));
}

/** The node samples at its own interval unless that is 0: what changes twice in between is lost at the machine. */
async function nodeRedSampling(): Promise<void> {
  await withNodeRed({ ...many, context: "memory", sampling: "as published" }, async ({ machine, taker }) => {
    told("Node-RED, sampling every 100 ms", await climb(machine, taker, sampledRise));
  });
}

function told(name: string, climbed: Climb): Climb {
  for (const stretch of climbed.stretches) note(`${name}, ${words(stretch)}`);
  return climbed;
}

function words(stretch: Stretch): string {
  const { askedPerSecond, offered, arrived, lateMs, pieces: ways, cpu, verdict } = stretch;
  const off = arrived - offered;
  const sum = off === 0 ? "all arrived" : off < 0 ? `${number(-off)} missing` : `${number(off)} too many`;
  const piece =
    askedPerSecond > timedPerSecondMax ? "" : `a piece p50 ${ways.quantile(0.5)} ms, p99 ${ways.quantile(0.99)} ms; `;
  return (
    `${number(askedPerSecond)} a second: ${number(offered)} said, ${sum}, the last after ${number(lateMs)} ms: ${verdict}; ` +
    `${piece}CPU s per million ${cpuPerMillion(stretch, cpu.taker)} and the machine ${cpuPerMillion(stretch, cpu.machine)}`
  );
}

function compareRates(of: Readonly<Record<"nodeRed" | "millrace" | "client", Climb>>): void {
  const best = ({ best: held }: Climb): number => (held ? held.offered / held.saidInSeconds : 0);
  const line = (name: string, climbed: Climb): string => {
    const { best: held, limit } = climbed;
    const end = limit ? `${limit.verdict} at ${number(limit.askedPerSecond)}` : "no limit";
    const spent = held
      ? `, ${cpuPerMillion(held, held.cpu.taker + held.cpu.machine)} CPU s per million with the machine`
      : "";
    return `${name} ${number(best(climbed))} (${end}${spent})`;
  };
  note(
    `highest rate held, values a second: ${line("Node-RED", of.nodeRed)}; ${line("Millrace", of.millrace)}; ${line("only counting", of.client)}`,
  );
  const ratio = (one: Climb, other: Climb): string => (best(one) / best(other)).toFixed(2);
  note(
    `Millrace / Node-RED ${ratio(of.millrace, of.nodeRed)}; of only counting: Millrace ${ratio(of.millrace, of.client)}, Node-RED ${ratio(of.nodeRed, of.client)}`,
  );
}

function cpuPerMillion({ arrived }: Stretch, seconds: number): string {
  return ((seconds / arrived) * 1e6).toFixed(0);
}

async function nodeRedLatency(): Promise<void> {
  await withNodeRed({ ...few, context: "memory", sampling: "every change" }, async ({ machine, taker }) => {
    const arrived = await piecesTold(machine, (add) => (taker.onPiece = add));
    note(`Node-RED, a piece → the HTTP server: ${arrived.words()} (${arrived.count} of ${pieces})`);
  });
}

async function millraceLatency(): Promise<void> {
  await withMillrace(few, async ({ machine, taker, database }) => {
    const committed = await piecesTold(machine, (add) => (taker.onPiece = add));
    note(`Millrace, a piece → the fact, committed: ${committed.words()} (${committed.count} of ${pieces})`);
    const last = await machine.last();
    await until(() => taker.arrived() >= last.samples, patienceMs);
    refuse("node-red", await compare(database, [last]));
  });
}

/** How long each of the pieces took that were made after the first few. */
async function piecesTold(
  machine: MachineProcess,
  listen: (add: (tookMs: number) => void) => void,
): Promise<Latencies> {
  await machine.pieces(warmUpPieces, everyMs);
  await systemClock.sleep(1_000);
  const took = new Latencies();
  listen((tookMs) => took.add(tookMs));
  await machine.pieces(pieces, everyMs);
  await until(() => took.count >= pieces, 5_000);
  return took;
}

async function nodeRedKilled(context: NodeRedFlow["context"]): Promise<void> {
  await withNodeRed({ ...few, context, sampling: "every change" }, async ({ machine, collector, nodeRed }) => {
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
  const machine = await startMachine(few);
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
    const confirmed = (): Promise<number> =>
      database.count("select count(*) from posting where state = 'confirmed' and kind = 'confirmation'");
    await until(async () => (await confirmed()) >= said.runsThatMade && (await line.waiting()) === 0, patienceMs);
    const facts = await database.count(sum);
    const erpHas = await erp.posted();
    const wrong: string[] = [];
    if (facts !== said.good) wrong.push(`${said.good} pieces were made, ${facts} are facts`);
    if (erpHas.confirmed !== said.good)
      wrong.push(`${said.good} pieces were made, ${erpHas.confirmed} are confirmed in the ERP`);
    if (erpHas.confirmations !== said.runsThatMade || erpHas.materialDocuments !== 2 * said.runsThatMade)
      wrong.push(`a confirmation and two documents of each of ${said.runsThatMade} runs: ${JSON.stringify(erpHas)}`);
    note(
      `Millrace: ${said.good} made, ${facts} are facts, ${erpHas.confirmed} confirmed in the ERP, with ${erpHas.confirmations} confirmations and ${erpHas.materialDocuments} material documents of ${said.runsThatMade} runs: ${wrong.length === 0 ? "none lost or doubled" : "NOT THE SAME"}`,
    );
    refuse("node-red", wrong);
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
