/** Operations of one order that end at the same time: nobody who has a later one waits for an earlier one. */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { whole } from "../../../src/base/quantity.ts";
import { applyFacts } from "../../../src/flows/apply-facts.ts";
import { JobBook } from "../../../src/flows/job-book.ts";
import { correctionOf, factOf, units } from "../../../src/operations/testing/order.ts";
import type { Fact } from "../../../src/record/fact.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { at, openScene, orderOf, type Scene } from "../../view/scene.ts";

const [first, second] = orderOf("1000001").segments;
assert.ok(first && second);
/** Three operations, each by one of the cutters. */
const request = orderOf("1000001", {
  segments: [first, second, { ...second, id: "0030" }].map((segment) => ({ ...segment, workCenter: "CUT" })),
});
const ended = { kind: "JobEnded", result: "finished" } as const;
const on = (run: string, unit: number) => ({ run, source: `cutter-${unit}`, workUnit: `CUT-${unit}` });

function begun(run: string, operation: string, unit: number): Fact {
  const body = { kind: "JobStarted", job: `1000001-${operation}`, article: "P-1", outside: false } as const;
  return factOf(`${run}-b`, at(1), body, on(run, unit));
}

const made = (run: string, unit: number): Fact =>
  factOf(`${run}-c`, at(2), units("good", whole(10, "C62")), on(run, unit));
const over = (run: string, unit: number): Fact => factOf(`${run}-e`, at(3), ended, on(run, unit));

describe("operations of one order", { skip: clusterUnavailable({ major: 18 }), timeout: 240_000 }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  before(async () => void (cluster = await withCluster({ major: 18 })));
  after(() => cluster?.close());
  afterEach(() => scene?.close());

  /** Each states a fact in a transaction of its own, when all have locked what their fact belongs to. @returns how many times they ran */
  async function atOnce(...facts: readonly Fact[]): Promise<number> {
    const ports = { site: scene.site, dispatched: { whyNotStored: () => null } };
    const everybody = Promise.withResolvers<void>();
    let [tries, holding] = [0, 0];
    const state = (fact: Fact): Promise<unknown> =>
      scene.store.transaction(async (tx) => {
        tries += 1;
        await JobBook.load(tx, [fact]);
        holding += 1;
        if (holding >= facts.length) everybody.resolve();
        await everybody.promise;
        await applyFacts(tx, ports, [fact], scene.clock.now());
      });
    await Promise.all(facts.map(state));
    return tries;
  }
  const states = async (): Promise<unknown> =>
    (await scene.sql("select state from job_order order by segment")).map(({ state }) => state);

  test("a start that never was, beside the end of the operation before it", async () => {
    scene = await openScene(cluster);
    await scene.accept(request);
    const mistaken = begun("r2", "0020", 2);
    await scene.state(begun("r1", "0010", 1), made("r1", 1), mistaken);
    assert.equal(await atOnce(over("r1", 1), correctionOf(mistaken)), 2, "neither had to run again");
    assert.deepEqual(await states(), ["ready", "ready", "waiting"]);
  });

  test("two that end and let the next one go", async () => {
    scene = await openScene(cluster);
    await scene.accept(request);
    await scene.state(begun("r1", "0010", 1), made("r1", 1), begun("r2", "0020", 2), made("r2", 2));
    assert.equal(await atOnce(over("r1", 1), over("r2", 2)), 2, "neither had to run again");
    assert.deepEqual(await states(), ["ready", "ready", "ready"]);
  });
});
