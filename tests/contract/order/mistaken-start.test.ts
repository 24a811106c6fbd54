/** A run that never was leaves its job order where it stood: what the operation before it has made decides whether it may go. */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { whole } from "../../../src/base/quantity.ts";
import { dismissRun } from "../../../src/flows/decide-run.ts";
import type { PersonKey } from "../../../src/isa95/resource/person.ts";
import { correctionOf, factOf, units } from "../../../src/operations/testing/order.ts";
import type { Fact } from "../../../src/record/fact.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { at, openScene, orderOf, type Scene } from "../../view/scene.ts";

/** Both operations are done by the cutters. */
const request = orderOf("1000001", {
  segments: orderOf("1000001").segments.map((segment) => ({ ...segment, workCenter: "CUT" })),
});
const cut = (run: string) => ({ run, source: "cutter-1", workUnit: "CUT-1" });
const next = (run: string) => ({ run, source: "cutter-2", workUnit: "CUT-2" });
const ended = { kind: "JobEnded", result: "finished" } as const;

function begun(id: string, second: number, of: ReturnType<typeof next>): Fact {
  const job = `1000001-${of.workUnit === "CUT-2" ? "0020" : "0010"}`;
  return factOf(id, at(second), { kind: "JobStarted", job, article: "P-1", outside: false }, of);
}

describe("a mistaken start", { skip: clusterUnavailable({ major: 18 }), timeout: 240_000 }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  before(async () => void (cluster = await withCluster({ major: 18 })));
  after(() => cluster?.close());
  afterEach(() => scene?.close());

  const open = async (): Promise<void> => {
    scene = await openScene(cluster);
    await scene.accept(request);
  };
  const states = async (): Promise<unknown> =>
    (await scene.sql("select state from job_order order by segment")).map(({ state }) => state);
  /** The first operation makes something, and its run ends. */
  const cutSome = (): Promise<void> =>
    scene.state(
      begun("cut-b", 1, cut("rc")),
      factOf("cut-c", at(2), units("good", whole(10, "C62")), cut("rc")),
      factOf("cut-e", at(3), ended, cut("rc")),
    );
  const dismiss = async (run: string): Promise<void> => {
    const [held] = await scene.sql("select version from run where id = $1", [run]);
    const actor = { person: "p-1" as PersonKey, reason: "the wrong name was keyed" }; // a key of the test
    const done = await dismissRun(scene, { id: `no-${run}`, run, version: Number(held?.["version"]), actor });
    assert.ok(done.ok, JSON.stringify(done));
  };

  test("of a job order that waits: it waits again", async () => {
    await open();
    const start = begun("b", 10, next("rp"));
    await scene.state(start);
    assert.deepEqual(await states(), ["ready", "running"], "what a machine does is a fact");
    await scene.state(correctionOf(start));
    assert.deepEqual(await states(), ["ready", "waiting"], "the operation before it has made nothing");
    await cutSome();
    assert.deepEqual(await states(), ["ready", "ready"]);
  });

  test("of one that may go, because of the operation before it or because there is none: it may go again", async () => {
    await open();
    const first = begun("b1", 10, cut("r1"));
    await scene.state(first);
    await scene.state(correctionOf(first));
    assert.deepEqual(await states(), ["ready", "waiting"], "the first operation waits for nothing");
    await cutSome();
    const second = begun("b2", 20, next("r2"));
    await scene.state(second);
    await scene.state(correctionOf(second));
    assert.deepEqual(await states(), ["ready", "ready"]);
  });

  test("of one that was let go while it seemed to run: it may go", async () => {
    await open();
    const start = begun("b", 1, next("rp"));
    await scene.state(start);
    await cutSome();
    assert.deepEqual(await states(), ["ready", "running"]);
    await scene.state(correctionOf(start));
    assert.deepEqual(await states(), ["ready", "ready"]);
  });

  test("of one that has been worked on: it may go on, and another open run of it runs on", async () => {
    await open();
    await scene.state(begun("b1", 1, next("r1")), factOf("e1", at(5), ended, next("r1")));
    assert.deepEqual(await states(), ["ready", "ready"]);
    const mistaken = begun("b2", 10, next("r2"));
    await scene.state(mistaken);
    await scene.state(correctionOf(mistaken));
    assert.deepEqual(await states(), ["ready", "ready"]);
    const [real, other] = [begun("b3", 20, next("r3")), begun("b4", 21, next("r4"))];
    await scene.state(real, other);
    await scene.state(correctionOf(other));
    assert.deepEqual(await states(), ["ready", "running"]);
  });

  test("beside a run that has made something and goes on: the next operation waits for its end", async () => {
    await open();
    const mistaken = begun("b2", 5, cut("r2"));
    await scene.state(
      begun("b1", 1, cut("r1")),
      factOf("c1", at(2), units("good", whole(10, "C62")), cut("r1")),
      mistaken,
    );
    await scene.state(correctionOf(mistaken));
    assert.deepEqual(await states(), ["running", "waiting"]);
    await scene.state(factOf("e1", at(9), ended, cut("r1")));
    assert.deepEqual(await states(), ["ready", "ready"]);
  });

  test("of one that the ERP holds: it is held", async () => {
    await open();
    await scene.accept({ ...request, version: "2-000002", state: "Held" });
    const start = begun("b", 10, next("rp"));
    await scene.state(start);
    assert.deepEqual(await states(), ["held", "running"]);
    await scene.state(correctionOf(start));
    assert.deepEqual(await states(), ["held", "held"]);
  });

  test("that a person sets aside, while it goes on or after its end: the job order waits again", async () => {
    await open();
    await scene.state(begun("b1", 10, next("r1")));
    await dismiss("r1");
    assert.deepEqual(await states(), ["ready", "waiting"]);
    await scene.state(begun("b2", 20, next("r2")), factOf("e2", at(25), ended, next("r2")));
    assert.deepEqual(await states(), ["ready", "ready"]);
    await dismiss("r2");
    assert.deepEqual(await states(), ["ready", "waiting"]);
  });
});
