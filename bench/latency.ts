/**
 * How long after a machine has counted a piece the fact is committed in PostgreSQL, and how long after the last piece of a
 * run the ERP has accepted the run's documents. One machine on OPC UA makes a piece every 40 ms, a run ends with every
 * tenth; the ERP is simulated, over HTTP, at 0 ms. Machine, ERP and Millrace share one clock. Floors, in the same seconds:
 * from the machine to the hands of the OPC UA client, and a bare commit of one row.
 * Run: npx node bench/latency.ts [pieces]
 */
import { systemClock } from "../src/base/clock.ts";
import { ok } from "../src/base/result.ts";
import type { ErpConnector, ErpSession } from "../src/erp/connector.ts";
import { sapConnector } from "../src/erp/sap/index.ts";
import type { Running } from "../src/app/serve.ts";
import type { Fact } from "../src/record/fact.ts";
import type { DocumentKind } from "../src/record/posting.ts";
import { openBenchDatabase } from "./kit/database.ts";
import { startErpProcess } from "./kit/erp-process.ts";
import { Latencies } from "./kit/latency.ts";
import { startLine, type Committed } from "./kit/line.ts";
import { startMachineProcess } from "./kit/machine-process.ts";
import { startMeter } from "./kit/meter.ts";
import { benchSite } from "./kit/plant.ts";
import { compare } from "./kit/proof.ts";
import { note, open, report } from "./kit/table.ts";

const pieces = Number(process.argv.find((arg) => /^\d+$/.test(arg)) ?? 600);
const everyMs = 40;
const piecesPerRun = 10;
const warmUpPieces = 100;
const publishingIntervalMs = 10;

/** What was seen of the pieces and runs after the warm-up. */
const seen = {
  inHand: new Latencies(),
  bareCommit: new Latencies(),
  committed: new Latencies(),
  accepted: new Map<DocumentKind, Latencies>(),
  isCounting: false,
};

open();
const erp = await startErpProcess(1);
const database = await openBenchDatabase();
const machine = await startMachineProcess({ machine: 0, telemetry: 0, piecesPerRun, publishingIntervalMs });
const warnings: string[] = [];
const line = await startLine({
  site: benchSite({ machines: [{ id: "machine-0", settings: machine.settings }], erp: { settings: erp.settings } }),
  database,
  parts: { erps: [timed(sapConnector)] },
  onCommit: note_,
  onWarning: (text) => warnings.push(text),
});
await ready(line);
// A run that began before its order came would wait for a person.
await machine.begin();
const warm = await machine.pieces(warmUpPieces, everyMs);
await idle(line);
seen.isCounting = true;
const read = startMeter({ postgres: database.pid, peers: [erp.pid, machine.pid] });
const stopped = new AbortController();
const bare = bareCommits(stopped.signal);
const said = await machine.pieces(pieces, everyMs);
stopped.abort();
await bare;
await idle(line);
const stretch = read();
seen.isCounting = false;
const last = await machine.last();
await idle(line);
const status = await line.status();
const wrong = [...warnings.slice(0, 3), ...(await compare(database, [last]))];
const documents = await database.count(
  "select count(*) from posting where state = 'confirmed' and kind <> 'order-accepted'",
);
if (documents !== 3 * last.runsThatMade)
  wrong.push(`${3 * last.runsThatMade} documents were owed, ${documents} are confirmed`);
const backlog = status.buffered + status.outbox.pending + status.outbox.inDoubt + status.outbox.refused;
await line.stop();
await machine.close();
await database.close();
await erp.close();
const offered = said.good - warm.good;
report({
  name: "machine to ERP, a piece every 40 ms",
  unit: "pieces",
  offered,
  done: seen.committed.count,
  stretch,
  floor: null,
  backlog,
  wrong,
});
note(`machine's change → in the client's hands (publishing every ${publishingIntervalMs} ms): ${seen.inHand.words()}`);
note(`a bare commit of one row, meanwhile: ${seen.bareCommit.words()}`);
note(`machine's change → fact committed: ${seen.committed.words()} (aim 50 ms)`);
for (const [kind, latencies] of seen.accepted) {
  note(`last piece of a run → ${kind} accepted by the ERP: ${latencies.words()} (${latencies.count} runs, aim 250 ms)`);
}

function note_({ batches, facts }: Committed): void {
  const now = systemClock.now();
  if (!seen.isCounting) return;
  for (const { samples } of batches) {
    for (const { item, value, at, receivedAt } of samples) {
      if (item === "Pieces/Good" && value !== 0) seen.inHand.add(receivedAt - at);
    }
  }
  for (const fact of facts) if (isPiece(fact)) seen.committed.add(now - fact.eventAt);
}

/** What the disk and the processors give anybody in these seconds. */
async function bareCommits(signal: AbortSignal): Promise<void> {
  await database.ask("create table bare (id integer primary key, n integer not null)");
  await database.ask("insert into bare values (1, 0)");
  while (!signal.aborted) {
    const from = systemClock.monotonicMs();
    await database.ask("update bare set n = n + 1 where id = 1");
    seen.bareCommit.add(systemClock.monotonicMs() - from);
    await systemClock.sleep(100, signal);
  }
}

function isPiece({ body }: Fact): boolean {
  return body.kind === "UnitsCounted";
}

/** The connector, with an eye on when the ERP accepts what. */
function timed(connector: ErpConnector): ErpConnector {
  return {
    ...connector,
    open: async (settings, signal) => {
      const opened = await connector.open(settings, signal);
      return opened.ok ? ok(watched(opened.value)) : opened;
    },
  };
}

function watched(session: ErpSession): ErpSession {
  const lastPieceAt = new Map<string, number>();
  return {
    check: (signal) => session.check(signal),
    pull: (cursor, signal) => session.pull(cursor, signal),
    interpret: (message) => session.interpret(message),
    resolve: (envelope, signal) => session.resolve(envelope, signal),
    documents: (request, signal) => session.documents(request, signal),
    close: () => session.close(),
    traits: session.traits,
    compose: (key, request, content) => {
      if (content.response) lastPieceAt.set(key, content.response.dates.eventTo);
      return session.compose(key, request, content);
    },
    push: async (envelope, signal) => {
      const outcome = await session.push(envelope, signal);
      const at = lastPieceAt.get(envelope.key);
      if (outcome.outcome === "confirmed" && at !== undefined && seen.isCounting) {
        const latencies = seen.accepted.get(envelope.kind) ?? new Latencies();
        seen.accepted.set(envelope.kind, latencies);
        latencies.add(systemClock.now() - at);
      }
      return outcome;
    },
  };
}

async function ready({ status }: Running): Promise<void> {
  await until(async () => (await status()).ready, "Millrace was not ready");
}

async function idle({ status }: Running): Promise<void> {
  // What the machine has said last may not even be published yet.
  await systemClock.sleep(500);
  await until(async () => (await status()).idle, "Millrace did not come to rest");
}

async function until(holds: () => Promise<boolean>, otherwise: string): Promise<void> {
  const limit = performance.now() + 30_000;
  while (!(await holds())) {
    if (performance.now() > limit) throw new Error(`${otherwise} within 30 s: ${JSON.stringify(await line.status())}`);
    await systemClock.sleep(50);
  }
}
