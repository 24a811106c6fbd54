/** What was posted is taken back while the ERP has ended its order: a person is asked. When the order is released again, it is corrected by itself. */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { whole } from "../../../src/base/quantity.ts";
import { sapConnector } from "../../../src/erp/sap/index.ts";
import { goOnCorrecting } from "../../../src/flows/correct.ts";
import type { OperationsRequest } from "../../../src/isa95/schedule/operations-request.ts";
import { correctionOf, factOf, segmentOf, units } from "../../../src/operations/testing/order.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { at, openScene, orderOf, type Scene } from "../../view/scene.ts";

const of = { run: "ra", source: "cutter-1", workUnit: "CUT-1" };
const began = { kind: "JobStarted", job: "1000001-0010", article: "P-1", outside: false } as const;
const three = factOf("c3", at(5), units("good", whole(3, "C62")), of);
const postedText = `select kind || ' ' || state || ' ' || coalesce((content #>> '{response,segment,good,micro}')::bigint / 1000000, 0) as what
  from posting where kind <> 'order-accepted' order by ordinal`;

describe("an order that is released again", { skip: clusterUnavailable({ major: 18 }), timeout: 240_000 }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  before(async () => void (cluster = await withCluster({ major: 18 })));
  after(() => cluster?.close());
  afterEach(() => scene?.close());

  const settle = async (): Promise<void> => {
    for (let looks = 0; looks < 6; looks += 1) {
      await scene.deliver();
      await goOnCorrecting(scene, "s4", sapConnector.corrections);
    }
  };
  const version = async (name: string, state: OperationsRequest["state"]): Promise<void> => {
    const segments = [segmentOf({ workCenter: "CUT", materials: [] })];
    assert.equal(await scene.accept(orderOf("1000001", { version: name, state, segments })), "accepted");
    await settle();
  };
  /** Ten are posted; the order is ended, and three of them turn out not to be there. */
  const ended = async (state: "Closed" | "Cancelled"): Promise<void> => {
    scene = await openScene(cluster);
    await version("1", "Released");
    const seven = factOf("c7", at(4), units("good", whole(7, "C62")), of);
    const finished = factOf("e", at(9), { kind: "JobEnded", result: "finished" }, of);
    await scene.state(factOf("b", at(1), began, of), seven, three, finished);
    await settle();
    await version("2", state);
    await scene.state(correctionOf(three));
    await settle();
    assert.deepEqual(await questions(), ["confirmation open", "goods-receipt open"]);
    assert.deepEqual(await posted(), ["confirmation confirmed 10", "goods-receipt confirmed 10"]);
  };
  const column = async (text: string): Promise<unknown[]> =>
    (await scene.sql(text)).flatMap((row) => Object.values(row));
  const posted = (): Promise<unknown[]> => column(postedText);
  const questions = (): Promise<unknown[]> =>
    column("select split_part(subject, '/', 1) || ' ' || state from question order by 1");

  for (const state of ["Closed", "Cancelled"] as const)
    test(`${state}: its documents are taken back and posted anew, and nobody is asked any more`, async () => {
      await ended(state);
      await version("3", "Released");
      assert.deepEqual(await posted(), [
        "confirmation reversed 10",
        "goods-receipt reversed 10",
        "confirmation-reversal confirmed 0",
        "movement-reversal confirmed 0",
        "confirmation confirmed 7",
        "goods-receipt confirmed 7",
      ]);
      assert.deepEqual(await questions(), ["confirmation answered", "goods-receipt answered"]);
      assert.deepEqual(await column("select distinct state from correction"), ["done"]);
    });

  test("what a person has put right meanwhile stays as it is", async () => {
    await ended("Closed");
    await scene.sql("update question set state = 'answered', answered_at = now() where subject like 'goods-receipt/%'");
    await version("3", "Released");
    assert.deepEqual((await posted()).slice(0, 2), ["confirmation reversed 10", "goods-receipt confirmed 10"]);
    assert.equal((await posted()).length, 4);
  });

  test("ended once more before that, it is asked about as before", async () => {
    await ended("Closed");
    const segments = [segmentOf({ workCenter: "CUT", materials: [] })];
    await scene.accept(orderOf("1000001", { version: "3", segments }));
    await version("4", "Closed");
    assert.deepEqual(await posted(), ["confirmation confirmed 10", "goods-receipt confirmed 10"]);
    assert.deepEqual(await questions(), ["confirmation open", "goods-receipt open"]);
    await version("5", "Released");
    assert.deepEqual(await questions(), ["confirmation answered", "goods-receipt answered"]);
  });
});
