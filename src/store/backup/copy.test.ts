/** COPY both ways: bounded memory on the way out, and no row left behind when either side fails. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { clusterUnavailable, freshDatabase, withCluster, type TestCluster } from "../testing/cluster.ts";
import { copyIn, copyOut } from "./copy.ts";
import { connect } from "./testing/fixture.ts";

describe("COPY", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let cluster: TestCluster;
  before(async () => {
    cluster = await withCluster({ major: 18 });
  });
  after(() => cluster.close());

  test("a slow reader holds the server up, and rows come whole and complete", async (t) => {
    const client = await connect(t, await freshDatabase(cluster));
    let [rowCount, batchBytesMax, atOnce] = [0, 0, 0];
    const counted = await copyOut(
      client,
      "copy (select n, repeat('x', 1000) from generate_series(1, 40000) n) to stdout",
      async (rows) => {
        atOnce += 1;
        assert.equal(atOnce, 1, "one batch at a time");
        await new Promise((resolve) => setTimeout(resolve, 5));
        rowCount += rows.length;
        batchBytesMax = Math.max(
          batchBytesMax,
          rows.reduce((sum, row) => sum + row.length, 0),
        );
        assert.ok(rows.every((row) => row.at(-1) === 0x0a));
        atOnce -= 1;
      },
    );
    assert.deepEqual([counted, rowCount], [40_000, 40_000]);
    assert.ok(batchBytesMax < 3 * 1024 * 1024, `${batchBytesMax} bytes were held of 40 million`);
    assert.equal((await client.query("select 1 as x")).rows[0].x, 1, "the connection goes on");
  });

  test("nothing to copy is nothing", async (t) => {
    const client = await connect(t, await freshDatabase(cluster));
    assert.equal(
      await copyOut(client, "copy (select 1 where false) to stdout", () => Promise.reject(new Error("no"))),
      0,
    );
  });

  test("an error of the statement is an error of the copy", async (t) => {
    const client = await connect(t, await freshDatabase(cluster));
    await assert.rejects(
      copyOut(client, "copy nowhere to stdout", async () => undefined),
      /"nowhere" does not exist/,
    );
    await assert.rejects(copyIn(client, "copy nowhere from stdin", chunks("1\n")), /"nowhere" does not exist/);
    assert.equal((await client.query("select 1 as x")).rows[0].x, 1);
  });

  for (const rows of [10, 100_000]) {
    test(`a reader that fails on ${rows} rows fails the copy`, async (t) => {
      const client = await connect(t, await freshDatabase(cluster));
      const sql = `copy (select n, repeat('x', 100) from generate_series(1, ${rows}) n) to stdout`;
      await assert.rejects(
        copyOut(client, sql, () => Promise.reject(new Error("disk full"))),
        /disk full/,
      );
    });
  }

  test("a source that throws leaves nothing in the table", async (t) => {
    const client = await connect(t, await freshDatabase(cluster));
    await client.query("create table t (n integer)");
    const broken = (async function* () {
      for (let n = 0; n < 5000; n++) yield Buffer.from(`${n}\n`.repeat(500));
      throw new Error("file cut off");
    })();
    await assert.rejects(copyIn(client, "copy t from stdin", broken), /file cut off/);
    assert.equal((await client.query("select count(*)::int as n from t")).rows[0].n, 0);
  });

  test("a server that refuses a row ends the copy, and the source is closed", async (t) => {
    const client = await connect(t, await freshDatabase(cluster));
    await client.query("create table t (n integer)");
    let closed = false;
    const endless = (async function* () {
      try {
        for (;;) {
          yield Buffer.from("1\nno number\n".repeat(10_000));
          await new Promise((resolve) => setImmediate(resolve));
        }
      } finally {
        closed = true;
      }
    })();
    await assert.rejects(copyIn(client, "copy t from stdin", endless), /invalid input syntax for type integer/);
    assert.ok(closed);
    await copyIn(client, "copy t from stdin", chunks("1", "2\n3\n"));
    assert.deepEqual((await client.query("select n from t")).rows, [{ n: 12 }, { n: 3 }]);
  });

  test("a connection that is lost ends both", async (t) => {
    const url = await freshDatabase(cluster);
    const admin = await connect(t, url);
    await admin.query("create table t (n integer)");
    const kill = async (pid: number): Promise<void> =>
      void (await admin.query("select pg_terminate_backend($1)", [pid]));
    const one = await connect(t, url);
    const { pid } = (await one.query("select pg_backend_pid() as pid")).rows[0];
    const sql = "copy (select repeat('x', 1000) from generate_series(1, 100000)) to stdout";
    await assert.rejects(copyOut(one, sql, () => kill(pid)));
    const two = await connect(t, url);
    const other = (await two.query("select pg_backend_pid() as pid")).rows[0].pid;
    const source = (async function* () {
      for (;;) {
        yield Buffer.from("1\n".repeat(1000));
        await kill(other);
      }
    })();
    await assert.rejects(copyIn(two, "copy t from stdin", source));
  });
});

async function* chunks(...texts: readonly string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}
