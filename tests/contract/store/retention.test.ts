/** Days of samples are made and dropped beside a backup and a collector, and neither has to wait for that. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Client } from "pg";
import { instant } from "../../../src/base/instant.ts";
import type { Tx } from "../../../src/flows/ports.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { openWorld, type World } from "./world.ts";

const skip = clusterUnavailable({ major: 18 });
const day = instant(Date.UTC(2031, 0, 1));
const old = instant(Date.UTC(2025, 0, 1));

describe("retention", { skip, timeout: 60_000 }, () => {
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
    assert.deepEqual(await world.store.transaction(drop), ["20200101"]);
  });
});
