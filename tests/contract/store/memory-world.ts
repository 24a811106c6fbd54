/** What the suite is given of the memory store. Between two statements anybody else may go on. */
import { systemClock } from "../../../src/base/clock.ts";
import { MemoryDatabase } from "../../../src/simulation/store/database.ts";
import * as order from "../../../src/simulation/store/schema/order.ts";
import * as outage from "../../../src/simulation/store/schema/outage.ts";
import * as posting from "../../../src/simulation/store/schema/posting.ts";
import * as shopFloor from "../../../src/simulation/store/schema/shop-floor.ts";
import * as statement from "../../../src/simulation/store/schema/statement.ts";
import { memoryStore } from "../../../src/simulation/store/store.ts";
import { DatabaseError, type TableOf } from "../../../src/simulation/store/table.ts";
import { now, type StoreWorld } from "./world.ts";

type SiteState = Parameters<(typeof order.siteState)["key"]>[0];
type Columns = Readonly<Record<string, unknown>>;

export function openMemoryWorld(): StoreWorld {
  const database = new MemoryDatabase({ now: systemClock.now });
  const step = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const store = memoryStore(database.client({ step }));
  const byHand = database.client();
  const fitting = (table: TableOf<Columns>, where: Columns): readonly Columns[] =>
    [...database.rows(table)].filter((row) => Object.entries(where).every(([name, value]) => row[name] === value));
  const siteState = (times: Pick<SiteState, "recovering_since" | "restored_at">): Promise<void> =>
    byHand.transaction((query) =>
      query.run(async (s) => {
        const row = { id: true, site: "", ...times } as const;
        if (await s.insertOrFind(order.siteState, row)) await s.update(order.siteState, "true", () => row);
      }),
    );
  return {
    store,
    other: memoryStore(database.client({ step })),
    rows: async (name, where = {}) => fitting(tableOf(name), where),
    write: (name, columns, where = {}) =>
      byHand.transaction((query) =>
        query.run(async (s) => {
          const table = tableOf(name);
          for (const row of fitting(table, where)) await s.update(table, table.key(row), () => columns);
        }),
      ),
    add: (name, columns, where) =>
      byHand.transaction((query) =>
        query.run((s) => {
          const table = tableOf(name);
          return s.insert(table, { ...fitting(table, where)[0], ...columns });
        }),
      ),
    clear: (name) =>
      byHand.transaction((query) =>
        query.run(async (s) => {
          const table = tableOf(name);
          for (const row of s.all(table)) await s.remove(table, table.key(row));
        }),
      ),
    startRecovery: () => siteState({ recovering_since: now, restored_at: null }),
    restored: (at) => siteState({ recovering_since: null, restored_at: at }),
    waiting: async () => database.waiting,
    endIdle: async () => database.endIdle(new DatabaseError("57P01", "terminating connection due to command")),
  };
}

const tables = [
  ...Object.values(order),
  ...Object.values(shopFloor),
  ...Object.values(posting),
  ...Object.values(statement),
  ...Object.values(outage),
].filter((one): one is typeof order.lease => typeof one === "object" && "key" in one && "triggers" in one);

function tableOf(name: string): TableOf<Columns> {
  const found = tables.find((table) => table.name === name);
  if (!found) throw new Error(`The memory store has no table ${name}.`);
  return found as unknown as TableOf<Columns>; // rows are read and written by the names of their columns here
}
