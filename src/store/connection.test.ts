/** Statements that nobody waits for: they keep their order, and one that fails takes the whole transaction with it. */
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { after, before, describe, test } from "node:test";
import { openDatabase, type Database } from "./connection.ts";
import { clusterUnavailable, freshDatabase, withCluster, type TestCluster } from "./testing/cluster.ts";

const insert = "insert into place values ($1)";

for (const major of [15, 18] as const) {
  describe(`PostgreSQL ${major}`, { skip: clusterUnavailable({ major }) }, () => {
    let cluster: TestCluster;
    let database: Database;
    before(async () => {
      cluster = await withCluster({ major });
      database = openDatabase({
        connectionString: await freshDatabase(cluster),
        log: () => undefined,
        connectionsMax: 1,
      });
      await database.transaction(async (query) => {
        query.post("make.schema", "create schema if not exists millrace");
        query.post("make.table", "create table place (name text primary key)");
        await Promise.resolve();
      });
    });
    after(async () => {
      await database.close();
      await cluster.close();
    });

    const names = async (): Promise<unknown[]> =>
      (await database.transaction((query) => query.run("names", "select name from place order by name"))).map(
        (r) => r["name"],
      );

    test("what was sent last is committed, and read by what follows it", async () => {
      const seen = await database.transaction(async (query) => {
        query.post("put", insert, ["a"]);
        const rows = await query.run("seen", "select name from place");
        query.post("put", insert, ["b"]);
        return rows.length;
      });
      assert.equal(seen, 1);
      assert.deepEqual(await names(), ["a", "b"]);
    });

    test("what is committed is on the disk, and each statement sees what is committed, whatever the server does", async () => {
      const connectionString = await freshDatabase(cluster);
      const asServer = openDatabase({ connectionString, log: () => undefined, connectionsMax: 1 });
      const other = `do $$ begin
        execute format('alter database %I set default_transaction_isolation = %L', current_database(), 'repeatable read');
        execute format('alter database %I set synchronous_commit = off', current_database());
      end $$`;
      await asServer.transaction((query) => query.run("settings", other));
      await asServer.close();
      const ours = openDatabase({ connectionString, log: () => undefined, connectionsMax: 1 });
      const shown = await ours.transaction(async (query) => [
        ...(await query.run("isolation", "show transaction_isolation")),
        ...(await query.run("commit", "show synchronous_commit")),
      ]);
      await ours.close();
      assert.deepEqual(shown, [{ transaction_isolation: "read committed" }, { synchronous_commit: "on" }]);
    });

    test("a failure shows at the commit, and nothing was committed", async () => {
      await assert.rejects(
        database.transaction((query) => {
          query.post("put", insert, ["c"]);
          query.post("put", insert, ["a"]);
          query.post("put", insert, ["d"]);
          return Promise.resolve();
        }),
        { code: "23505" },
      );
      assert.deepEqual(await names(), ["a", "b"]);
    });

    test("what is asked after a failure fails with the first cause", async () => {
      await assert.rejects(
        database.transaction(async (query) => {
          query.post("put", insert, ["a"]);
          return query.run("seen", "select name from place");
        }),
        { code: "23505" },
      );
    });

    test("a failure that the work swallows commits nothing", async () => {
      await assert.rejects(
        database.transaction(async (query) => {
          query.post("put", insert, ["e"]);
          await query.run("put", insert, ["a"]).catch(() => undefined);
          query.post("put", insert, ["f"]);
        }),
        { code: "25P02" },
      );
      assert.deepEqual(await names(), ["a", "b"]);
    });

    test("a commit that the server turned into a rollback is no commit", async () => {
      await assert.rejects(
        database.transaction(async (query) => {
          query.post("put", insert, ["g"]);
          await query.run("put", insert, ["a"]).catch(() => undefined);
        }),
        /answered ROLLBACK/,
      );
      assert.deepEqual(await names(), ["a", "b"]);
    });
  });
}

test("a connection that ends without a word has the SQLSTATE for it, and one that is refused its errno", async () => {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  const connectionString = `postgres://nobody@127.0.0.1:${address.port}/nothing`;
  const codeOf = async (): Promise<unknown> => {
    const database = openDatabase({ connectionString, log: () => undefined });
    try {
      return await database
        .transaction(() => Promise.resolve())
        .catch((error: unknown) => (error as { code?: unknown }).code);
    } finally {
      await database.close();
    }
  };
  assert.equal(await codeOf(), "08006");
  await new Promise((resolve) => server.close(resolve));
  assert.equal(await codeOf(), "ECONNREFUSED");
});
