/**
 * After an outage nothing is sent for an order before its documents were read in the ERP, and what was keyed by hand there is
 * decided by a person: never posted twice.
 */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { systemClock } from "../../../src/base/clock.ts";
import { instant } from "../../../src/base/instant.ts";
import { unwrap } from "../../../src/base/result.ts";
import type { Taken } from "../../../src/exchange/delivery.ts";
import { answerQuestion } from "../../../src/flows/decide-question.ts";
import { lookAfterOutage, silentMsOf } from "../../../src/flows/look-after-outage.ts";
import { outboxPort } from "../../../src/flows/outbox.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { orderNumber, yields, type Scene } from "../final/scene.ts";
import { by } from "../store/mend-scene.ts";
import { confirmByHand, issueByHand } from "./hand.ts";
import { erp, hour, openOutage, wireMetres, type Outage } from "./outage-scene.ts";

const skip = clusterUnavailable({ major: 18 });
const never = new AbortController().signal;

function isTaken(value: unknown): value is Taken {
  return typeof value === "object" && value !== null && "claimed" in value;
}

describe("after an outage", { skip, timeout: 120_000 }, () => {
  let cluster: TestCluster;
  let outage: Outage;
  let scene: Scene;
  before(async () => {
    cluster = await withCluster({ major: 18 });
  });
  after(() => cluster?.close());
  afterEach(() => outage?.close());

  /** The ERP was heard of so long ago; null: never. */
  async function open(lastHeardHours: number | null, others?: readonly string[]): Promise<void> {
    outage = await openOutage(cluster, lastHeardHours, others);
    ({ scene } = outage);
  }

  /** How many postings delivery would take now; none of them is sent. */
  async function claimable(): Promise<number> {
    const { world, session, site } = scene;
    const rolledBack = new Error("only looked");
    let taken = 0;
    const store: typeof world.store = {
      transaction: (work) =>
        world.store.transaction(async (tx) => {
          const value = await work(tx);
          // The lease is taken first, in a transaction of its own.
          if (!isTaken(value)) return value;
          taken = value.claimed.length;
          return Promise.reject<typeof value>(rolledBack);
        }),
    };
    const port = outboxPort({
      store,
      clock: systemClock,
      session,
      erp,
      holder: { installation: "test", process: "look" },
      silentMs: silentMsOf(site),
    });
    await port.take({ calls: 10, questions: 0 }).catch((error: unknown) => assert.equal(error, rolledBack));
    return taken;
  }

  test("without an outage nothing is looked at, and everything goes", async () => {
    await open(0.01);
    assert.equal(await outage.heard(), false);
    await scene.run("r1", { good: 5 });
    confirmByHand(scene.erp.books, 5);
    assert.deepEqual([await outage.look(), await claimable()], [{ orders: 0, questions: 0 }, 1]);
  });

  test("an ERP that was never heard of was never lost", async () => {
    await open(null);
    await scene.run("r1", { good: 5 });
    assert.equal(await claimable(), 1);
  });

  test("nothing goes before the ERP has answered, and nothing of an order before it was looked at", async () => {
    await open(8);
    await scene.run("r1", { good: 5, wire: 4 });
    assert.equal(await claimable(), 0, "lost: nothing goes, also right after a start");
    assert.equal(await outage.heard(), true, "the first answer ends the outage");
    assert.equal(await outage.heard(), false);
    assert.equal(await claimable(), 0, "not looked at yet");
    assert.deepEqual(await outage.look(), { orders: 1, questions: 0 });
    assert.equal(await claimable(), 1, "one of the order at a time, as always");
    await scene.deliver();
    assert.deepEqual(yields(scene), ["5"]);
  });

  test("keyed for the same: ours stand back for good, and the ERP has it once", async () => {
    await open(8);
    await scene.run("r1", { good: 5, wire: 4 });
    const document = confirmByHand(scene.erp.books, 5);
    await outage.heard();
    assert.deepEqual(await outage.look(), { orders: 1, questions: 1 });
    assert.equal(await claimable(), 0, "the whole order waits");
    const { text } = await outage.question();
    assert.ok(text.includes(document) && text.includes("5 C62 good"), text);
    unwrap(await outage.standBack());
    await scene.deliver();
    assert.deepEqual(yields(scene), ["5"], "the ERP has five pieces, once");
    const kept = await scene.world.sql("select kind, state, stands_back_for from posting order by ordinal");
    assert.deepEqual(kept, [
      { kind: "confirmation", state: "dismissed", stands_back_for: document },
      { kind: "goods-issue", state: "confirmed", stands_back_for: null },
    ]);
    await scene.run("r2", { good: 3 });
    assert.deepEqual(await outage.look(), { orders: 0, questions: 0 }, "looked at once, asked about once");
    await scene.deliver();
    assert.deepEqual(yields(scene), ["5", "3"]);
  });

  test("something else: ours go out beside it", async () => {
    await open(8);
    await scene.run("r1", { wire: 4 });
    issueByHand(scene.erp.books, 1);
    await outage.heard();
    await outage.look();
    unwrap(await outage.somethingElse());
    await scene.deliver();
    const items = scene.erp.books.movementsOfOrder(orderNumber);
    assert.deepEqual(
      items.map(({ quantity }) => Number(quantity) / 1e6),
      [1, 4],
    );
  });

  test("one document for two orders is asked about in each of them, and each is decided for itself", async () => {
    const other = "1000002";
    await open(8, [other]);
    await scene.run("r1", { wire: 4 });
    await scene.run("r2", { wire: 4, order: other });
    const document = issueByHand(scene.erp.books, 4, "", [orderNumber, other]);
    await outage.heard();
    assert.deepEqual(await outage.look(), { orders: 2, questions: 2 });
    assert.equal(await claimable(), 0, "both orders wait");
    const [ofFirst = "", ofOther = ""] = await outage.waiting("goods-issue");
    for (const [order, posting] of [
      [orderNumber, ofFirst],
      [other, ofOther],
    ] as const)
      unwrap(await outage.standBack({ postings: [posting], document: `${order}/goods-issue/${document}` }));
    await scene.deliver();
    assert.equal(outage.wireLeft(), wireMetres - 8, "once for each order");
  });

  test("decided once, in these words only, and not while nobody knows what became of ours", async () => {
    await open(8);
    confirmByHand(scene.erp.books, 5);
    await scene.run("r1", { wire: 4 });
    await outage.heard();
    await outage.look();
    const early = await outage.standBack({ postings: ["of a run that goes on"] });
    assert.equal(!early.ok && early.fault.code, "decision/nothing-waits");
    await scene.run("r2", { good: 5 });
    await scene.world.sql("update posting set state = 'in-doubt' where kind = 'confirmation'");
    const unsure = await outage.standBack();
    assert.equal(!unsure.ok && unsure.fault.code, "decision/in-doubt");
    await scene.world.sql("update posting set state = 'planned' where kind = 'confirmation'");
    const { question: id, version } = await outage.question();
    const words = await answerQuestion(scene.ports, { ...by(version), question: id, answer: "seen" });
    assert.equal(!words.ok && words.fault.code, "decision/hand-document");
    const both = await Promise.all([outage.standBack(), outage.somethingElse("p-2")]);
    assert.deepEqual(both.map((one) => (one.ok ? "ok" : one.fault.code)).toSorted(), ["decision/changed", "ok"]);
  });

  test("the database itself lets nothing out that may have been keyed by hand", async () => {
    await open(8);
    await scene.run("r1", { good: 5 });
    confirmByHand(scene.erp.books, 5);
    await outage.heard();
    await outage.look();
    await assert.rejects(
      scene.world.sql("update posting set state = 'sending', envelope = 'x'"),
      (error: Error & { constraint?: string }) => error.constraint === "keyed_by_hand_is_decided",
    );
  });

  test("a clock that was hours ahead when an outage ended holds nothing up once it is right", async () => {
    await open(1);
    await scene.run("r1", { good: 5, wire: 4 });
    assert.equal(
      await outage.heard(instant(systemClock.now() + 5 * hour)),
      true,
      "set ahead by five hours: as if it had been away",
    );
    assert.equal(await outage.heard(), true, "and set back: nobody knows for how long it was away");
    assert.equal(await outage.heard(), false);
    assert.deepEqual(await outage.look(), { orders: 1, questions: 0 });
    assert.equal(await claimable(), 1);
  });

  test("a clock that was hours ahead hides no later outage", async () => {
    await open(0.01);
    await outage.heard(instant(systemClock.now() + 20 * hour));
    await scene.run("r1", { good: 5 });
    assert.equal(await claimable(), 0, "set back: nothing goes until the ERP has answered");
    await outage.heard();
    await outage.look();
    assert.equal(await claimable(), 1);
    await scene.world.sql("update erp_contact set seen_at = now() - interval '8 hours'");
    confirmByHand(scene.erp.books, 5);
    assert.equal(await outage.heard(), true);
    assert.equal(await claimable(), 0, "looked at for the outage before, not for this one");
    assert.deepEqual(await outage.look(), { orders: 1, questions: 1 });
  });

  test("an outage that ends while an order is looked at is looked at again", async () => {
    await open(8);
    await scene.run("r1", { good: 5 });
    await outage.heard();
    const { session } = scene;
    const documents: typeof session.documents = async (...args) => {
      const found = await session.documents(...args);
      await scene.world.sql("update erp_contact set seen_at = now() - interval '8 hours'");
      await outage.heard();
      return found;
    };
    unwrap(await lookAfterOutage({ ...outage.ports, session: { documents } }, never));
    assert.equal(await claimable(), 0);
    assert.deepEqual(await outage.look(), { orders: 1, questions: 0 });
    assert.equal(await claimable(), 1);
  });

  test("what was keyed before the outage, reversed, or is not ours to post is not asked about", async () => {
    await open(8);
    confirmByHand(scene.erp.books, 5);
    await scene.run("r1", { good: 5 });
    // The outage began two days after the document was made.
    await outage.heard();
    await scene.world.sql(
      "update erp_outage set lost_at = lost_at + interval '2 days', back_at = back_at + interval '2 days'",
    );
    assert.deepEqual(await outage.look(), { orders: 1, questions: 0 });
  });
});
