/**
 * A goods issue that is refused for stock holds nothing else up and posts itself when the stock is there: through
 * PostgreSQL, the delivery worker, the SAP connector and the simulated ERP.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { receiveStock } from "../../../src/simulation/erp/receipt.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { oneOperation, openScene, yields, type Scene } from "../final/scene.ts";

describe("short stock", { skip: clusterUnavailable({ major: 18 }), timeout: 120_000 }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  before(async () => {
    cluster = await withCluster({ major: 18 });
    scene = await openScene(cluster, oneOperation, { stock: "4", receipt: true });
  });
  after(async () => {
    await scene?.close();
    await cluster?.close();
  });

  const states = async (): Promise<readonly string[]> =>
    (await scene.postings()).map(({ kind, state }) => `${kind} ${state}`).toSorted();

  test("the receipt is posted at once, the issue is parked with its reason, and later work goes on", async () => {
    await scene.run("r1", { good: 10, wire: 10 });
    const startedAt = performance.now();
    await scene.deliver({ until: async () => (await states()).includes("goods-receipt confirmed") });
    const receivedMs = performance.now() - startedAt;
    assert.ok(receivedMs < 10_000, `${Math.round(receivedMs)} ms`);
    await scene.run("r2", { good: 5 });
    await scene.deliver({ until: async () => yields(scene).length === 2 });
    await scene.deliver({
      until: async () => (await states()).filter((s) => s === "goods-receipt confirmed").length === 2,
    });
    assert.deepEqual(await states(), [
      "confirmation confirmed",
      "confirmation confirmed",
      "goods-issue refused",
      "goods-receipt confirmed",
      "goods-receipt confirmed",
    ]);
    const [issue] = await scene.world.sql(
      "select parked, fault ->> 'code' as code, fault ->> 'message' as message from posting where kind = 'goods-issue'",
    );
    assert.deepEqual([issue?.["parked"], issue?.["code"]], [true, "erp/sap-stock-short"]);
    assert.match(String(issue?.["message"]), /Post the missing receipt or transfer in SAP; Millrace then tries again/);
    const { outbox } = await scene.ports.store.transaction(async (tx) => ({ outbox: await tx.status.outbox() }));
    assert.deepEqual(outbox, { pending: 0, inDoubt: 0, refused: 0, parked: 1 });
  });

  test("when the stock is there the issue posts itself, once", async () => {
    receiveStock(scene.erp.books, {
      material: "WIRE",
      plant: "1010",
      storageLocation: "101C",
      quantity: "100",
      unit: "M",
    });
    await scene.deliver({ until: async () => (await states()).includes("goods-issue confirmed") });
    const issued = scene.erp.books.materialDocuments.flatMap(({ items }) =>
      items.filter(({ movementType }) => movementType === "261").map(({ quantity }) => Number(quantity) / 1e6),
    );
    assert.deepEqual(issued, [10]);
  });
});
