/**
 * Postings through the outbox in 200 lanes (one order with its own material each): claimed, `sending` committed with the
 * frozen bytes, sent, and the outcome committed, with fsync. First to an ERP inside this process that answers at once,
 * then over HTTP through the SAP connector to the simulated ERP at 0 ms.
 * Floor: two bare single-row commits per posting, one after the other.
 * Run: node bench/posting.ts [postings]
 */
import pg from "pg";
import { systemClock } from "../src/base/clock.ts";
import { contentId, postingKey } from "../src/base/id.ts";
import { instant, type Instant } from "../src/base/instant.ts";
import { unwrap } from "../src/base/result.ts";
import type { ErpSession } from "../src/erp/connector.ts";
import { sapConnector } from "../src/erp/sap/index.ts";
import { startDelivery } from "../src/exchange/delivery.ts";
import { outboxPort } from "../src/flows/outbox.ts";
import { pullOrders } from "../src/flows/pull-orders.ts";
import type { NewPosting } from "../src/flows/ports.ts";
import type { OperationsRequest } from "../src/isa95/schedule/operations-request.ts";
import type { Fact, FactBody } from "../src/record/fact.ts";
import { openBenchDatabase, type BenchDatabase } from "./kit/database.ts";
import { startErpProcess } from "./kit/erp-process.ts";
import { fakeErp } from "./kit/fake-erp.ts";
import { startMeter, type Stretch } from "./kit/meter.ts";
import { benchRequest, benchSite, erpId, seedOrders } from "./kit/plant.ts";
import { note, open, perSecond, report } from "./kit/table.ts";

const lanes = 200;
const postings = Number(process.argv.find((arg) => /^\d+$/.test(arg)) ?? 9_000);
const rounds = Math.ceil(postings / lanes);
const warmUpRounds = 5;
const floorPostings = 1_500;
const kinds = ["confirmation", "goods-issue", "goods-receipt"] as const;
const one = { micro: 1_000_000n, uom: "C62" } as const;
const none = { micro: 0n, uom: "C62" } as const;

open();
const floorRate = await floors();
await toFakeErp();
await overHttp();
note("a third each of confirmations (in order per operation), goods issues and goods receipts; one fact each");

async function floors(): Promise<number> {
  const database = await openBenchDatabase();
  await database.ask("create table bare (id integer primary key, state text not null)");
  await database.ask("insert into bare select n, 'planned' from generate_series(1, $1) as n", [floorPostings]);
  const alone = await bareCommits(database, 1);
  report({ name: "two bare commits, 1 connection", unit: "postings", ...alone, floor: null, wrong: [] });
  const floor = { perSecond: perSecond(alone) };
  const many = await bareCommits(database, 8);
  report({ name: "two bare commits, 8 connections", unit: "postings", ...many, floor, wrong: [] });
  await database.close();
  return floor.perSecond;
}

async function bareCommits(
  { connectionString, pid }: BenchDatabase,
  connections: number,
): Promise<{ offered: number; done: number; backlog: number; stretch: Stretch }> {
  const clients = Array.from(
    { length: connections },
    () => new pg.Client({ connectionString, options: "-c search_path=millrace" }),
  );
  await Promise.all(clients.map((client) => client.connect()));
  const text = "update bare set state = $2 where id = $1";
  const read = startMeter({ postgres: pid });
  let next = 0;
  await Promise.all(
    clients.map(async (client) => {
      while (next < floorPostings) {
        const id = (next += 1);
        for (const state of ["sending", "confirmed"]) await client.query({ name: "bare", text, values: [id, state] });
      }
    }),
  );
  const stretch = read();
  await Promise.all(clients.map((client) => client.end()));
  return { offered: floorPostings, done: floorPostings, backlog: 0, stretch };
}

async function toFakeErp(): Promise<void> {
  const database = await openBenchDatabase();
  const requests = Array.from({ length: lanes }, (_, lane) => benchRequest(lane));
  await seedOrders(database.store, requests);
  const { session, taken } = fakeErp(lanes);
  const outcome = await deliver(database, session, requests, {});
  const twice = [...taken.values()].filter((times) => times !== 1).length;
  const wrong = twice > 0 ? [`${twice} documents were sent more than once`] : [];
  report({ name: `outbox to an ERP in the process, ${lanes} lanes`, unit: "postings", ...withWrong(outcome, wrong) });
  await database.close();
}

async function overHttp(): Promise<void> {
  const erp = await startErpProcess(lanes);
  const database = await openBenchDatabase();
  const signal = new AbortController().signal;
  const session = unwrap(await sapConnector.open({ ...erp.settings, erp: erpId, company: "" }, signal));
  const site = benchSite({ machines: [], erp: { settings: erp.settings } });
  const { store } = database;
  const evaluate = (): never => {
    throw new Error("no map of this plant asks for an expression");
  };
  const pulled = unwrap(await pullOrders({ store, site, clock: systemClock, erp: erpId, session, evaluate }, signal));
  const rows = await store.transaction(async (tx) =>
    tx.requests.get(
      (await database.ask("select id from operations_request order by number")).map((row) => String(row["id"])),
    ),
  );
  const wrong = pulled.accepted === lanes ? [] : [`${lanes} orders were offered and ${pulled.accepted} accepted`];
  const outcome = await deliver(database, session, rows, { peers: [erp.pid] });
  const name = `outbox over HTTP to the simulated ERP, ${session.traits.concurrency} at once`;
  report({ name, unit: "postings", ...withWrong(outcome, wrong) });
  await session.close();
  await database.close();
  await erp.close();
}

interface Outcome {
  readonly offered: number;
  readonly done: number;
  readonly backlog: number;
  readonly stretch: Stretch;
  readonly wrong: readonly string[];
}

function withWrong(outcome: Outcome, wrong: readonly string[]): Outcome & { floor: { perSecond: number } } {
  return { ...outcome, wrong: [...outcome.wrong, ...wrong], floor: { perSecond: floorRate } };
}

/** Warms up, then plans all postings and measures from the first claim to the last outcome committed. */
async function deliver(
  database: BenchDatabase,
  session: ErpSession,
  requests: readonly OperationsRequest[],
  processes: { readonly peers?: readonly number[] },
): Promise<Outcome> {
  const { store, pid } = database;
  const log = (line: string, cause?: unknown): void => note(`${line} ${String(cause)}`);
  const holder = { installation: "bench", process: "p" };
  const port = outboxPort({ store, clock: systemClock, session, erp: erpId, holder });
  const run = async (from: number, count: number): Promise<Stretch> => {
    await plan(database, requests, from, count);
    const stop = new AbortController();
    const read = startMeter({ postgres: pid, ...processes });
    const delivery = startDelivery({ session, port, clock: systemClock, log }, stop.signal);
    await emptied(database);
    const stretch = read();
    stop.abort();
    await delivery.ended;
    return stretch;
  };
  await run(0, warmUpRounds);
  const before = await confirmed(database);
  const stretch = await run(warmUpRounds, rounds);
  const offered = rounds * requests.length;
  const done = (await confirmed(database)) - before;
  const backlog = await database.count("select count(*) from posting where state <> 'confirmed'");
  return { offered, done, backlog, stretch, wrong: await unsound(database) };
}

/** Every posting was tried once, every lane is free again. */
async function unsound(database: BenchDatabase): Promise<readonly string[]> {
  const wrong: string[] = [];
  const total = await database.count("select count(*) from posting");
  const attempts = await database.count("select count(*) from posting_attempt where outcome = 'confirmed'");
  const held = await database.count("select count(*) from lane");
  if (attempts !== total) wrong.push(`${total} postings and ${attempts} confirmed attempts`);
  if (held !== 0) wrong.push(`${held} lanes are still held`);
  return wrong;
}

async function emptied(database: BenchDatabase): Promise<void> {
  const limit = performance.now() + 120_000;
  // Seldom, so that asking costs nothing; the last few milliseconds count for the bench.
  while (performance.now() < limit) {
    await systemClock.sleep(20);
    const [row] = await database.ask(
      "select exists (select from posting where state in ('planned', 'sending')) as open",
    );
    if (row?.["open"] === false) return;
  }
}

function confirmed(database: BenchDatabase): Promise<number> {
  return database.count("select count(*) from posting where state = 'confirmed'");
}

async function plan(
  { store }: BenchDatabase,
  requests: readonly OperationsRequest[],
  from: number,
  count: number,
): Promise<void> {
  const at = systemClock.now();
  for (let round = from; round < from + count; round += 1) {
    const pairs = requests.map((request) => pair(request, round));
    await store.transaction(async (tx) => {
      await tx.facts.append(
        pairs.map(({ fact }) => fact),
        at,
      );
      await tx.postings.plan(
        pairs.map(({ posting }) => posting),
        at,
        false,
      );
    });
  }
}

/** The posting of one lane in one round, and the fact that it speaks for. */
function pair(request: OperationsRequest, round: number): { readonly fact: Fact; readonly posting: NewPosting } {
  const [segment] = request.segments;
  const [component] = segment?.materials ?? [];
  if (!segment || !component || !request.receiptLocation)
    throw new Error(`order ${request.id} is not one of this plant`);
  const kind = kinds[round % kinds.length] ?? "confirmation";
  const at = instant(Date.now());
  const parts = ["bench", request.id, kind, round];
  const body: FactBody =
    kind === "goods-issue"
      ? { kind: "MaterialConsumed", material: component.material, lot: null, quantity: one }
      : { kind: "UnitsCounted", grade: "good", quantity: one, reason: null };
  const produced = { material: request.material, quantity: one, at: request.receiptLocation };
  const consumed = { material: component.material, quantity: one, at: component.at ?? request.receiptLocation };
  const stock = {
    ...(kind === "goods-issue" ? consumed : produced),
    lot: null,
    stockType: "free",
    specialStock: null,
  } as const;
  const use = kind === "goods-issue" ? "Consumed" : "Produced";
  const requirement = kind === "goods-issue" ? component.id : null;
  const day = "2026-11-23";
  const { id, sequence, workCenter } = segment;
  const fact = benchFact(parts, at, body);
  const posting: NewPosting = {
    id: contentId("posting", ...parts),
    key: postingKey("posting", ...parts),
    erp: erpId,
    kind,
    request: request.id,
    segment: id,
    run: null,
    content: {
      kind,
      response: {
        reference: request.reference,
        dates: { eventFrom: at, eventTo: at, recordedAt: at, postingDate: day, documentDate: day },
        segment: {
          segment: id,
          sequence,
          workCenter,
          good: kind === "confirmation" ? one : none,
          scrap: none,
          rework: none,
          final: false,
          materials: kind === "confirmation" ? [] : [{ use, stock, requirement }],
        },
      },
    },
    facts: [fact.id],
    lanes: [
      `order:${request.id}`,
      ...(kind === "confirmation" ? [] : [`stock:${erpId}/${request.plant}/${stock.material}`]),
    ],
    sequenceKey: kind === "confirmation" ? `${request.id}/${sequence}/${id}` : null,
  };
  return { fact, posting };
}

function benchFact(parts: readonly (string | number)[], at: Instant, body: FactBody): Fact {
  return {
    id: contentId("fact", ...parts),
    source: "bench",
    workUnit: "bench",
    run: null,
    eventAt: at,
    rule: "bench",
    mapVersion: 1,
    revision: 0,
    saidBy: { by: "machine", source: "bench" },
    evidence: [],
    body,
  };
}
