/**
 * "Final" from the decision to the ERP and back, through PostgreSQL, the delivery worker, the SAP connector and the
 * simulated ERP, which refuses whatever comes after a final confirmation.
 */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { receiveStock } from "../../../src/simulation/erp/receipt.ts";
import { lateCount, milestone, oneOperation, openScene, runFacts, yields, type Scene } from "./scene.ts";
import { unguarded } from "../store/world.ts";

const skip = clusterUnavailable({ major: 18 });

function codeOf(outcome: Awaited<ReturnType<Scene["finalise"]>>): string {
  return outcome.ok ? outcome.value.state : outcome.fault.code;
}

/** Kinds and states of all postings, in the order in which they were planned. */
async function postingsOf(scene: Scene): Promise<string[]> {
  return (await scene.postings()).map(({ kind, state }) => `${kind} ${state}`);
}

async function makeWire(scene: Scene, quantity = "1000"): Promise<void> {
  receiveStock(scene.erp.books, { material: "WIRE", plant: "1010", storageLocation: "101C", quantity, unit: "M" });
  await scene.world.sql("update posting set due_at = now() where parked");
}

describe("final", { skip, timeout: 120_000 }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  before(async () => {
    cluster = await withCluster({ major: 18 });
  });
  after(() => cluster?.close());
  afterEach(() => scene?.close());

  test("what is owed is posted, then the operation is final in the ERP, once, and clears reservations", async () => {
    scene = await openScene(cluster, oneOperation);
    await scene.run("r1", { good: 60, wire: 60 });
    const outcome = await scene.finalise("c1");
    assert.ok(outcome.ok && outcome.value.state === "final" && outcome.value.key, JSON.stringify(outcome));
    await scene.deliver();
    assert.deepEqual(yields(scene), ["60", "0F"]);
    const [, final] = scene.confirmations();
    assert.equal(final?.finalType, "X");
    assert.equal(final?.clearsReservations, true);
    assert.equal(final?.text, outcome.value.key);
    assert.ok(scene.erp.books.order("1000001")?.components.every((c) => c.finallyIssued));
    assert.deepEqual(await postingsOf(scene), [
      "confirmation confirmed",
      "goods-issue confirmed",
      "final-confirmation confirmed",
    ]);
    assert.equal(await scene.jobOrderState(), "completed");
    assert.deepEqual(await scene.waiting(), []);
  });

  test("a double click, and two who decide at once, decide once", async () => {
    scene = await openScene(cluster, oneOperation);
    await scene.run("r1", { good: 5 });
    const outcomes = await Promise.all([
      scene.finalise("c1"),
      scene.finalise("c1"),
      scene.finalise("c2"),
      scene.finalise("c3"),
    ]);
    assert.deepEqual(outcomes.map(codeOf), ["final", "final", "final", "final"]);
    assert.equal(outcomes.filter((o) => o.ok && !o.value.already).length >= 1, true);
    assert.deepEqual(await scene.world.sql("select number, state, decided_by ->> 'reason' as why from finality"), [
      { number: 1, state: "final", why: "counted by hand" },
    ]);
    await scene.deliver();
    assert.deepEqual(yields(scene), ["5", "0F"]);
  });

  test("a parked goods issue holds it back, and the status says so; then it goes last", async () => {
    scene = await openScene(cluster, oneOperation, { stock: "0.001" });
    await scene.run("r1", { good: 10, wire: 10 });
    await scene.finalise("c1");
    await scene.deliver();
    assert.deepEqual(await postingsOf(scene), [
      "confirmation confirmed",
      "goods-issue refused",
      "final-confirmation planned",
    ]);
    const [waits] = await scene.waiting();
    assert.equal(waits?.posting?.state, "planned");
    assert.deepEqual(
      waits?.heldBy.map((h) => [h.kind, h.state, h.parked]),
      [["goods-issue", "refused", true]],
    );
    assert.match(waits?.heldBy[0]?.fault ?? "", /Deficit/);
    await makeWire(scene);
    await scene.deliver();
    assert.deepEqual(await postingsOf(scene), [
      "confirmation confirmed",
      "goods-issue confirmed",
      "final-confirmation confirmed",
    ]);
    const [final] = scene.confirmations().slice(-1);
    const issued = scene.erp.books.materialDocuments.at(-1);
    assert.ok(final && issued && issued.createdAt <= final.enteredAt);
  });

  for (const state of ["refused", "needs-person", "in-doubt", "sending", "reversing"] as const) {
    test(`a ${state} posting of the operation holds it back`, async () => {
      scene = await openScene(cluster, oneOperation);
      await scene.run("r1", { good: 10, wire: 10 });
      await scene.finalise("c1");
      const { sql } = scene.world;
      const held =
        "update posting set state = $1, envelope = '\\x00', document = 'D', due_at = 'infinity', epoch = 1000 where kind = 'goods-issue'";
      await unguarded(scene.world, async () => {
        await sql(held, [state]);
        await sql("update posting set state = 'confirmed', document = 'D' where kind = 'confirmation'");
      });
      const due = await scene.world.store.transaction((tx) => tx.postings.due("s4", scene.ports.clock.now(), 10));
      assert.deepEqual(
        due.map((p) => p.kind),
        [],
      );
      for (const settled of ["confirmed", "reversed", "dismissed"]) {
        await unguarded(scene.world, () => sql("update posting set state = $1 where kind = 'goods-issue'", [settled]));
        const now = await scene.world.store.transaction((tx) => tx.postings.due("s4", scene.ports.clock.now(), 10));
        assert.deepEqual(
          now.map((p) => p.kind),
          ["final-confirmation"],
          settled,
        );
      }
    });
  }

  test("the database itself refuses a final confirmation that would overtake, and a posting after it", async () => {
    scene = await openScene(cluster, oneOperation);
    await scene.run("r1", { good: 10, wire: 10 });
    await scene.finalise("c1");
    await assert.rejects(
      scene.world.sql("update posting set state = 'sending', envelope = '\\x00' where kind = 'final-confirmation'"),
      /would overtake/,
    );
    await assert.rejects(
      scene.world
        .sql(`insert into posting (id, key, erp, kind, request, segment, state, lanes, content, due_at, planned_at)
        select 'x', 'x', erp, 'confirmation', request, segment, 'planned', '{}', '{}', now(), now() from posting limit 1`),
      /is final/,
    );
  });

  test("sabotage: without its guards the final confirmation overtakes the parked goods issue, and it is seen", async () => {
    scene = await openScene(cluster, oneOperation, { stock: "0.001" });
    await scene.run("r1", { good: 10, wire: 10 });
    await scene.finalise("c1");
    await scene.world.sql("alter table posting disable trigger final_goes_last");
    // As if `due` did not look at what is closed.
    await scene.world.sql("alter table posting drop constraint final_closes");
    const careless = "update posting set closes = null where kind = 'final-confirmation'";
    await unguarded(scene.world, () => scene.world.sql(careless));
    await scene.deliver();
    const states = await postingsOf(scene);
    assert.deepEqual(states, ["confirmation confirmed", "goods-issue refused", "final-confirmation confirmed"]);
  });

  test("a lost reply after the commit: the final confirmation is found, and made once", async () => {
    scene = await openScene(cluster, oneOperation);
    await scene.finalise("c1");
    scene.erp.faults.add({ fault: { kind: "reply-lost" }, calls: "write", path: /ProdnOrdConf2/ });
    await scene.deliver();
    assert.deepEqual(yields(scene), ["0F"]);
    assert.deepEqual(await postingsOf(scene), ["final-confirmation confirmed"]);
    assert.equal(scene.erp.faults.counts.get("reply-lost"), 1);
  });

  test("late facts stay owed and become one question; a new run stands in quarantine; nothing of it is posted", async () => {
    scene = await openScene(cluster, oneOperation);
    await scene.run("r1", { good: 10 });
    await scene.finalise("c1");
    await scene.deliver();
    await scene.state([lateCount("r1", 1, 3)]);
    await scene.state([lateCount("r1", 2, 4)]);
    await scene.run("r2", { good: 7, wire: 7 });
    await scene.deliver();
    assert.deepEqual(yields(scene), ["10", "0F"]);
    const questions = await scene.world.sql("select subject, text, answered_at from question");
    assert.equal(questions.length, 1);
    assert.match(String(questions[0]?.["text"]), /Operation 0010 of order 1000001 is final.*Reopen it/);
    const held = await scene.world.sql("select kind, subject, code from quarantine");
    assert.deepEqual(held, [{ kind: "production", subject: "r2", code: "execution/closed-order" }]);
  });

  test("reopened, what came late is posted, and the next final confirmation has a key of its own", async () => {
    scene = await openScene(cluster, oneOperation);
    await scene.run("r1", { good: 10 });
    const first = await scene.finalise("c1");
    await scene.deliver();
    await scene.state([lateCount("r1", 1, 3)]);
    assert.equal(codeOf(await scene.reopen("c2")), "reopening");
    assert.equal(codeOf(await scene.finalise("c3")), "final/reopening");
    assert.equal(codeOf(await scene.reopen("c4")), "reopening", "somebody else has the same wish");
    await scene.deliver();
    assert.deepEqual(yields(scene), ["10", "-0F", "reverses 0F", "3"]);
    assert.equal(await scene.jobOrderState(), "ready");
    assert.ok((await scene.world.sql("select answered_at from question"))[0]?.["answered_at"]);
    const second = await scene.finalise("c5");
    assert.ok(first.ok && second.ok && first.value.key !== second.value.key);
    await scene.deliver();
    assert.deepEqual(yields(scene), ["10", "-0F", "reverses 0F", "3", "0F"]);
    assert.deepEqual(await postingsOf(scene), [
      "confirmation confirmed",
      "final-confirmation reversed",
      "confirmation-reversal confirmed",
      "confirmation confirmed",
      "final-confirmation confirmed",
    ]);
  });

  test("a lost reply after the cancellation: the ERP is asked, and nothing is cancelled twice", async () => {
    scene = await openScene(cluster, oneOperation);
    await scene.finalise("c1");
    await scene.deliver();
    await scene.reopen("c2");
    scene.erp.faults.add({ fault: { kind: "reply-lost" }, calls: "write", path: /CancelProdnOrdConf/ });
    await scene.deliver();
    assert.deepEqual(yields(scene), ["-0F", "reverses 0F"]);
    assert.deepEqual(await postingsOf(scene), ["final-confirmation reversed", "confirmation-reversal confirmed"]);
    assert.equal(await scene.jobOrderState(), "ready");
  });

  test("a request that was lost is sent again, once it is certain that it did not arrive", async () => {
    scene = await openScene(cluster, oneOperation);
    await scene.finalise("c1");
    scene.erp.faults.add({ fault: { kind: "request-lost" }, calls: "write", path: /ProdnOrdConf2/ });
    await scene.deliver();
    scene.erp.faults.add({ fault: { kind: "request-lost" }, calls: "write", path: /CancelProdnOrdConf/ });
    await scene.reopen("c2");
    await scene.deliver();
    assert.deepEqual(yields(scene), ["-0F", "reverses 0F"]);
  });

  test("somebody has cancelled it in the ERP by hand: that is what was wanted", async () => {
    scene = await openScene(cluster, oneOperation);
    await scene.finalise("c1");
    await scene.deliver();
    const [final] = scene.confirmations();
    assert.ok(final);
    const { cancelConfirmation } = await import("../../../src/simulation/erp/confirmation-reversal.ts");
    const { group, count } = final;
    assert.ok(cancelConfirmation(scene.erp.books, { group, count, externalKey: null, postingDate: null }, "CLERK").ok);
    await scene.reopen("c2");
    await scene.deliver();
    assert.deepEqual(yields(scene), ["-0F", "reverses 0F"]);
    assert.deepEqual(await postingsOf(scene), ["final-confirmation reversed", "confirmation-reversal confirmed"]);
  });

  test("reopened before it was sent, it never goes", async () => {
    scene = await openScene(cluster, oneOperation, { stock: "0.001" });
    await scene.run("r1", { good: 10, wire: 10 });
    await scene.finalise("c1");
    await scene.deliver();
    assert.equal(codeOf(await scene.reopen("c2")), "open");
    await makeWire(scene);
    await scene.deliver();
    assert.deepEqual(yields(scene), ["10"]);
    assert.deepEqual(await postingsOf(scene), [
      "confirmation confirmed",
      "goods-issue confirmed",
      "final-confirmation dismissed",
    ]);
  });

  test("reopened while nobody knows whether it arrived: first that, then the cancellation", async () => {
    scene = await openScene(cluster, oneOperation);
    await scene.run("r1", { good: 10 });
    await scene.deliver();
    await scene.finalise("c1");
    scene.erp.faults.add({ fault: { kind: "reply-lost" }, calls: "write", path: /ProdnOrdConf2/ });
    scene.erp.faults.add({ fault: { kind: "unavailable" }, calls: "read", path: /ProdnOrdConf2/, times: 1000 });
    await scene.deliver({
      until: async () => (await postingsOf(scene)).includes("final-confirmation in-doubt"),
    });
    assert.equal(codeOf(await scene.reopen("c2")), "reopening");
    scene.erp.faults.clear();
    assert.deepEqual((await postingsOf(scene)).at(-1), "final-confirmation in-doubt", "it is not dismissed on a guess");
    await scene.deliver();
    assert.deepEqual(yields(scene), ["10", "-0F", "reverses 0F"]);
    assert.equal(await scene.jobOrderState(), "ready");
  });

  test("refused: an open run, an unknown operation, an order that the ERP has ended, nothing to reopen", async () => {
    scene = await openScene(cluster, oneOperation);
    assert.equal(codeOf(await scene.reopen("c0")), "final/not-final");
    assert.equal(codeOf(await scene.finalise("c1", "0099")), "final/unknown-operation");
    await scene.run("r1", { good: 1, ends: false });
    assert.equal(codeOf(await scene.finalise("c2")), "final/run-open");
    await scene.state(runFacts("r1", { good: 1 }, scene.ports.clock.now()).slice(-1));
    await scene.world.sql("update operations_request set body = jsonb_set(body, '{state}', '\"Closed\"')");
    assert.equal(codeOf(await scene.finalise("c3")), "final/order-state");
    assert.equal(codeOf(await scene.finalise("c2")), "final/run-open", "a refusal is kept");
    assert.deepEqual(await scene.world.sql("select id from finality"), []);
  });

  test("a milestone is final with what it covers, and waits for the postings of that too", async () => {
    scene = await openScene(cluster, milestone, { stock: "0.001" });
    await scene.run("r1", { operation: "0010", good: 10, wire: 10 });
    await scene.run("r2", { operation: "0020", good: 10 });
    assert.equal(codeOf(await scene.finalise("c1", "0020")), "final");
    await scene.deliver();
    assert.deepEqual(await postingsOf(scene), [
      "goods-issue refused",
      "confirmation confirmed",
      "final-confirmation planned",
    ]);
    assert.equal(await scene.jobOrderState("0010"), "completed");
    assert.equal(codeOf(await scene.reopen("c2", "0010")), "final/covered");
    await scene.state([lateCount("r1", 1, 1)]);
    await makeWire(scene);
    await scene.deliver();
    assert.deepEqual(yields(scene), ["10", "0F"]);
    assert.ok(scene.erp.books.order("1000001")?.operations.every((o) => o.isFinal));
    assert.equal(codeOf(await scene.reopen("c3", "0020")), "reopening");
    await scene.deliver();
    assert.equal(await scene.jobOrderState("0010"), "ready");
    assert.ok(scene.erp.books.order("1000001")?.operations.every((o) => !o.isFinal));
  });

  test("what a milestone covers is final here without a document of its own", async () => {
    scene = await openScene(cluster, milestone);
    await scene.run("r1", { operation: "0010", good: 10, wire: 10 });
    const outcome = await scene.finalise("c1", "0010");
    assert.deepEqual(outcome.ok && [outcome.value.state, outcome.value.key], ["final", null]);
    await scene.deliver();
    assert.deepEqual(yields(scene), []);
    assert.equal(codeOf(await scene.reopen("c2", "0010")), "open");
  });

  test("after a restore the ERP is asked before what was made until then becomes final", async () => {
    scene = await openScene(cluster, oneOperation);
    await scene.run("r1", { good: 10 });
    await scene.deliver();
    await scene.world.sql(
      "insert into site_state (site, restored_at) values ('', now()) on conflict (id) do update set restored_at = now()",
    );
    await scene.finalise("c1");
    assert.deepEqual((await postingsOf(scene)).at(-1), "final-confirmation in-doubt");
  });

  test("a final confirmation that was refused before a restore is asked about before the operation is open", async () => {
    scene = await openScene(cluster, oneOperation);
    await scene.run("r1", { good: 10 });
    await scene.finalise("c1");
    await scene.deliver();
    // As in a database that was restored from before somebody retried it, which the ERP then took; recovery is over.
    const older = "update posting set state = 'refused', document = null where kind = 'final-confirmation'";
    await unguarded(scene.world, () => scene.world.sql(older));
    await scene.world.sql(
      "insert into site_state (site, restored_at) values ('', now()) on conflict (id) do update set restored_at = now()",
    );
    assert.equal(codeOf(await scene.reopen("c2")), "reopening");
    assert.deepEqual((await postingsOf(scene)).at(-1), "final-confirmation in-doubt");
    await scene.deliver();
    assert.deepEqual(yields(scene), ["10", "-0F", "reverses 0F"]);
    assert.deepEqual((await postingsOf(scene)).slice(-2), [
      "final-confirmation reversed",
      "confirmation-reversal confirmed",
    ]);
    assert.equal(await scene.jobOrderState(), "ready");
  });

  test("the same decision after a restore finds the final confirmation that the ERP has", async () => {
    scene = await openScene(cluster, oneOperation);
    await scene.run("r1", { good: 10 });
    await scene.finalise("c1");
    await scene.deliver();
    // As in a database that was restored from before the decision; recovery is over.
    await unguarded(scene.world, () => scene.world.sql("delete from finality"));
    await scene.world.sql(
      "delete from posting_attempt where posting in (select id from posting where kind = 'final-confirmation')",
    );
    await unguarded(scene.world, () => scene.world.sql("delete from posting where kind = 'final-confirmation'"));
    await scene.world.sql("update job_order set state = 'ready'");
    await scene.finalise("c2");
    await scene.deliver();
    assert.deepEqual(yields(scene), ["10", "0F"]);
    assert.deepEqual((await postingsOf(scene)).at(-1), "final-confirmation confirmed");
  });
});
