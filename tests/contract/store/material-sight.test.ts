/** Whose stock somebody sees who sees a part of the plant. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openDatabase, type Database } from "../../../src/store/connection.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { postgresViews } from "../../../src/store/view/view-store.ts";
import { openWorld, type World } from "./world.ts";

describe("stock in the eyes of a part of the plant", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let cluster: TestCluster;
  let world: World;
  let database: Database;
  before(async () => {
    cluster = await withCluster({ major: 18 });
    world = await openWorld(cluster);
    database = openDatabase({ connectionString: world.connectionString, log: () => undefined });
  });
  after(async () => {
    await database?.close();
    await world?.close();
    await cluster?.close();
  });

  test("what is loaded at a work unit is seen by whoever sees the unit, and by nobody else", async () => {
    await world.sql(
      `insert into fact (id, source, work_unit, kind, event_at, recorded_at, rule, map_version, revision, said_by, evidence, body)
       values ('f', 's', 'U1', 'StateEntered', now(), now(), 'state', 1, 0, '{"by": "machine", "source": "s"}', '[]', '{}')`,
    );
    await world.sql(
      `insert into movement (id, fact, material, micro, uom, from_account, to_account, event_at, recorded_at)
       values ('m', 'f', 'WIRE', 5000000, 'MTR', 'world:supplier', 'unit:U1/0123', now(), now())`,
    );
    const seenBy = (workUnits: readonly string[]): Promise<number> =>
      postgresViews(database)
        .read((views) =>
          views.materials.balances({ text: null, account: null, sight: { workUnits, accounts: [] } }, null, 10),
        )
        .then(({ length }) => length);
    assert.deepEqual([await seenBy(["U1"]), await seenBy(["U", "U10", "0123"]), await seenBy([])], [1, 0, 0]);
  });
});
