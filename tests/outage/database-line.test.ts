/** The line to the database alone: half-open, cut, slow, and how long until it is noticed. No Millrace runs here. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { systemClock } from "../../src/base/clock.ts";
import { openDatabase, type Database } from "../../src/store/connection.ts";
import { clusterUnavailable } from "../../src/store/testing/cluster.ts";
import { OwnServer } from "./server.ts";
import { startWire, type Wire } from "./wire.ts";

const silenceMs = 300;
/** Two questions with a second between them, and the next try; many times that on a busy computer. */
const noticedMs = 20_000;

describe("a half-open line to PostgreSQL", { skip: clusterUnavailable({ major: 15 }), timeout: 100_000 }, () => {
  let server: OwnServer;
  let wire: Wire;
  before(async () => {
    server = await OwnServer.in();
    await server.start();
    await server.query("create schema millrace; create table millrace.made (name text primary key)");
  });
  after(() => server.close());

  const within = async (work: (database: Database, said: string[]) => Promise<void>, ms = silenceMs): Promise<void> => {
    wire = await startWire({ path: `${server.socket}/.s.PGSQL.5432` });
    const said: string[] = [];
    const connectionString = server.urlAt(wire.port);
    const database = openDatabase({
      connectionString,
      connectionsMax: 3,
      silenceMs: ms,
      log: (line) => said.push(line),
    });
    try {
      await work(database, said);
    } finally {
      await database.close();
      await wire.close();
    }
  };
  const select = (database: Database): Promise<unknown> =>
    database.transaction((query) => query.run("one", "select 1 as one"));
  /** Opens all three of the pool. */
  const warm = (database: Database): Promise<unknown> =>
    Promise.all([1, 2, 3].map(() => database.transaction((query) => query.run("nap", "select pg_sleep(0.1)"))));

  test("lines that died while nobody used them are given up, all at once, and the work is done on new ones", () =>
    within(async (database, said) => {
      await warm(database);
      wire.halfOpen("pass");
      const since = performance.now();
      await Promise.all([select(database), select(database), select(database)]);
      assert.ok(performance.now() - since < noticedMs);
      assert.ok(
        said.some((line) => line.includes("does not work on it")),
        said.join("\n"),
      );
    }));

  test("a transaction that was open is run again, and what it had done before is not there twice", () =>
    within(async (database) => {
      let runs = 0;
      const since = performance.now();
      await database.transaction(async (query) => {
        runs += 1;
        await query.run("put", "insert into made values ('once')");
        if (runs === 1) wire.halfOpen("pass");
        await query.run("one", "select 1 as one");
      });
      assert.equal(runs, 2);
      assert.ok(performance.now() - since < noticedMs, "the lock of the first run was given up with its line");
      assert.deepEqual(await server.query("select name from millrace.made"), [{ name: "once" }]);
    }));

  test("a commit whose answer does not come is not run again: whoever asked must look", () =>
    within(async (database) => {
      let runs = 0;
      const transaction = database.transaction(async (query) => {
        runs += 1;
        await query.run("put", "insert into made values ('perhaps')");
        wire.halfOpen("pass");
      });
      await assert.rejects(transaction, { code: "08006" });
      assert.equal(runs, 1);
    }));

  test("nobody is let in any more: it is said, and the next transaction after that is done", () =>
    within(async (database) => {
      await warm(database);
      wire.halfOpen("swallow");
      const failed = select(database).then(
        () => "answered",
        () => "failed",
      );
      // The question about it takes five seconds to be unanswered, twice, and four tries of the work find nobody.
      await systemClock.sleep(1_000);
      wire.mend();
      assert.equal(await failed, "answered");
      await select(database);
    }));

  test("nobody is let in when the first connection is opened: it is tried again", () =>
    within(async (database) => {
      wire.halfOpen("swallow");
      const first = select(database).then(
        () => "answered",
        (error: unknown) => String(error),
      );
      await systemClock.sleep(1_000);
      wire.mend();
      assert.equal(await first, "answered");
    }));

  test("a statement on which the server works is never cut, however long it is silent", () =>
    within(async (database, said) => {
      const rows = await database.transaction((query) => query.run("long", "select pg_sleep(4)::text as slept"));
      assert.equal(rows.length, 1);
      assert.deepEqual(said, []);
    }));

  test("nor one that waits for a lock of somebody else", () =>
    within(async (database, said) => {
      await server.query("insert into millrace.made values ('locked') on conflict do nothing");
      const lock = "select name from made where name = 'locked' for update";
      const first = database.transaction(async (query) => {
        await query.run("lock", lock);
        await systemClock.sleep(3_000);
      });
      await systemClock.sleep(200);
      await database.transaction((query) => query.run("lock", lock));
      await first;
      assert.deepEqual(said, []);
    }));

  test("sabotage: without the watch it is waited for without end", () =>
    within(async (database) => {
      await warm(database);
      wire.halfOpen("pass");
      const waiting = select(database).then(
        () => "answered",
        () => "failed",
      );
      assert.equal(await Promise.race([waiting, systemClock.sleep(6_000).then(() => "waits")]), "waits");
      wire.cut();
      await waiting;
    }, Number.POSITIVE_INFINITY));

  test("what a Millrace that is gone has left open is rolled back by the server", () =>
    within(async (database) => {
      const [row] = (await database.transaction((query) =>
        query.run(
          "settings",
          "select current_setting('idle_in_transaction_session_timeout') as idle, current_setting('search_path') as path",
        ),
      )) as readonly Record<string, unknown>[];
      assert.deepEqual({ ...row }, { idle: "1min", path: "millrace" });
    }));
});
