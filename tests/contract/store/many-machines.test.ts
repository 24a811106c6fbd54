/**
 * Counts of many machines in one batch: as many statements as for those of one. Statements are counted, not times; each
 * costs its sender and the database more than the row that it is about.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { applyFacts } from "../../../src/flows/apply-facts.ts";
import { openDatabase, type Database } from "../../../src/store/connection.ts";
import { postgresStore } from "../../../src/store/store.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { plant } from "../api/house.ts";
import { requirementOf, segmentOf } from "../../../src/operations/testing/order.ts";
import { countOf, now, openWorld, seedRun, type World } from "./world.ts";

/** A wire for each piece, by bill. */
const segment = segmentOf({ materials: [requirementOf({ mode: "bill" })] });

describe("PostgreSQL 18", { skip: clusterUnavailable({ major: 18 }) }, () => {
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

  /** @returns how often each statement was sent for one piece of each of so many runs */
  async function sentFor(runs: number): Promise<ReadonlyMap<string, number>> {
    const names = Array.from({ length: runs }, (_, n) => `many-${runs}-${n}`);
    for (const name of names) await world.store.transaction((tx) => seedRun(tx, name, { segments: [segment] }));
    const { connectionString } = world;
    const database = openDatabase({ connectionString, connectionsMax: 1, log: () => undefined });
    const sent = new Map<string, number>();
    const counts = names.map((name) => countOf(name, `run-${name}`));
    try {
      const ports = { site: plant, dispatched: { whyNotStored: () => null } };
      await postgresStore(heard(database, sent)).transaction((tx) => applyFacts(tx, ports, counts, now));
    } finally {
      await database.close();
    }
    const rows = await world.sql("select good_micro::text as good from job_order where id like $1", [
      `jo-many-${runs}-%`,
    ]);
    assert.deepEqual(
      rows.map((row) => row["good"]),
      names.map(() => "1000000"),
    );
    return sent;
  }

  test("a batch of forty machines sends what a batch of one sends", async () => {
    const [one, forty] = [await sentFor(1), await sentFor(40)];
    assert.equal(one.get("job-order.save"), 1);
    assert.equal(one.get("job-order.of-operations"), 1, "what is used by bill depends on the whole operation");
    assert.equal(one.get("view.touch-units"), 1, "what is used with a piece is not newer than the piece");
    assert.deepEqual([...forty], [...one]);
  });

  test("a job order that somebody else has changed meanwhile is named, and nothing is written", async () => {
    const [a, b] = await world.store.transaction(async (tx) => {
      for (const name of ["moved-a", "moved-b"]) await seedRun(tx, name);
      return tx.jobOrders.lock(["jo-moved-a", "jo-moved-b"]);
    });
    assert.ok(a && b);
    await world.store.transaction((tx) => tx.jobOrders.save([b]));
    const both = [a, b].map((row) => ({ ...row, goodMicro: 5n }));
    await assert.rejects(
      world.store.transaction((tx) => tx.jobOrders.save(both)),
      /Job order jo-moved-b was changed by somebody else meanwhile/,
    );
    const rows = await world.sql("select good_micro::text as good from job_order where id like 'jo-moved-%'");
    assert.deepEqual(
      rows.map((row) => row["good"]),
      ["0", "0"],
    );
  });
});

function heard(database: Database, sent: Map<string, number>): Database {
  const hear = (name: string): void => void sent.set(name, (sent.get(name) ?? 0) + 1);
  return {
    ...database,
    transaction: (work) =>
      database.transaction((query) =>
        work({
          run: (name, ...rest) => {
            hear(name);
            return query.run(name, ...rest);
          },
          post: (name, ...rest) => {
            hear(name);
            query.post(name, ...rest);
          },
        }),
      ),
  };
}
