/** The reason on the floor is the one of the stop that goes on, whenever it was given and whatever else was explained since. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { correctionOf, factOf } from "../../src/operations/testing/order.ts";
import type { Fact, MachineState } from "../../src/record/fact.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../src/store/testing/cluster.ts";
import { ask } from "./asking.ts";
import { at, openScene, type Scene } from "./scene.ts";

describe("the reason of a stop", { skip: clusterUnavailable({ major: 18 }) }, () => {
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

  const place = { run: null, workUnit: "CUT-1", source: "cutter-1" };
  const entered = (seconds: number, state: MachineState): Fact =>
    factOf(`entered-${seconds}`, at(seconds), { kind: "StateEntered", state, raw: "7" }, place);
  const explained = (seconds: number, since: number, reason: string): Fact =>
    factOf(
      `explained-${seconds}`,
      at(seconds),
      { kind: "StopExplained", since: at(since), reason },
      { ...place, source: "manual:CUT-1" },
    );
  const shown = async (): Promise<readonly unknown[]> => {
    const { state } = await ask(scene, "GET /api/v1/units/:unit", { params: { unit: "CUT-1" } });
    return [state?.state, state?.reason];
  };

  test("a stop that is over is explained while the next one goes on: that one has no reason yet", async () => {
    await scene.state(entered(10, "held"), entered(20, "production"), entered(30, "held"));
    await scene.state(explained(40, 10, "jam"));
    assert.deepEqual(await shown(), ["held", null]);
  });

  test("the stop that goes on keeps its own reason", async () => {
    await scene.state(explained(41, 30, "no-material"));
    assert.deepEqual(await shown(), ["held", "no-material"]);
    await scene.state(explained(42, 10, "cleaning"));
    assert.deepEqual(await shown(), ["held", "no-material"]);
    const better = explained(43, 30, "no-tool");
    await scene.state(better);
    assert.deepEqual(await shown(), ["held", "no-tool"], "of two for one stop the later one counts");
    await scene.state(correctionOf(better));
    assert.deepEqual(await shown(), ["held", "no-material"]);
  });
});
