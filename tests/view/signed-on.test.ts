/** Who signed on while an order ran, on its time line: not who was said to have by mistake. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { correctionOf, factOf } from "../../src/operations/testing/order.ts";
import type { PersonKey } from "../../src/isa95/resource/person.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../src/store/testing/cluster.ts";
import { ask } from "./asking.ts";
import { at, openScene, orderOf, type Scene } from "./scene.ts";

describe("people on a time line", { skip: clusterUnavailable({ major: 18 }) }, () => {
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

  test("who was signed on by mistake, and taken back, was not there", async () => {
    await scene.accept(orderOf("1000001"));
    const zero = { "Pieces/Good": 0, "Pieces/Scrap": 0, "Wire/Used": 0, "Run/Ended": 0, "Run/LastEnded": 0 };
    await scene.say("cutter-1", at(1), {
      "Run/Job": "1000001-0010",
      "Run/Active": 1,
      "Run/Result": "",
      State: "run",
      ...zero,
    });
    const signedOn = (seconds: number, person: string) =>
      factOf(
        `on-${person}`,
        at(seconds),
        { kind: "PersonSignedOn", person: person as PersonKey },
        { run: null, workUnit: "CUT-1", source: "manual:CUT-1" },
      );
    const wrong = signedOn(20, "p-2");
    await scene.state(signedOn(10, "p-1"), wrong);
    await scene.state(correctionOf(wrong));
    const { items } = await ask(scene, "GET /api/v1/orders/:order/timeline", {
      params: { order: "s4//1000001" },
      query: { kinds: "person" },
    });
    assert.deepEqual(
      items.map(({ code, values }) => [code, values["person"]]),
      [["PersonSignedOn", "p-1"]],
    );
  });
});
