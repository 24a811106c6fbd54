/**
 * What was posted is stated otherwise afterwards: taken back and posted anew in the simulated ERP, through PostgreSQL, the
 * delivery worker and the SAP connector.
 */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { systemClock } from "../../../src/base/clock.ts";
import { whole } from "../../../src/base/quantity.ts";
import { correctionOf, factOf, units } from "../../../src/operations/testing/order.ts";
import type { Fact, UnitGrade } from "../../../src/record/fact.ts";
import type { OrderSeed } from "../../../src/simulation/erp/order.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { oneOperation, openScene, runFacts, yields, type RunMade, type Scene } from "../final/scene.ts";

const skip = clusterUnavailable({ major: 18 });

/** Its pieces are received into 101A. */
const received: OrderSeed = { ...oneOperation, storageLocation: "101A" };

describe("a document that is wrong", { skip, timeout: 120_000 }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  before(async () => void (cluster = await withCluster({ major: 18 })));
  after(() => cluster?.close());
  afterEach(() => scene?.close());

  /** States a run, and keeps what was said, to take it back. */
  const made = async (name: string, what: RunMade): Promise<ReadonlyMap<Fact["body"]["kind"], Fact>> => {
    const facts = runFacts(name, what, systemClock.now());
    await scene.state(facts);
    return new Map(facts.map((fact) => [fact.body.kind, fact]));
  };
  const again = (fact: Fact | undefined, pieces: number, grade: UnitGrade = "good"): Fact => {
    assert.ok(fact);
    const { run, source, workUnit, eventAt } = fact;
    return factOf(`${fact.id}-${grade}`, eventAt, units(grade, whole(pieces, "C62")), { run, source, workUnit });
  };
  const takenBack = (fact: Fact | undefined): Fact => {
    assert.ok(fact);
    return correctionOf(fact);
  };
  const postings = async (): Promise<string[]> =>
    (await scene.postings()).map(({ kind, state, facts }) => `${kind} ${state}${facts > 0 ? ` ${facts}` : ""}`);
  /** Movements of the order: type and amount, what is cancelled with a minus. */
  const movements = (): string[] =>
    scene.erp.books
      .movementsOfOrder("1000001")
      .map((item) => `${item.isCancelled ? "-" : ""}${item.movementType} ${Number(item.quantity) / 1e6}`);

  test("good pieces were scrap: confirmation and receipt are taken back and posted anew, the issue stays", async () => {
    scene = await openScene(cluster, received, { receipt: "by us" });
    const first = await made("r1", { good: 10, wire: 10 });
    await scene.deliver();
    const counted = first.get("UnitsCounted");
    await scene.state([takenBack(counted), again(counted, 7), again(counted, 3, "scrap")]);
    await scene.deliver();
    assert.deepEqual(yields(scene), ["-10", "reverses 10", "7"]);
    assert.equal(Number(scene.confirmations().at(-1)?.scrap) / 1e6, 3);
    assert.deepEqual(movements().toSorted(), ["-101 10", "101 7", "102 10", "261 10"]);
    assert.equal(Number(scene.erp.books.order("1000001")?.received) / 1e6, 7);
    assert.deepEqual(await postings(), [
      "confirmation reversed",
      "goods-receipt reversed",
      "goods-issue confirmed 1",
      "confirmation-reversal confirmed",
      "movement-reversal confirmed",
      "confirmation confirmed 4",
      "goods-receipt confirmed 3",
    ]);
    assert.deepEqual(await scene.world.sql("select kind, cause, state from correction order by kind"), [
      { kind: "confirmation", cause: "other grade", state: "done" },
      { kind: "goods-receipt", cause: "fewer pieces", state: "done" },
    ]);
    assert.deepEqual(await scene.world.sql("select text from question"), []);
  });
});
