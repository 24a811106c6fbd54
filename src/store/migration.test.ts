/** The migration runner on PostgreSQL 15 and 18, with tiny migrations of its own. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test, type TestContext } from "node:test";
import { Client } from "pg";
import { unwrap, type Result } from "../base/result.ts";
import { isServerSupported, migrate, readMigrations } from "./migration.ts";
import { clusterUnavailable, freshDatabase, withCluster, type TestCluster } from "./testing/cluster.ts";

const files = {
  "0001-material.sql": "create table material (id text primary key);\ninsert into material values ('seed');\n",
  "0002-lot.sql": "create table lot (id bigint generated always as identity, material text references material);\n",
};

async function directory(t: TestContext, content: Readonly<Record<string, string>>): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "millrace-sql-"));
  t.after(() => rm(path, { recursive: true }));
  for (const [name, text] of Object.entries(content)) await writeFile(join(path, name), text);
  return path;
}

function faultOf(result: Result<unknown>): { code: string; message: string } {
  return result.ok ? { code: "ok", message: "" } : result.fault;
}

for (const major of [15, 18] as const) {
  describe(`PostgreSQL ${major}`, { skip: clusterUnavailable({ major }) }, () => {
    let cluster: TestCluster;
    before(async () => {
      cluster = await withCluster({ major });
    });
    after(() => cluster.close());

    async function connect(t: TestContext, connectionString?: string): Promise<Client> {
      const client = new Client({ connectionString: connectionString ?? (await freshDatabase(cluster)) });
      await client.connect();
      t.after(() => client.end());
      return client;
    }

    test("files run once, in order, in their schema, and are written down", async (t) => {
      const client = await connect(t);
      const path = await directory(t, files);
      const lines: string[] = [];
      const report = unwrap(await migrate(client, { directory: path, log: (line) => lines.push(line) }));
      assert.deepEqual([report.before, report.after, report.applied.length], [0, 2, 2]);
      assert.deepEqual(lines, ["migration 0001-material applied", "migration 0002-lot applied"]);
      const again = unwrap(await migrate(client, { directory: path }));
      assert.deepEqual(again, { before: 2, after: 2, applied: [] });
      const rows = await client.query("select number, name, length(checksum) as n from millrace.migration order by 1");
      assert.deepEqual(rows.rows, [
        { number: 1, name: "material", n: 64 },
        { number: 2, name: "lot", n: 64 },
      ]);
      assert.equal((await client.query("select * from millrace.material")).rowCount, 1);
      await writeFile(join(path, "0003-more.sql"), "alter table lot add column note text;");
      assert.equal(unwrap(await migrate(client, { directory: path })).applied[0]?.name, "more");
    });

    test("upTo stops there", async (t) => {
      const client = await connect(t);
      const path = await directory(t, files);
      assert.equal(unwrap(await migrate(client, { directory: path, upTo: 1 })).after, 1);
      assert.equal(unwrap(await migrate(client, { directory: path })).before, 1);
    });

    test("a file that fails leaves nothing of itself, names its line, and those before it stay", async (t) => {
      const client = await connect(t);
      const path = await directory(t, {
        ...files,
        "0003-broken.sql": "create table half (x int);\n\nselect nonsense;\n",
      });
      const fault = faultOf(await migrate(client, { directory: path }));
      assert.equal(fault.code, "store/migration-failed");
      assert.match(fault.message, /0003-broken, line 3 failed: column "nonsense" does not exist/);
      const found = await client.query(
        "select to_regclass('millrace.half') as half, to_regclass('millrace.lot')::text as lot",
      );
      assert.deepEqual(found.rows[0], { half: null, lot: "millrace.lot" });
      await writeFile(join(path, "0003-broken.sql"), "create table half (x int);");
      assert.equal(unwrap(await migrate(client, { directory: path })).after, 3);
    });

    test("a changed file that was applied is refused; other line ends are no change", async (t) => {
      const client = await connect(t);
      const path = await directory(t, files);
      unwrap(await migrate(client, { directory: path }));
      await writeFile(join(path, "0001-material.sql"), files["0001-material.sql"].replaceAll("\n", "\r\n"));
      unwrap(await migrate(client, { directory: path }));
      await writeFile(join(path, "0001-material.sql"), `${files["0001-material.sql"]} -- mended`);
      const fault = faultOf(await migrate(client, { directory: path }));
      assert.equal(fault.code, "store/migration-changed");
      assert.match(fault.message, /0001-material/);
    });

    test("a database newer than the code is refused with what to do, and nothing is changed", async (t) => {
      const client = await connect(t);
      unwrap(await migrate(client, { directory: await directory(t, files) }));
      const older = await directory(t, { "0001-material.sql": files["0001-material.sql"] });
      const fault = faultOf(await migrate(client, { directory: older }));
      assert.equal(fault.code, "store/schema-newer");
      assert.match(fault.message, /0002.*0001.*newer Millrace/);
    });

    test("several processes at once: each file runs exactly once", async (t) => {
      const connectionString = await freshDatabase(cluster);
      const path = await directory(t, {
        ...files,
        "0003-slow.sql": "select pg_sleep(0.2); create table slow (x int);",
      });
      const clients = await Promise.all([1, 2, 3, 4].map(() => connect(t, connectionString)));
      const reports = await Promise.all(clients.map((client) => migrate(client, { directory: path })));
      const applied = reports.map((report) => unwrap(report).applied.length).toSorted((a, b) => a - b);
      assert.deepEqual(applied, [0, 0, 0, 3]);
    });

    test("waiting for another process is bounded, and the session is left as it was", async (t) => {
      const connectionString = await freshDatabase(cluster);
      const [one, two] = [await connect(t, connectionString), await connect(t, connectionString)];
      const path = await directory(t, { "0001-slow.sql": "select pg_sleep(1)" });
      const slow = migrate(one, { directory: path });
      for (let held = false; !held;) {
        held = (await two.query("select 1 from pg_locks where locktype = 'advisory'")).rowCount === 1;
      }
      assert.equal(faultOf(await migrate(two, { directory: path, waitMs: 50 })).code, "store/migration-busy");
      assert.deepEqual((await two.query("show lock_timeout")).rows, [{ lock_timeout: "0" }]);
      unwrap(await slow);
      assert.equal(unwrap(await migrate(two, { directory: path })).before, 1);
    });
  });
}

const wrongFiles: readonly (readonly [string, Readonly<Record<string, string>>, RegExp])[] = [
  ["a gap", { "0001-a.sql": "", "0003-c.sql": "" }, /0002 is missing before "0003-c.sql"/],
  ["a beginning other than 1", { "0002-b.sql": "" }, /0001 is missing/],
  ["a number twice", { "0001-a.sql": "", "0001-b.sql": "" }, /0001 stands there twice/],
  ["a name that does not fit", { "1-a.sql": "" }, /"1-a.sql" has no proper name/],
  ["a commit of its own", { "0001-a.sql": "create table a (x int);\ncommit;\n" }, /controls its transaction/],
  ["a begin of its own", { "0001-a.sql": "BEGIN;\ncreate table a (x int);" }, /controls its transaction/],
];

for (const [what, content, message] of wrongFiles) {
  test(`files with ${what} are refused before the database is asked`, async (t) => {
    const fault = faultOf(await readMigrations(await directory(t, content)));
    assert.equal(fault.code, "store/migration-files");
    assert.match(fault.message, message);
  });
}

test("the body of a function and a comment may say begin and commit", async (t) => {
  const sql =
    "-- commit;\n/*\nbegin;\n*/\ncreate function f() returns void language plpgsql as $x$\nbegin\n  null;\nend;\n$x$;";
  assert.equal(unwrap(await readMigrations(await directory(t, { "0001-f.sql": sql, "README.md": "" }))).length, 1);
});

test("PostgreSQL 15 is the oldest server", () => {
  assert.deepEqual([140_021, 150_000, 180_004].map(isServerSupported), [false, true, true]);
});
