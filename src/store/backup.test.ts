/** Backup and restore between real servers: everything comes back, from one moment, or nothing does. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, test, type TestContext } from "node:test";
import { systemClock } from "../base/clock.ts";
import { unwrap, type Result } from "../base/result.ts";
import { backup, type BackupOptions } from "./backup.ts";
import { createArchive, openArchive } from "./backup/archive.ts";
import { parseManifest } from "./backup/manifest.ts";
import {
  connect,
  contentOf,
  fill,
  fixtureDirectory,
  fixtureFiles,
  temporaryDirectory,
} from "./backup/testing/fixture.ts";
import { restore, type RestoreOptions } from "./restore.ts";
import {
  clusterUnavailable,
  freshDatabase,
  withCluster,
  type TestCluster,
  type TestedMajor,
} from "./testing/cluster.ts";

const clusters = new Map<TestedMajor, TestCluster>();

before(async () => {
  for (const major of [15, 18] as const) {
    if (!clusterUnavailable({ major })) clusters.set(major, await withCluster({ major }));
  }
});
after(async () => {
  for (const cluster of clusters.values()) await cluster.close();
});

function database(major: TestedMajor): Promise<string> {
  const cluster = clusters.get(major);
  assert.ok(cluster);
  return freshDatabase(cluster);
}

function faultOf(result: Result<unknown>): { code: string; message: string; cause?: unknown } {
  return result.ok ? { code: "ok", message: "" } : result.fault;
}

interface Bench {
  readonly directory: string;
  readonly migrations: string;
  readonly source: string;
  readonly make: (more?: Partial<BackupOptions>) => ReturnType<typeof backup>;
  readonly read: (connectionString: string, more?: Partial<RestoreOptions>) => ReturnType<typeof restore>;
  readonly file: string;
}

async function bench(t: TestContext, major: TestedMajor): Promise<Bench> {
  const directory = await temporaryDirectory(t);
  const migrations = await fixtureDirectory(t);
  const source = await database(major);
  const file = join(directory, "one.backup");
  return {
    directory,
    migrations,
    source,
    file,
    make: (more) => backup({ connectionString: source, buffers: [], out: file, clock: systemClock, ...more }),
    read: (connectionString, more) =>
      restore({ file, connectionString, buffersDir: join(directory, "buffers"), migrations, ...more }),
  };
}

async function isEmpty(t: TestContext, connectionString: string): Promise<boolean> {
  const client = await connect(t, connectionString);
  const found = await client.query("select 1 from pg_namespace where nspname = 'millrace'");
  return found.rowCount === 0;
}

const journeys = [
  [18, 18],
  [15, 18],
  [18, 15],
  [15, 15],
] as const;

describe("round trip", () => {
  for (const [from, to] of journeys) {
    const skip = clusterUnavailable({ major: from }) || clusterUnavailable({ major: to });
    test(`PostgreSQL ${from} to ${to}: every value, partition, sequence and key is the same`, { skip }, async (t) => {
      const b = await bench(t, from);
      const source = await fill(t, b.source, b.migrations);
      const expected = await contentOf(source);
      const steps: string[] = [];
      const made = unwrap(await b.make({ progress: (step) => steps.push(`${step.name} ${step.done}/${step.total}`) }));
      assert.deepEqual([made.migration, made.tables, made.bytes], [2, 9, (await stat(b.file)).size]);
      assert.equal(steps.at(-1), "tree 9/9");
      assert.deepEqual(await readdir(b.directory), ["one.backup"], "nothing else is left");

      const goal = await database(to);
      const report = unwrap(await b.read(goal));
      assert.equal(report.rows, made.rows);
      const target = await connect(t, goal);
      assert.deepEqual(await contentOf(target), expected);
      // Keys, triggers and identities work as before.
      await assert.rejects(target.query("insert into tree values ('U', 'nobody')"), /violates foreign key/);
      await assert.rejects(
        target.query("insert into sample_note values ('2025-01-02', 'm', 999999)"),
        /violates foreign key/,
      );
      await assert.rejects(target.query("delete from movement"), /append only/);
      assert.deepEqual((await target.query("insert into movement values (99, 1) returning seen")).rows, [{ seen: 1 }]);
      const states =
        "select string_agg(tgname || tgenabled::text, ' ' order by tgname) as s from pg_trigger where not tgisinternal";
      assert.deepEqual((await target.query(states)).rows, (await source.query(states)).rows);
      const next = "insert into everything (note) values ('next') returning id, note_length";
      assert.deepEqual((await target.query(next)).rows, [{ id: "1002", note_length: 4 }]);
    });
  }

  test(
    "an owner who is no superuser can make and read a backup",
    { skip: clusterUnavailable({ major: 18 }) },
    async (t) => {
      const b = await bench(t, 18);
      const role = `owner_${process.pid}`;
      const admin = await connect(t, b.source);
      await admin.query(`create role ${role} login`);
      const owned = async (connectionString: string): Promise<string> => {
        const name = new URL(connectionString).pathname.slice(1);
        await admin.query(`alter database ${name} owner to ${role}`);
        return connectionString.replace("//tester@", `//${role}@`);
      };
      const source = await fill(t, await owned(b.source), b.migrations);
      unwrap(await b.make({ connectionString: await owned(b.source) }));
      const goal = await owned(await database(18));
      unwrap(await b.read(goal));
      assert.deepEqual(await contentOf(await connect(t, goal)), await contentOf(source));
    },
  );
});

describe("one moment", { skip: clusterUnavailable({ major: 18 }) }, () => {
  test("while a writer commits, every table is of the same moment", async (t) => {
    const b = await bench(t, 18);
    const ledgers = "create table a_ledger (n integer); create table z_ledger (n integer);";
    const migrations = await fixtureDirectory(t, { ...fixtureFiles, "0003-ledgers.sql": ledgers });
    const client = await fill(t, b.source, migrations);
    await client.query("insert into movement select n, 1 from generate_series(1000, 120000) n");
    const writer = await connect(t, b.source);
    let written = 0;
    const stopped = new AbortController();
    const writing = (async () => {
      for (; !stopped.signal.aborted; written++) {
        // One transaction, two tables: the first and the last that the backup reads.
        await writer.query("begin");
        await writer.query("insert into millrace.a_ledger values ($1)", [written]);
        await writer.query("insert into millrace.z_ledger values ($1)", [written]);
        await writer.query("commit");
      }
    })();
    const at = { first: 0, last: 0 };
    const made = await b.make({
      progress: ({ name }) => {
        if (name === "a_ledger") at.first = written;
        if (name === "z_ledger") at.last = written;
      },
    });
    stopped.abort();
    await writing;
    unwrap(made);
    assert.ok(at.last > at.first + 1, "the writer has committed while the backup was made");
    const goal = await database(18);
    unwrap(await b.read(goal, { migrations }));
    const restored = await contentOf(await connect(t, goal));
    assert.deepEqual(restored["z_ledger"], restored["a_ledger"]);
    assert.equal((restored["movement"] as unknown[]).length, 119_051);
  });

  test("a partition cannot be dropped from under a backup", async (t) => {
    const b = await bench(t, 18);
    const client = await fill(t, b.source, b.migrations);
    // Keeps the backup busy between its first table and the partitioned one.
    await client.query("insert into movement select n, 1 from generate_series(1000, 120000) n");
    const other = await connect(t, b.source);
    await other.query("set lock_timeout = 50");
    let dropping: Promise<string> | undefined;
    const made = await b.make({
      progress: () => {
        dropping ??= other.query("drop table millrace.sample_2025_01_k cascade").then(
          () => "dropped",
          (error: unknown) => String(error),
        );
      },
    });
    unwrap(made);
    assert.ok(dropping, "the other one has tried");
    const outcome = await dropping;
    const goal = await database(18);
    unwrap(await b.read(goal));
    const restored = await connect(t, goal);
    assert.equal((await restored.query("select 1 from millrace.sample where unit = 'k''1'")).rowCount, 60);
    assert.match(outcome, /lock timeout/);
  });
});

describe("the gateways' buffers", { skip: clusterUnavailable({ major: 18 }) }, () => {
  test("a buffer that is being written to comes back consistent, with all that was committed", async (t) => {
    const b = await bench(t, 18);
    await fill(t, b.source, b.migrations);
    const path = join(b.directory, "gateway-1.sqlite");
    const writer = new DatabaseSync(path);
    t.after(() => writer.close());
    writer.exec(
      "pragma journal_mode = wal; pragma synchronous = full; create table sample (n integer primary key, body blob)",
    );
    const insert = writer.prepare("insert into sample (body) values (randomblob(2000))");
    for (let n = 0; n < 3000; n++) insert.run();
    const timer = setInterval(() => insert.run(), 1);
    const made = await b.make({ buffers: [path] });
    clearInterval(timer);
    unwrap(made);
    const buffersDir = join(b.directory, "back");
    const report = unwrap(await b.read(await database(18), { buffersDir }));
    assert.deepEqual(report.buffers, ["gateway-1.sqlite"]);
    assert.deepEqual(await readdir(buffersDir), ["gateway-1.sqlite"]);
    const copy = new DatabaseSync(join(buffersDir, "gateway-1.sqlite"), { readOnly: true });
    assert.deepEqual({ ...copy.prepare("pragma integrity_check").get() }, { integrity_check: "ok" });
    const { n } = copy.prepare("select count(*) as n from sample").get() as { n: number };
    copy.close();
    assert.ok(n >= 3000);
  });

  test("a buffer that is missing, shares its name or would be overwritten is refused", async (t) => {
    const b = await bench(t, 18);
    await fill(t, b.source, b.migrations);
    const [one, two] = [join(b.directory, "g.sqlite"), join(b.directory, "sub", "g.sqlite")];
    await mkdir(join(b.directory, "sub"));
    for (const path of [one, two]) new DatabaseSync(path).close();
    assert.equal(faultOf(await b.make({ buffers: [join(b.directory, "none.sqlite")] })).code, "store/buffer-missing");
    assert.equal(faultOf(await b.make({ buffers: [one, two] })).code, "store/buffer-missing");
    unwrap(await b.make({ buffers: [one] }));
    const goal = await database(18);
    assert.equal(faultOf(await b.read(goal, { buffersDir: b.directory })).code, "store/buffer-exists");
    assert.ok(await isEmpty(t, goal));
  });
});

describe("refusals", { skip: clusterUnavailable({ major: 18 }) }, () => {
  test("any flipped byte and any cut is seen before anything is touched", async (t) => {
    const b = await bench(t, 18);
    await fill(t, b.source, b.migrations);
    unwrap(await b.make());
    const whole = await readFile(b.file);
    const goal = await database(18);
    const damaged = join(b.directory, "damaged.backup");
    const spots = [0, 5, 16, 20, 25, whole.length - 1, whole.length - 33, whole.length - 36, whole.length - 40];
    for (let n = 1; n < 40; n++) spots.push(Math.floor((whole.length * n) / 40));
    for (const at of spots) {
      const bytes = Buffer.from(whole);
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (at % 8)), at);
      await writeFile(damaged, bytes);
      assert.equal(faultOf(await b.read(goal, { file: damaged })).code, "store/backup-damaged", `byte ${at}`);
    }
    for (const length of [0, 1, 15, 16, 40, 60, Math.floor(whole.length / 2), whole.length - 32, whole.length - 1]) {
      await writeFile(damaged, whole);
      await truncate(damaged, length);
      assert.equal(faultOf(await b.read(goal, { file: damaged })).code, "store/backup-damaged", `cut at ${length}`);
    }
    assert.equal(faultOf(await b.read(goal, { file: join(b.directory, "none") })).code, "store/backup-unreadable");
    assert.ok(await isEmpty(t, goal));
    unwrap(await b.read(goal));
  });

  test("another format, and a name that leads out of its place, are refused although the digest fits", async (t) => {
    const b = await bench(t, 18);
    await fill(t, b.source, b.migrations);
    unwrap(await b.make());
    const sound = unwrap(parseManifest(unwrap(await openArchive(b.file)).manifest));
    const digest = "0".repeat(64);
    const wrong = [
      { ...sound, formatVersion: 2 },
      { ...sound, buffers: [{ name: "../outside.sqlite", bytes: 0, sha256: digest }] },
      { ...sound, sequences: [{ name: "s", last: "1; drop", isCalled: true }] },
      { formatVersion: 1 },
      null,
    ];
    const goal = await database(18);
    for (const [at, manifest] of wrong.entries()) {
      const file = join(b.directory, `wrong-${at}.backup`);
      await (await createArchive(file)).finish(manifest);
      assert.equal(faultOf(await b.read(goal, { file })).code, "store/backup-format", `manifest ${at}`);
    }
    // A manifest that fits, and entries that do not: nothing is loaded.
    const file = join(b.directory, "hollow.backup");
    await (await createArchive(file)).finish(sound);
    const fault = faultOf(await b.read(goal, { file }));
    assert.equal(fault.code, "store/restore-failed");
    assert.match(fault.message, /lacks table\//);
    assert.ok(await isEmpty(t, goal));
  });

  test("a database that holds anything is refused and left alone", async (t) => {
    const b = await bench(t, 18);
    await fill(t, b.source, b.migrations);
    unwrap(await b.make());
    const goal = await database(18);
    const client = await connect(t, goal);
    await client.query("create table public.mine as select 1 as x");
    const fault = faultOf(await b.read(goal));
    assert.equal(fault.code, "store/database-not-empty");
    assert.match(fault.message, /public\.mine/);
    await client.query("drop table mine");
    unwrap(await b.read(goal));
    assert.equal(faultOf(await b.read(goal)).code, "store/database-not-empty", "not even a second time");
  });

  test("a backup of a newer Millrace, or of other migrations, is refused", async (t) => {
    const b = await bench(t, 18);
    await fill(t, b.source, b.migrations);
    unwrap(await b.make());
    const goal = await database(18);
    const older = await fixtureDirectory(t, { "0001-kinds.sql": fixtureFiles["0001-kinds.sql"] ?? "" });
    assert.equal(faultOf(await b.read(goal, { migrations: older })).code, "store/backup-newer");
    const other = await fixtureDirectory(t, { ...fixtureFiles, "0002-links.sql": "select 1;" });
    assert.equal(faultOf(await b.read(goal, { migrations: other })).code, "store/migration-changed");
    assert.ok(await isEmpty(t, goal));
  });

  test("a file that is there, a database without a schema and a server that is away are refused; nothing is left", async (t) => {
    const b = await bench(t, 18);
    assert.equal(faultOf(await b.make()).code, "store/backup-empty");
    const nowhere = "postgres://tester@127.0.0.1:1/nothing";
    assert.equal(faultOf(await b.make({ connectionString: nowhere })).code, "store/backup-failed");
    assert.equal(faultOf(await b.make({ out: join(b.directory, "no", "such", "place") })).code, "store/backup-failed");
    assert.deepEqual(await readdir(b.directory), []);
    await writeFile(b.file, "precious");
    assert.equal(faultOf(await b.make()).code, "store/backup-exists");
    assert.equal(await readFile(b.file, "utf8"), "precious");
  });
});

describe("recovery", { skip: clusterUnavailable({ major: 18 }) }, () => {
  const newer = { ...fixtureFiles, "0003-later.sql": "alter table seeded add column later text default 'new';" };

  test("the marker is set in the transaction of the data, then newer migrations run", async (t) => {
    const b = await bench(t, 18);
    await fill(t, b.source, b.migrations);
    unwrap(await b.make());
    const goal = await database(18);
    const migrations = await fixtureDirectory(t, newer);
    const told: unknown[] = [];
    const report = unwrap(
      await b.read(goal, {
        migrations,
        afterLoad: async (client, made) => {
          const columns = await client.query("select * from seeded limit 0");
          told.push(made.migration, made.schema, columns.fields.length);
          await client.query("insert into seeded values (77, 'recovering')");
        },
      }),
    );
    assert.deepEqual(told, [2, "millrace", 2]);
    assert.deepEqual([report.migration, report.migrationNow], [2, 3]);
    const client = await connect(t, goal);
    assert.deepEqual((await client.query("select * from millrace.seeded where id = 77")).rows, [
      { id: 77, label: "recovering", later: "new" },
    ]);
  });

  test("a restore that fails at the very end leaves nothing, neither rows nor buffers", async (t) => {
    const b = await bench(t, 18);
    await fill(t, b.source, b.migrations);
    const path = join(b.directory, "g.sqlite");
    new DatabaseSync(path).close();
    unwrap(await b.make({ buffers: [path] }));
    const goal = await database(18);
    const buffersDir = join(b.directory, "back");
    const fault = faultOf(await b.read(goal, { buffersDir, afterLoad: () => Promise.reject(new Error("power cut")) }));
    assert.equal(fault.code, "store/restore-failed");
    assert.match(fault.message, /power cut/);
    assert.ok(await isEmpty(t, goal));
    assert.deepEqual(existsSync(buffersDir) ? await readdir(buffersDir) : [], []);
    unwrap(await b.read(goal, { buffersDir }));
  });
});
