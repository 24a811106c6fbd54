/** The database books movements itself: whoever writes them, balances are their sums. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Client } from "pg";
import { unwrap } from "../base/result.ts";
import { differentText } from "./ledger-repository.ts";
import { migrate } from "./migration.ts";
import { migrationsDirectory } from "./schema.ts";
import { clusterUnavailable, freshDatabase, withCluster, type TestCluster } from "./testing/cluster.ts";

/** A movement: its id, amount, where from and where to, lot. */
type Booking = readonly [id: string, micro: number, from: string, to: string, lot?: string];

async function book(client: Client, ...bookings: readonly Booking[]): Promise<void> {
  const values = bookings.map(([id, micro, from, to, lot]) => {
    const words = [id, "f1", "WIRE", lot ?? null, micro, "MTR", from, to, "2025-02-02", "2025-02-02"];
    return `(${words.map((word) => (word === null ? "null" : `'${word}'`)).join(", ")})`;
  });
  await client.query(
    `insert into movement (id, fact, material, lot, micro, uom, from_account, to_account, event_at, recorded_at)
     values ${values.join(", ")} on conflict (id) do nothing`,
  );
}

async function balances(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ line: string }>(
    `select concat_ws(' ', account, nullif(lot, ''), micro) as line from balance order by account collate "C", lot collate "C"`,
  );
  return rows.map(({ line }) => line);
}

for (const major of [15, 18] as const) {
  describe(`PostgreSQL ${major}`, { skip: clusterUnavailable({ major }) }, () => {
    let cluster: TestCluster;
    let connectionString: string;
    let client: Client;
    const connect = async (): Promise<Client> => {
      const opened = new Client({ connectionString, options: "-c search_path=millrace" });
      await opened.connect();
      return opened;
    };
    before(async () => {
      cluster = await withCluster({ major });
      connectionString = await freshDatabase(cluster);
      client = await connect();
      unwrap(await migrate(client, { directory: migrationsDirectory }));
      await client.query(`
        insert into fact (id, source, work_unit, run, kind, event_at, recorded_at, rule, map_version, revision, said_by, evidence, body)
        values ('f1', 'komax', 'CUT-1', null, 'StateEntered', now(), now(), 'state', 1, 0, '{"by": "machine", "source": "komax"}', '[]', '{}')`);
    });
    after(async () => {
      await client?.end();
      await cluster?.close();
    });

    test("movements move their balances, each once, and with each lot its own", async () => {
      await book(client, ["m1", 50, "world:supplier", "stock:A", "L1"], ["m2", 20, "world:supplier", "stock:A"]);
      await book(client, ["m1", 50, "world:supplier", "stock:A", "L1"], ["m3", 30, "stock:A", "unit:CUT", "L1"]);
      await book(client, ["m4", 30, "unit:CUT", "stock:A", "L1"], ["m5", 10, "stock:A", "world:scrap", "L1"]);
      assert.deepEqual(await balances(client), [
        "stock:A 20",
        "stock:A L1 40",
        "unit:CUT L1 0",
        "world:scrap L1 10",
        "world:supplier -20",
        "world:supplier L1 -50",
      ]);
    });

    test("what is drawn from a place and brought to it at once is judged together", async () => {
      await book(client, ["n1", 5, "stock:B", "world:scrap"], ["n2", 5, "world:supplier", "stock:B"]);
      await assert.rejects(book(client, ["n3", 1, "stock:B", "world:scrap"]), /nothing_real_below_zero/);
      await assert.rejects(book(client, ["n4", 1, "stock:never", "world:scrap"]), /nothing_real_below_zero/);
    });

    test("nobody moves a balance past its movements", async () => {
      for (const past of [
        "update balance set micro = micro + 1 where account = 'stock:A'",
        "insert into balance values ('stock:C', 'WIRE', '', 'MTR', 1)",
        "insert into balance values ('stock:A', 'WIRE', '', 'MTR', 1) on conflict (account, material, lot, uom) do update set micro = 7",
      ])
        // Of a class that says nothing of samples: an older release that still runs sets none aside.
        await assert.rejects(client.query(past), { constraint: "balance_is_booked", code: "55000" });
    });

    test("two who book the same places in other orders do not lock each other out", { timeout: 60_000 }, async (t) => {
      const other = await connect();
      t.after(() => other.end());
      const places = Array.from({ length: 400 }, (_, n) => `unit:${n}`);
      const round = (n: number, whose: string, order: readonly string[]): Booking[] =>
        order.map((place) => [`${whose}-${n}-${place}`, 1, `world:${whose}`, place]);
      for (let n = 0; n < 10; n += 1) {
        await Promise.all([book(client, ...round(n, "a", places)), book(other, ...round(n, "b", places.toReversed()))]);
      }
      const { rows } = await client.query("select distinct micro::int from balance where account ~ '^unit:\\d+$'");
      assert.deepEqual(rows, [{ micro: 20 }]);
      assert.deepEqual((await client.query(differentText)).rows, []);
    });

    test("it is noticed when the database does not book", async () => {
      await client.query("alter table movement disable trigger movements_are_booked");
      await book(client, ["unbooked", 1, "world:supplier", "stock:A"]);
      await client.query("alter table movement enable trigger movements_are_booked");
      assert.equal((await client.query(differentText)).rows.length, 2);
    });
  });
}
