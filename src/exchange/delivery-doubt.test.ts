/** What is in doubt, beside what is due and after a restore, by example. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Recut } from "./delivery.ts";
import { docs, end, rest, scene, states, type Scene } from "./testing/scene.ts";

describe("what may have been cut otherwise before a restore", () => {
  const recutScene = (recut: Partial<Recut>, erp: Parameters<typeof scene>[0]["erp"] = {}): Scene => {
    const envelope = { key: "K1-next", kind: "goods-issue", bytes: new Uint8Array() } as const;
    const s = scene({
      erp,
      postings: (o) =>
        void o.add("K1", { state: "in-doubt", recut: { earlier: "settled", next: [envelope], ...recut } }),
    });
    return s;
  };

  test("of which the ERP has a later document is a person's, and is not sent", async () => {
    const s = recutScene({});
    s.erp.documents.set("K1-next", ["D9"]);
    await rest(s);
    assert.deepEqual([states(s), s.erp.pushes], [["needs-person"], []]);
    await end(s);
  });

  test("of which an earlier one says something else there is a person's too", async () => {
    const s = recutScene({ earlier: "differs" });
    await rest(s);
    assert.deepEqual([states(s), s.erp.pushes], [["needs-person"], []]);
    await end(s);
  });

  test("waits while an earlier one is in doubt", async () => {
    const s = recutScene({ earlier: "in-doubt" });
    await s.clock.until(() => s.clock.monotonicMs() > 300_000, 400_000);
    assert.deepEqual([states(s), s.erp.pushes], [["in-doubt"], []]);
    await end(s);
  });

  test("is not sent before the ERP has told what it has, also where a repeat does nothing", async () => {
    const traits = { idempotent: new Set(["confirmation", "goods-issue"] as const) };
    const s = recutScene({}, { traits, ask: () => (s.erp.asks.length === 1 ? "unknown" : "answer") });
    s.erp.documents.set("K1-next", ["D9"]);
    await rest(s);
    assert.deepEqual([states(s), s.erp.pushes], [["needs-person"], []]);
    await end(s);
  });

  test("is sent when the ERP has nothing else", async () => {
    const s = recutScene({});
    await rest(s);
    assert.deepEqual([states(s), s.erp.pushes], [["confirmed"], ["K1"]]);
    assert.ok(s.erp.asks.includes("K1-next"));
    await end(s);
  });
});

test("what is connected only when the right to deliver has ended does not leave, and goes when it is ours", async () => {
  const s = scene({});
  s.outbox.isOurs = false;
  await s.clock.until(() => s.clock.monotonicMs() > 60_000, 70_000);
  assert.deepEqual([states(s), s.erp.pushes], [["planned"], []]);
  s.outbox.isOurs = true;
  await rest(s);
  assert.deepEqual([states(s), s.erp.pushes], [["confirmed"], ["K1"]]);
  await end(s);
});

describe("an ERP that answers each conflict as if it had the document", () => {
  test("is asked and sent to three times, and then a person is told", async () => {
    const s = scene({ erp: { push: () => "object" } });
    await rest(s);
    assert.deepEqual([states(s), s.erp.pushes.length, docs(s)], [["needs-person"], 3, []]);
    assert.match(s.outbox.postings[0]?.fault?.message ?? "", /it knows the key/);
    assert.equal(s.outbox.laneHolders.size, 0);
    await end(s);
  });

  test("and takes it then makes one document", async () => {
    const s = scene({ fates: ["object", "object", "lost-reply"] });
    await rest(s);
    assert.deepEqual([states(s), s.erp.pushes.length, docs(s)], [["confirmed"], 3, [1]]);
    await end(s);
  });

  test("and has it is believed", async () => {
    const s = scene({ fates: ["late", "object"] });
    await rest(s);
    assert.deepEqual([states(s), s.erp.pushes.length, docs(s)], [["confirmed"], 1, [1]]);
    await end(s);
  });
});

describe("what is in doubt and what is due", () => {
  for (const concurrency of [1, 4]) {
    test(`an ERP that is slow to say what it has still gets what is due: ${concurrency} at once`, async () => {
      const s = scene({
        erp: { ask: () => "slow", traits: { concurrency } },
        postings: (o) => {
          for (let n = 0; n < 12; n += 1) o.add(`Q${n}`, { state: "in-doubt", attempts: 1 });
          for (let n = 0; n < 20; n += 1) o.add(`K${n}`);
        },
      });
      await s.clock.until(() => s.erp.pushes.length === 20, 1_200_000);
      assert.equal(s.erp.pushes.length, 20);
      assert.ok(s.erp.asks.length > 0, "and it is asked all the while");
      s.stop.abort();
    });
  }

  test("a kind of which a repeat does nothing is repeated after growing pauses, and asked about now and then", async () => {
    const idempotent = new Set(["order-accepted"] as const);
    const s = scene({
      erp: { push: () => "lost-request", traits: { idempotent } },
      postings: (o) => void o.add("K1", { kind: "order-accepted" }),
    });
    await s.clock.until(() => s.clock.monotonicMs() > 600_000, 700_000);
    const { pushes, asks } = s.erp;
    assert.ok(pushes.length > 10 && pushes.length < 30, `${pushes.length} times in ten minutes`);
    assert.ok(asks.length > 0 && asks.length < pushes.length / 4, `${asks.length} questions`);
    await end(s);
  });
});

describe("two calls of one posting", () => {
  test("a question that takes longer than it was lent for is not asked beside itself, and comes again afterwards", async () => {
    const s = scene({
      erp: { ask: () => (s.erp.asks.length === 1 ? "long" : "answer") },
      postings: (o) => void o.add("K1", { state: "in-doubt", attempts: 1 }),
    });
    await s.clock.until(() => s.clock.monotonicMs() >= 74_000, 80_000);
    assert.deepEqual(s.erp.asks, ["K1"]);
    await rest(s);
    assert.deepEqual([states(s), s.erp.asks, s.erp.pushes], [["confirmed"], ["K1", "K1", "K1"], ["K1"]]);
    await end(s);
  });

  test("an attempt that ends after the next one has begun does not let go of that one", async () => {
    const s = scene({ fates: ["slow", "slow"] });
    const [posting] = s.outbox.postings;
    assert.ok(posting);
    await s.clock.until(() => s.erp.pushes.length === 1, 1_000);
    await s.clock.until(() => s.clock.monotonicMs() >= 5_000, 10_000);
    // Another process has had the role for a moment, and has found that the ERP does not have it.
    Object.assign(posting, { state: "planned" });
    await s.clock.until(() => s.erp.inFlight === 2, 10_000);
    await s.clock.until(() => s.erp.inFlight === 1, 60_000);
    s.outbox.failsToTake("away");
    await s.clock.until(() => s.lines.includes("Postings wait."), 2_000);
    await s.clock.until(() => s.clock.monotonicMs() >= 63_000, 10_000);
    assert.deepEqual([posting.state, posting.attempts], ["sending", 2]);
    await end(s);
  });
});

test("what is asked about before it has left again counts its settle time from when it left", async () => {
  const s = scene({
    fates: ["late"],
    erp: { traits: { idempotent: new Set(["confirmation"]) } },
    postings: () => undefined,
  });
  // The role is ours for longer than any settle time.
  await s.clock.until(() => s.clock.monotonicMs() > 100_000, 110_000);
  const posting = s.outbox.add("K1", { kind: "confirmation" });
  await s.clock.until(() => posting.state === "planned" && posting.fault?.code === "exchange/sent-again", 10_000);
  Object.assign(posting, { state: "in-doubt", isHeld: true, dueAt: s.clock.now() });
  await rest(s);
  assert.deepEqual([states(s), s.erp.pushes, docs(s)], [["confirmed"], ["K1"], [1]]);
  assert.ok(
    s.outbox.settled.every(({ to, fault }) => to !== "planned" || fault !== null),
    "absent does not count too early",
  );
  await end(s);
});
