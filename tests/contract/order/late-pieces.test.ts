/** Good pieces that are stated after their run has ended let the next operation begin, as those before its end do. */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { whole } from "../../../src/base/quantity.ts";
import { countByPerson } from "../../../src/flows/decide-question.ts";
import type { PersonKey } from "../../../src/isa95/resource/person.ts";
import { correctionOf, factOf, units } from "../../../src/operations/testing/order.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { at, openScene, orderOf, type Scene } from "../../view/scene.ts";

const began = { kind: "JobStarted", job: "1000001-0010", article: "P-1", outside: false } as const;
const ended = { kind: "JobEnded", result: "finished" } as const;
const of = { run: "ra", source: "cutter-1", workUnit: "CUT-1" };

describe("pieces after the end of their run", { skip: clusterUnavailable({ major: 18 }), timeout: 240_000 }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  before(async () => void (cluster = await withCluster({ major: 18 })));
  after(() => cluster?.close());
  afterEach(() => scene?.close());

  const open = async (): Promise<void> => {
    scene = await openScene(cluster);
    await scene.accept(orderOf("1000001"));
  };
  const next = async (): Promise<unknown> =>
    (await scene.sql("select state from job_order where segment = '0020'"))[0]?.["state"];

  test("those of a machine", async () => {
    await open();
    const counted = factOf("c", at(5), units("good", whole(10, "C62")), of);
    await scene.state(factOf("b", at(1), began, of), factOf("e", at(9), ended, of));
    assert.equal(await next(), "waiting", "nothing was made");
    await scene.state(factOf("s", at(4), units("scrap", whole(10, "C62")), of));
    assert.equal(await next(), "waiting", "scrap is nothing to go on with");
    await scene.state(counted);
    assert.equal(await next(), "ready");
    await scene.state(correctionOf(counted));
    assert.equal(await next(), "ready", "what may go is not called back");
  });

  test("not those of a run that goes on: its end lets the next one go", async () => {
    await open();
    await scene.state(factOf("b", at(1), began, of), factOf("c", at(5), units("good", whole(10, "C62")), of));
    assert.equal(await next(), "waiting");
    await scene.state(factOf("e", at(9), ended, of));
    assert.equal(await next(), "ready");
  });

  test("those that a person counts in answer to a question", async () => {
    await open();
    const first = { "Run/Job": "1000001-0010", "Run/Active": 1, "Pieces/Good": 5_000_000 };
    await scene.say("cutter-1", at(1), first);
    await scene.say("cutter-1", at(50), { "Run/Ended": 1, "Run/LastEnded": 1, "Run/Result": "done", "Run/Active": 0 });
    assert.equal(await next(), "waiting");
    const [question] = await scene.sql("select id, version from question");
    const actor = { person: "s" as PersonKey, reason: "I have counted them" };
    const asked = { question: Number(question?.["id"]), version: Number(question?.["version"]) };
    const counted = [{ grade: "good", quantity: whole(40, "C62") }] as const;
    assert.ok((await countByPerson(scene, { id: "1", actor, ...asked, units: counted })).ok);
    assert.equal(await next(), "ready");
  });
});
