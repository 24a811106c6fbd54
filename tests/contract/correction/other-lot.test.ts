/** An issue was of another lot than was said: what cannot be taken back of the first one stays a person's. */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { sapConnector } from "../../../src/erp/sap/index.ts";
import { goOnCorrecting } from "../../../src/flows/correct.ts";
import { dismissPosting } from "../../../src/flows/decide-posting.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { oneOperation, openScene, type Scene } from "../final/scene.ts";
import { deskOf } from "./desk.ts";

const skip = clusterUnavailable({ major: 18 });

describe("an issue of another lot", { skip, timeout: 120_000 }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  before(async () => void (cluster = await withCluster({ major: 18 })));
  after(() => cluster?.close());
  afterEach(() => scene?.close());
  const { made, usedAgain, takenBack, postings, decide } = deskOf(() => scene);

  test("what a person kept out was of another lot: that stays a question when the document of the right lot is planned anew", async () => {
    scene = await openScene(cluster, oneOperation);
    const used = (await made("r1", { good: 10, wire: 10 })).get("MaterialConsumed");
    assert.equal(await decide(dismissPosting, "goods-issue", "planned"), "dismissed");
    const right = usedAgain(used, 10, "LOT-A");
    const look = (): Promise<number> => goOnCorrecting(scene.ports, "s4", sapConnector.corrections);
    const asked = (): Promise<unknown> => scene.world.sql("select state, text from question");
    const text = "Less WIRE than was already issued. The ERP's documents must be corrected by a decision.";
    await scene.state([takenBack(used), right]);
    await look();
    assert.deepEqual(await asked(), [{ state: "open", text }]);
    await scene.state([takenBack(right), usedAgain(right, 8, "LOT-A")]);
    for (let i = 0; i < 3; i += 1) await look();
    assert.deepEqual((await postings()).slice(1), [
      "goods-issue dismissed 1",
      "goods-issue dismissed",
      "goods-issue planned 3",
    ]);
    assert.deepEqual(await asked(), [{ state: "open", text }]);
  });
});
