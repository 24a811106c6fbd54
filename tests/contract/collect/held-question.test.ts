/** As long as a machine is held somebody has an open question, and words alone do not close it. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { answerQuestion, dismissQuestion } from "../../../src/flows/decide-question.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { openScene, orderOf, type Scene } from "../../view/scene.ts";
import { by } from "../store/mend-scene.ts";
import { heldPlant, until } from "./held-plant.ts";

describe("the question about a machine that is held", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  before(async () => {
    cluster = await withCluster({ major: 18 });
    scene = await openScene(cluster);
    await scene.accept(orderOf("1000001"));
  });
  after(async () => {
    await scene?.close();
    await cluster?.close();
  });

  test("is closed by no words, and one that was closed is open again while the machine is held", async (t) => {
    const plant = await heldPlant(t, scene);
    await plant.say("cutter-1", 1, [{ "Run/Job": "1000001-0010", "Run/Active": 1, "Pieces/Good": 4 }]);
    await plant.read();
    await scene.sql("update sample_batch set bytes = 'rotten'");
    await plant.say("cutter-1", 9, [{ "Pieces/Good": 5 }]);
    const first = await plant.start();
    await until(async () => (await plant.questions()).length > 0);
    const [asked] = await plant.questions();
    const command = {
      ...by(Number(asked?.["version"]), "p-1", "c-words"),
      question: Number(asked?.["id"]),
    };
    const answered = await answerQuestion(scene, { ...command, answer: "noted" });
    assert.equal(answered.ok ? null : answered.fault.code, "decision/kept-held");
    assert.match(answered.ok ? "" : answered.fault.message, /begun anew/);
    const dismissed = await dismissQuestion(scene, { ...command, id: "c-dismiss" });
    assert.equal(dismissed.ok ? null : dismissed.fault.code, "decision/kept-held");
    assert.deepEqual(
      (await plant.questions()).map(({ state }) => state),
      ["open"],
    );
    await first.close();

    // As a version before this one let it be answered.
    await scene.sql(`update question set state = 'answered', answer = '{"text": "noted"}', answered_at = now()`);
    const second = await plant.start();
    t.after(() => second.close());
    await until(() => second.fault("cutter-1") !== null);
    await until(async () => (await plant.questions()).every(({ state }) => state === "open"));
    assert.equal((await plant.questions()).length, 1);
  });
});
