/** The reading that screens and comparisons do most, over Millrace's own views, each about something that is as large as ever. */
import { instant } from "../../src/base/instant.ts";
import { assert } from "../../src/base/result.ts";
import type { OrderFilter } from "../../src/flows/view/order-view.ts";
import { openDatabase } from "../../src/store/connection.ts";
import { postgresBooks } from "../../src/store/view/books-view.ts";
import { postgresViews } from "../../src/store/view/view-store.ts";
import type { BenchDatabase } from "./database.ts";
import { startMeter } from "./meter.ts";
import { firstDay } from "./past-day.ts";
import { pastMaterial, pastOrder as order, pastUnits as units } from "./past.ts";

const anyOrder: OrderFilter = {
  progress: null,
  workCenter: null,
  material: null,
  text: null,
  toMend: null,
  visible: null,
};
const dayFrom = instant(Date.parse(`${firstDay}T00:00:00Z`));
const day = { date: firstDay, from: dayFrom, to: instant(dayFrom + 86_400_000) } as const;
const nothing = { orders: null, day: null, material: null, since: null } as const;

/** Each is asked so often, or for so long; with the first ones the server settles on a plan. */
const timesMax = 2_000;
const millisecondsMax = 800;
const warmUp = 6;

export interface QueryCost {
  readonly name: string;
  /** CPU of Millrace and PostgreSQL together for one. */
  readonly cpuMs: number;
  /** Of a query that counts: how many it has counted. */
  readonly counted?: number;
}

/** How many there are is counted up to a bound: more may cost more, up to it. */
const howMany = "how many orders, up to 10,000";

export async function costOfQueries(of: BenchDatabase): Promise<readonly QueryCost[]> {
  const database = openDatabase({ connectionString: of.connectionString, connectionsMax: 1, log: () => undefined });
  const views = postgresViews(database);
  const books = postgresBooks(database);
  const queries: Readonly<Record<string, () => Promise<number>>> = {
    "the floor": () =>
      views.read(async ({ floor }) => (await floor.states(units)).length + (await floor.openRuns(units)).length),
    "a part of the orders": () =>
      views.read(async ({ orders }) => (await orders.page(anyOrder, "number", null, 10)).orders.length),
    [howMany]: () => views.read(({ orders }) => orders.count(anyOrder, 10_000)),
    "one order": () => views.read(async ({ orders }) => (await orders.detail(order)).runs.size),
    "its time line": () => views.read(async ({ timeline }) => (await timeline.page(order, null, null, 51)).length),
    stock: () =>
      views.read(
        async ({ materials }) =>
          (await materials.balances({ text: null, account: null, sight: null }, null, 11)).length,
      ),
    "movements of a material": () =>
      views.read(async ({ materials }) => {
        const of = { material: pastMaterial, account: null, lot: null, uom: null };
        return (await materials.movements(of, null, null, 51)).length;
      }),
    "books of one order, to compare with the ERP": () =>
      books.read(async (read) => (await read.books(order))?.record.postings.length ?? 0),
    "orders of one day, to compare": () =>
      books.read(async (read) => (await read.orders({ ...nothing, day }, "", 5_000)).length),
  };
  const costs: QueryCost[] = [];
  for (const [name, query] of Object.entries(queries)) {
    let found = 0;
    for (let n = 0; n < warmUp; n += 1) assert((found = await query()) > 0, `${name} finds something`);
    const read = startMeter({ postgres: of.pid });
    const endAt = performance.now() + millisecondsMax;
    let times = 0;
    for (; times < timesMax && performance.now() < endAt; times += 1) await query();
    const { millrace, postgres } = read().cpu;
    const cpuMs = ((millrace + postgres) / times) * 1_000;
    costs.push(name === howMany ? { name, cpuMs, counted: found } : { name, cpuMs });
  }
  await database.close();
  return costs;
}
