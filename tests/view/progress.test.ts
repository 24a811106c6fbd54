/** How far an order has come, as the list of orders shows it. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { rebuildViews } from "../../src/store/view/rebuild.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../src/store/testing/cluster.ts";
import { ask } from "./asking.ts";
import { at, openScene, orderOf, type Scene } from "./scene.ts";

describe("the progress of an order", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  before(async () => {
    cluster = await withCluster({ major: 18 });
    scene = await openScene(cluster);
  });
  after(async () => {
    await scene?.close();
    await cluster?.close();
  });

  const progress = async (): Promise<readonly string[]> =>
    (await ask(scene, "GET /api/v1/orders", { query: {} })).items.map((order) => order.progress);

  test("one that the ERP holds while its run has counted nothing has begun", async () => {
    await scene.accept(orderOf("1000001"));
    assert.deepEqual(await progress(), ["open"]);
    const begun = { "Run/Job": "1000001-0010", "Run/Active": 1, "Pieces/Good": 0, "Run/Ended": 0, "Run/LastEnded": 0 };
    await scene.say("cutter-1", at(1), { ...begun, "Run/Result": "" });
    assert.deepEqual(await progress(), ["running"]);
    await scene.accept(orderOf("1000001", { version: "2", state: "Held" }));
    const [held] = await scene.sql("select state from job_order where segment = '0010'");
    assert.equal(held?.["state"], "held");
    assert.deepEqual(await progress(), ["running"]);
    await scene.accept(orderOf("1000001", { version: "3" }));
    assert.deepEqual(await progress(), ["running"]);
    await scene.database.transaction(rebuildViews);
    assert.deepEqual(await progress(), ["running"]);
  });
});
