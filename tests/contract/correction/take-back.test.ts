/** A person takes a posted document back, gives a reversal up, or releases what was taken back. */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { systemClock } from "../../../src/base/clock.ts";
import { applyFacts } from "../../../src/flows/apply-facts.ts";
import { dismissPosting, releasePosting, takeBackPosting } from "../../../src/flows/decide-posting.ts";
import { dismissRun } from "../../../src/flows/decide-run.ts";
import type { PersonKey } from "../../../src/isa95/resource/person.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { oneOperation, openScene, runFacts, yields, type Scene } from "../final/scene.ts";
import { codeOf, deskOf, received } from "./desk.ts";

describe("a document that a person takes back", { skip: clusterUnavailable({ major: 18 }), timeout: 120_000 }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  before(async () => void (cluster = await withCluster({ major: 18 })));
  after(() => cluster?.close());
  afterEach(() => scene?.close());
  const { made, again, takenBack, postings, causes, standing, movements, decide } = deskOf(() => scene);

  test("a person takes documents back: nothing is posted anew; then the run is dismissed", async () => {
    scene = await openScene(cluster, received, { receipt: true });
    await made("r1", { good: 10, wire: 10 });
    await scene.deliver();
    for (const kind of ["confirmation", "goods-receipt", "goods-issue"])
      assert.equal(await decide(takeBackPosting, kind, "confirmed"), "reversing");
    await scene.deliver();
    assert.equal(standing(), 0);
    assert.deepEqual(movements().toSorted(), ["-101 10", "-261 10", "102 10", "262 10"]);
    const spokenFor = (await postings()).filter((one) => one.includes(" reversed "));
    assert.deepEqual(spokenFor, ["confirmation reversed 1", "goods-receipt reversed 1", "goods-issue reversed 1"]);
    const actor = { person: "p-1" as PersonKey, reason: "a trial" }; // a key of the test
    const [run] = await scene.world.sql("select version from run where id = 'r1'");
    const dismissed = await dismissRun(scene.ports, {
      id: "gone",
      run: "r1",
      version: Number(run?.["version"]),
      actor,
    });
    assert.ok(dismissed.ok, JSON.stringify(dismissed));
    assert.ok((await scene.postings()).every(({ facts }) => facts === 0));
    await scene.deliver();
    assert.equal(scene.confirmations().length, 2);
  });

  test("taken back while another run of its operation is being planned, it takes the number after that one", async () => {
    scene = await openScene(cluster, oneOperation);
    await made("r1", { good: 10 });
    await scene.deliver();
    const planned = Promise.withResolvers<void>();
    const waits = Promise.withResolvers<void>();
    const scope = { site: scene.ports.site, dispatched: { whyNotStored: () => null } };
    const facts = runFacts("r2", { good: 5 }, systemClock.now());
    const plans = scene.world.store.transaction(async (tx) => {
      await applyFacts(tx, scope, facts, systemClock.now());
      planned.resolve();
      await waits.promise;
    });
    await planned.promise;
    const taken = decide(takeBackPosting, "confirmation", "confirmed");
    while ((await scene.world.waiting()) === 0) await systemClock.sleep(5);
    waits.resolve();
    await plans;
    assert.equal(await taken, "reversing");
    const numbers = await scene.world.sql(
      "select kind, sequence_number as number from posting order by sequence_number",
    );
    assert.deepEqual(
      numbers.map(({ kind, number }) => [kind, number]),
      [
        ["confirmation", 1],
        ["confirmation", 2],
        ["confirmation-reversal", 3],
      ],
    );
  });

  test("taken back by mistake and released, it is posted anew, once", async () => {
    scene = await openScene(cluster, oneOperation);
    await made("r1", { good: 10 });
    await scene.deliver();
    assert.equal(await decide(takeBackPosting, "confirmation", "confirmed"), "reversing");
    assert.equal(await decide(releasePosting, "confirmation", "reversing"), "decision/not-possible");
    await scene.deliver();
    assert.equal(await decide(releasePosting, "confirmation", "reversed"), "reversed");
    await scene.deliver();
    assert.deepEqual(yields(scene), ["-10", "reverses 10", "10"]);
  });

  test("the reversal of a confirmation is given up: it stands, is never tried again, and is a question", async () => {
    scene = await openScene(cluster, oneOperation);
    const first = await made("r1", { good: 10 });
    await scene.deliver();
    scene.erp.books.openPeriods = { from: "2020-01", to: "2020-01" };
    await scene.state([takenBack(first.get("UnitsCounted")), again(first.get("UnitsCounted"), 6)]);
    const isParked = async (): Promise<boolean> => (await postings()).includes("confirmation-reversal refused");
    await scene.deliver({ until: isParked });
    assert.equal(await decide(dismissPosting, "confirmation-reversal", "refused"), "dismissed");
    scene.erp.books.openPeriods = null;
    await scene.deliver();
    assert.equal(await decide(takeBackPosting, "confirmation", "confirmed"), "decision/taken-back");
    await scene.deliver();
    assert.deepEqual(yields(scene), ["10"]);
    assert.deepEqual(await causes(), ["confirmation fewer pieces asked"]);
    assert.equal((await scene.world.sql("select id from question")).length, 1);
    assert.equal(codeOf(await scene.finalise("c1")), "final", "who makes it final is told of the doubt");
  });

  test("what is final is not taken back by itself", async () => {
    scene = await openScene(cluster, oneOperation);
    await made("r1", { good: 10 });
    await scene.finalise("c1");
    await scene.deliver();
    assert.equal(await decide(takeBackPosting, "confirmation", "confirmed"), "decision/of-final");
    assert.equal(await decide(takeBackPosting, "final-confirmation", "confirmed"), "decision/of-final");
  });
});
