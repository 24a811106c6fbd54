/** The site's rule that makes an operation final: when it decides, and when never. */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { instant } from "../../../src/base/instant.ts";
import { whole } from "../../../src/base/quantity.ts";
import type { MadeOperation } from "../../../src/flows/finality-ports.ts";
import type { LeftToPeople } from "../../../src/flows/finalise.ts";
import type { Store } from "../../../src/flows/ports.ts";
import { consumed } from "../../../src/operations/testing/order.ts";
import { openDatabase, type Query } from "../../../src/store/connection.ts";
import { finalityRepository } from "../../../src/store/finality-repository.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { lookedAt } from "../store/looked-at.ts";
import { erpId, oneOperation, openScene, runFacts, yields, type Scene } from "./scene.ts";
import { unguarded } from "../store/world.ts";

describe("final by a rule", { skip: clusterUnavailable({ major: 18 }), timeout: 240_000 }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  before(async () => {
    cluster = await withCluster({ major: 18 });
  });
  after(() => cluster?.close());
  afterEach(() => scene?.close());

  /** All that was said is 40 minutes older. */
  const age = async (): Promise<void> => {
    await scene.world.sql(
      "update run set ended_at = ended_at - interval '40 minutes', started_at = started_at - interval '40 minutes'",
    );
    await unguarded(scene.world, () =>
      scene.world.sql("update fact set recorded_at = recorded_at - interval '40 minutes'"),
    );
  };

  test("a rule decides when what is ordered is made, no run is open and the time has passed; never before", async () => {
    scene = await openScene(cluster, oneOperation, { final: { afterMinutes: 30 } });
    await scene.run("r1", { good: 99 });
    await age();
    assert.equal(await scene.byRule(), 0, "one piece is missing");
    await scene.run("r2", { good: 1, ends: false });
    await age();
    assert.equal(await scene.byRule(), 0, "a run is open");
    await scene.state(runFacts("r2", { good: 1 }, scene.ports.clock.now()).slice(-1));
    assert.equal(await scene.byRule(), 0, "it has just ended");
    await age();
    await scene.world.sql(
      "insert into site_state (id, site, recovering_since) values (true, '', now()) on conflict (id) do update set recovering_since = now()",
    );
    assert.equal(await scene.byRule(), 0, "after a restore what happened is still being read");
    await scene.world.sql("update site_state set recovering_since = null");
    assert.deepEqual(
      (await Promise.all([scene.byRule(), scene.byRule()])).toSorted(),
      [0, 1],
      "two at once decide once",
    );
    const [row] = await scene.world.sql("select decided_by from finality");
    assert.deepEqual(row?.["decided_by"], {
      by: "rule",
      rule: "ordered quantity reached, no run open, 30 min since the last run",
    });
    await scene.deliver();
    assert.deepEqual(yields(scene), ["99", "1", "0F"]);
  });

  test("where amounts wait for a decision the rule waits as long again, and others keep their places", async () => {
    scene = await openScene(cluster, oneOperation, { final: { afterMinutes: 30 } });
    const [begun, made, ended] = runFacts("r1", { good: 100 }, scene.ports.clock.now());
    assert.ok(begun && made && ended);
    const glue = { ...made, id: "glue", body: consumed("GLUE", whole(1, "KGM")) };
    await scene.state([begun, made, glue, ended]);
    await age();
    let ms = 0;
    const looked: { readonly except: number; locked: number }[] = [];
    const store: Store = {
      transaction: (work) =>
        scene.ports.store.transaction((tx) =>
          work({
            ...tx,
            finalities: {
              ...tx.finalities,
              made: (...asked) => {
                const [, , , { request, except = [] } = {}] = asked;
                if (request === undefined) looked.push({ except: except.length, locked: 0 });
                return tx.finalities.made(...asked);
              },
            },
            runs: {
              ...tx.runs,
              ofRequest: (request) => {
                for (const look of looked.slice(-1)) look.locked += 1;
                return tx.runs.ofRequest(request);
              },
            },
          }),
        ),
    };
    const ports = { ...scene.ports, store, clock: { ...scene.ports.clock, monotonicMs: () => ms } };
    const left: LeftToPeople = new Map();
    for (ms of [0, 1_000, 29 * 60_000, 30 * 60_000]) assert.equal(await scene.byRule({ left, ports }), 0);
    assert.deepEqual(
      looked.map(({ locked }) => locked > 0),
      [true, false, false, true],
      "the order is locked and planned anew when the rule's time has passed once more",
    );
    assert.deepEqual(
      looked.map(({ except }) => except),
      [0, 1, 1, 0],
      "nothing of it is read before that",
    );
  });

  test("what the rule has left to people is not read, however much was said of it", async () => {
    scene = await openScene(cluster, oneOperation, { final: { afterMinutes: 30 } });
    await scene.run("r1", { good: 100 });
    await unguarded(scene.world, () =>
      scene.world.sql(
        `insert into fact select (jsonb_populate_record(f, jsonb_build_object('id', md5(n::text)))).*
         from fact f, generate_series(1, 500) n where f.run = 'r1' and f.kind = 'UnitsCounted'`,
      ),
    );
    await age();
    const { connectionString } = scene.world;
    const database = openDatabase({ connectionString, connectionsMax: 1, log: () => undefined });
    try {
      const look = (query: Query, except: readonly MadeOperation[]): Promise<readonly MadeOperation[]> =>
        finalityRepository(query).made(erpId, instant(Date.now() - 30 * 60_000), 10, { except });
      const found = await database.transaction((query) => look(query, []));
      assert.equal(found.length, 1);
      assert.ok((await lookedAt(database, (query) => look(query, []))) > 500, "else this shows nothing");
      const rows = await lookedAt(database, async (query) => assert.deepEqual(await look(query, found), []));
      assert.ok(rows < 50, `${rows} rows`);
    } finally {
      await database.close();
    }
  });

  test("without a rule nothing is ever final by itself", async () => {
    scene = await openScene(cluster, oneOperation);
    await scene.run("r1", { good: 100 });
    assert.equal(await scene.byRule(), 0);
    await scene.deliver();
    assert.deepEqual(yields(scene), ["100"]);
  });
});
