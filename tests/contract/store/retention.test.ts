/** Days of samples are made and dropped beside a backup and a collector, and neither has to wait for that. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Client } from "pg";
import { instant } from "../../../src/base/instant.ts";
import type { Tx } from "../../../src/flows/ports.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { openWorld, type World } from "./world.ts";

const skip = clusterUnavailable({ major: 18 });
const day = instant(Date.UTC(2031, 0, 1));
const old = instant(Date.UTC(2025, 0, 1));

describe("retention", { skip, timeout: 240_000 }, () => {
  let cluster: TestCluster;
  let world: World;
  before(async () => {
    cluster = await withCluster({ major: 18 });
    world = await openWorld(cluster);
  });
  after(async () => {
    await world?.close();
    await cluster?.close();
  });

  const keep = (ordinal: number): Promise<unknown> =>
    world.sql(
      `insert into sample_batch (recorded_on, source, ordinal, from_at, to_at, samples, bytes)
       values ('2031-01-01', 's', $1, now(), now(), 1, '')`,
      [ordinal],
    );
  const days = async (): Promise<unknown[]> =>
    (
      await world.sql(
        `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
         where i.inhparent = 'sample_batch'::regclass and c.relname <> 'sample_batch_default' order by 1`,
      )
    ).map((row) => row["name"]);

  /** As a backup reads: everything is locked until it ends. */
  async function reading(work: () => Promise<void>): Promise<void> {
    const backup = new Client({ connectionString: world.connectionString, options: "-c search_path=millrace" });
    await backup.connect();
    try {
      await backup.query("begin isolation level repeatable read, read only");
      await backup.query("lock table sample_batch in access share mode");
      await work();
    } finally {
      await backup.end();
    }
  }

  /** As pages that were torn when the power failed: the server finds none there. */
  async function damage(table: string): Promise<void> {
    await world.sql(
      `insert into ${table} (recorded_on, source, ordinal, from_at, to_at, samples, bytes)
       values ('2020-02-02', 's', 1, now(), now(), 1, '')`,
    );
    // Written anew, its pages are in the files alone.
    await world.sql(`vacuum full ${table}`);
    const files = await world.sql(
      `select current_setting('data_directory') as folder, pg_relation_filepath(c.oid) as path from pg_class c
       where c.oid = $1::regclass or c.oid in (select indexrelid from pg_index where indrelid = $1::regclass)`,
      [table],
    );
    for (const { folder, path } of files)
      await writeFile(join(String(folder), String(path)), Buffer.alloc(4 * 8192, 0xff));
  }

  test("samples go on being kept while a backup runs; days are made and dropped when it has ended", async () => {
    await world.sql(
      "create table sample_batch_20200101 partition of sample_batch for values from ('2020-01-01') to ('2020-01-02')",
    );
    await world.sql("set lock_timeout = '5s'");
    const make = (tx: Tx): Promise<unknown> => tx.retention.prepareDays(day, 1);
    const drop = (tx: Tx): Promise<unknown> => tx.retention.dropBefore(old);
    const before = await days();
    await reading(async () => {
      let ordinal = 0;
      for (const work of [make, drop]) {
        const house = assert.rejects(world.other.transaction(work), { code: "55P03" });
        let looks = 0;
        while (looks < 1_000 && (await world.waiting()) === 0) looks += 1;
        await keep((ordinal += 1));
        await house;
      }
    });
    assert.deepEqual(await days(), before);
    await world.store.transaction(make);
    // The first day has samples already: they stand where no day was made.
    assert.deepEqual(await days(), [...before, "sample_batch_20310102"]);
    assert.deepEqual(await world.store.transaction(drop), { dropped: ["20200101"], unread: [] });
  });

  test("a day that cannot be read stays and is named; those beside it are dropped", async () => {
    for (const [name, from, to] of [
      ["20200201", "2020-02-01", "2020-02-02"],
      ["20200202", "2020-02-02", "2020-02-03"],
      ["20200203", "2020-02-03", "2020-02-04"],
    ])
      await world.sql(
        `create table sample_batch_${name} partition of sample_batch for values from ('${from}') to ('${to}')`,
      );
    await damage("sample_batch_20200202");
    const dropped = await world.store.transaction((tx) => tx.retention.dropBefore(old));
    assert.deepEqual(dropped, { dropped: ["20200201", "20200203"], unread: ["20200202"] });
    assert.ok((await days()).includes("sample_batch_20200202"));
  });
});
