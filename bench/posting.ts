/**
 * Postings through the outbox in 200 lanes (one order with its own material each): claimed, `sending` committed with the
 * frozen bytes, sent, and the outcome committed, with fsync. First to an ERP inside this process that answers at once,
 * then over HTTP through the SAP connector to the simulated ERP at 0 ms.
 * Floor: two bare single-row commits per posting, one after the other.
 * Run: npx node bench/posting.ts [postings]
 */
import pg from "pg";
import { systemClock } from "../src/base/clock.ts";
import { unwrap } from "../src/base/result.ts";
import { sapConnector } from "../src/erp/sap/index.ts";
import { pullOrders } from "../src/flows/pull-orders.ts";
import { openBenchDatabase, type BenchDatabase } from "./kit/database.ts";
import { startErpProcess } from "./kit/erp-process.ts";
import { fakeErp } from "./kit/fake-erp.ts";
import { deliver, type Outcome } from "./kit/outbox-load.ts";
import { startMeter, type Stretch } from "./kit/meter.ts";
import { benchRequest, benchSite, erpId, seedOrders } from "./kit/plant.ts";
import { note, open, perSecond, report } from "./kit/table.ts";

const lanes = 200;
const postings = Number(process.argv.find((arg) => /^\d+$/.test(arg)) ?? 9_000);
const rounds = Math.ceil(postings / lanes);
const floorPostings = 1_500;

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
  const outcome = await deliver(database, session, requests, { rounds });
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
  const outcome = await deliver(database, session, rows, { rounds, peers: [erp.pid] });
  const name = `outbox over HTTP to the simulated ERP, ${session.traits.concurrency} at once`;
  report({ name, unit: "postings", ...withWrong(outcome, wrong) });
  await session.close();
  await database.close();
  await erp.close();
}

function withWrong(outcome: Outcome, wrong: readonly string[]): Outcome & { floor: { perSecond: number } } {
  return { ...outcome, wrong: [...outcome.wrong, ...wrong], floor: { perSecond: floorRate } };
}
