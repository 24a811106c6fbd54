/** Delivery by example, on a clock that only moves when everybody waits. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { settleMs } from "./testing/fake-erp.ts";
import { docs, end, rest, scene, states } from "./testing/scene.ts";

describe("what becomes of a posting", () => {
  test("confirmed: with the ERP's number", async () => {
    const s = scene({});
    await rest(s);
    assert.deepEqual([states(s), s.outbox.postings[0]?.document, s.erp.pushes.length], [["confirmed"], "D1.0", 1]);
    await end(s);
  });

  test("a lost reply: the ERP is asked, and nothing is sent again", async () => {
    const s = scene({ fates: ["lost-reply"] });
    await rest(s);
    assert.deepEqual([states(s), s.erp.pushes, s.erp.asks.length > 0, docs(s)], [["confirmed"], ["K1"], true, [1]]);
    await end(s);
  });

  test("a lost request: asked twice after the settle time, then sent again", async () => {
    const s = scene({ fates: ["lost-request"] });
    const begun = s.clock.now();
    await s.clock.until(() => s.erp.pushes.length === 2, 60_000);
    assert.ok(s.clock.now() - begun >= settleMs);
    assert.ok(s.erp.asks.length >= 3, "once at once, and twice when it can be known");
    await rest(s);
    assert.deepEqual(docs(s), [1]);
    await end(s);
  });

  test("another process has sent it just before this one took its role: the settle time counts from then", async () => {
    const s = scene({ fates: ["late"], postings: () => undefined });
    // It has stood by for long.
    await s.clock.until(() => s.clock.monotonicMs() >= 10 * settleMs, 60_000);
    const { envelope } = s.outbox.add("K1", { state: "in-doubt", attempts: 1 });
    void s.erp.session().push(envelope, s.stop.signal);
    s.outbox.takenMs = s.clock.monotonicMs();
    s.delivery.wake();
    await rest(s);
    assert.deepEqual([states(s), s.erp.pushes, docs(s)], [["confirmed"], ["K1"], [1]]);
    await end(s);
  });

  for (const day of [86_400_000, -86_400_000]) {
    test(`a clock set by ${day / 3_600_000} h while a document is in doubt: the settle time is as long as ever`, async () => {
      const s = scene({ fates: ["late"] });
      await s.clock.until(() => s.erp.asks.length > 0, 60_000);
      s.clock.setWall(day);
      await s.clock.until(() => s.erp.asks.length > 1 || s.erp.pushes.length > 1, 2 * 86_400_000);
      await rest(s);
      assert.deepEqual([s.erp.pushes, docs(s)], [["K1"], [1]]);
      await end(s);
    });
  }

  test("a document that the ERP makes late is not made twice", async () => {
    const s = scene({ fates: ["late"] });
    await rest(s);
    await s.clock.until(() => s.clock.monotonicMs() > 20_000, 60_000);
    assert.deepEqual([states(s), s.erp.pushes.length, docs(s)], [["confirmed"], 1, [1]]);
    await end(s);
  });

  test("who waits for slow answers on all lines that the ERP has is heard of all the while", async () => {
    const traits = { concurrency: 1 };
    const s = scene({ fates: ["slow"], erp: { traits } });
    let silentMs = 0;
    await s.clock.until(() => {
      silentMs = Math.max(silentMs, s.clock.monotonicMs() - s.outbox.heardAt);
      return s.clock.monotonicMs() > 50_000;
    }, 60_000);
    assert.equal(s.erp.inFlight, 1);
    assert.ok(silentMs <= 5_000, `it was silent for ${silentMs} ms`);
    await rest(s);
    await end(s);
  });

  test("a connector that breaks after the request has left: the ERP is asked", async () => {
    const s = scene({ fates: ["break"] });
    await rest(s);
    assert.deepEqual([states(s), s.erp.pushes.length, docs(s)], [["confirmed"], 1, [1]]);
    await end(s);
  });

  test("an ERP that cannot be asked is asked again, and nothing is sent meanwhile", async () => {
    let asked = 0;
    const ask = (): "break" | "unknown" | "answer" => (asked++ < 3 ? "break" : asked < 6 ? "unknown" : "answer");
    const s = scene({ fates: ["lost-reply"], erp: { ask } });
    await rest(s);
    assert.deepEqual([states(s), s.erp.pushes.length, asked], [["confirmed"], 1, 6]);
    await end(s);
  });

  test("busy: sent again after growing pauses; refused: not again; parked: again when its time has come", async () => {
    const s = scene({ fates: ["busy", "busy", "busy"] });
    await rest(s);
    assert.deepEqual([states(s), s.erp.pushes.length, s.erp.asks.length], [["confirmed"], 4, 0]);
    const r = scene({ fates: ["refuse"] });
    await rest(r);
    await r.clock.until(() => r.clock.monotonicMs() > 600_000, 700_000);
    assert.deepEqual([states(r), r.erp.pushes.length], [["refused"], 1]);
    const p = scene({ fates: ["park", "park"] });
    await p.clock.until(() => states(p)[0] === "confirmed", 600_000);
    assert.equal(p.erp.pushes.length, 3);
    for (const one of [s, r, p]) await end(one);
  });

  test("a kind of which a repeat does nothing is sent again without asking", async () => {
    const idempotent = new Set(["order-accepted"] as const);
    const s = scene({
      fates: ["lost-reply"],
      erp: { traits: { idempotent } },
      postings: (o) => void o.add("K1", { kind: "order-accepted" }),
    });
    await rest(s);
    assert.deepEqual([states(s), s.erp.pushes.length, s.erp.asks.length, docs(s)], [["confirmed"], 2, 0, [1]]);
    await end(s);
  });
});

describe("many at once", () => {
  test("no more are in flight than the ERP takes, and never two of one lane", async () => {
    const s = scene({
      erp: { traits: { concurrency: 3 } },
      postings: (o) => {
        for (let i = 0; i < 20; i += 1) o.add(`K${i}`, { lanes: [`lane-${i % 5}`] });
      },
    });
    await rest(s);
    assert.equal(s.erp.mostInFlight, 3);
    assert.deepEqual(
      docs(s),
      Array.from({ length: 20 }, () => 1),
    );
    assert.equal(s.outbox.laneHolders.size, 0);
    await end(s);
  });

  test("a lane is held while nobody knows, and free when it is certain", async () => {
    const s = scene({
      fates: ["lost-request"],
      postings: (o) => {
        o.add("K1", { lanes: ["L"] });
        o.add("K2", { lanes: ["L"] });
      },
    });
    await s.clock.until(() => s.erp.asks.length >= 2, 60_000);
    assert.deepEqual([s.erp.pushes, s.outbox.laneHolders.get("L")], [["K1"], "id-K1"]);
    await rest(s);
    assert.deepEqual(states(s), ["confirmed", "confirmed"]);
    await end(s);
  });
});

describe("how often it looks", () => {
  test("once a second where nothing is due; a document costs two looks more", async () => {
    const s = scene({ postings: () => undefined });
    const looksIn = async (ms: number): Promise<number> => {
      const [from, before] = [s.clock.monotonicMs(), s.outbox.looks];
      await s.clock.until(() => s.clock.monotonicMs() >= from + ms, 2 * ms);
      return s.outbox.looks - before;
    };
    const idle = await looksIn(10_000);
    assert.ok(idle <= 11, `${idle} looks in ten idle seconds`);
    s.outbox.add("K1");
    s.delivery.wake();
    const busy = await looksIn(10_000);
    assert.deepEqual(docs(s), [1]);
    assert.ok(busy <= 13, `${busy} looks`);
    await end(s);
  });
});

describe("a database that is away", () => {
  test("what the ERP has answered is kept and committed later; nothing is sent twice", async () => {
    const s = scene({ faults: { settle: ["away", "away", "lost"], take: [null, "away"] } });
    await rest(s);
    assert.deepEqual([states(s), s.erp.pushes, docs(s)], [["confirmed"], ["K1"], [1]]);
    assert.equal(s.outbox.settled.length, 1, "one outcome, once");
    assert.ok(s.lines.some((line) => line.includes("Outcomes of postings wait")));
    await end(s);
  });

  test("an outcome that it will not have keeps back no other one", async () => {
    const s = scene({
      postings: (o) => {
        for (let n = 0; n < 20; n += 1) o.add(`K${n}`);
        o.refusesOutcomeOf.add("id-K3");
      },
    });
    await s.clock.until(() => states(s).filter((state) => state === "confirmed").length === 19, 600_000);
    assert.deepEqual([new Set(states(s)), s.outbox.postings[3]?.state], [new Set(["confirmed", "sending"]), "sending"]);
    assert.deepEqual(new Set(docs(s)), new Set([1]));
    s.outbox.refusesOutcomeOf.clear();
    await rest(s);
    await end(s);
  });

  test("a look whose answer was lost: what nobody sends is asked about and then sent", async () => {
    const s = scene({
      faults: { take: ["lost"] },
      postings: (o) => {
        o.add("K1");
        o.add("K2");
      },
    });
    await rest(s);
    assert.deepEqual(
      [states(s), docs(s)],
      [
        ["confirmed", "confirmed"],
        [1, 1],
      ],
    );
    await end(s);
  });

  test("an outcome whose commit is repeated late does not settle the next attempt", async () => {
    // The first outcome (busy: to be sent again) is committed, but its answer is lost; so it is committed once more,
    // when the second attempt may be in flight already.
    const s = scene({
      fates: ["busy", "lost-reply"],
      faults: { settle: ["lost", "away", "away"] },
      postings: (o) => {
        o.add("K1");
        o.add("K2");
      },
    });
    await rest(s);
    assert.deepEqual(
      [states(s), docs(s)],
      [
        ["confirmed", "confirmed"],
        [1, 1],
      ],
    );
    await end(s);
  });

  test("while it is away nothing is in doubt that is still in flight", async () => {
    const s = scene({
      faults: { take: [null, "away", "away"] },
      erp: { traits: { concurrency: 2 } },
      postings: (o) => {
        o.add("K1");
        o.add("K2", { state: "dismissed" });
      },
    });
    s.delivery.wake();
    await rest(s);
    assert.deepEqual([s.erp.pushes, s.erp.asks], [["K1"], []]);
    await end(s);
  });

  test("an outcome that is told again does not hide that a newer attempt, taken by a lost answer, is sent by nobody", async () => {
    const s = scene({
      fates: ["park", "lost-reply"],
      faults: { take: [null, null, "lost"], settle: ["lost", "lost", "lost"] },
      erp: { traits: { concurrency: 2 } },
      postings: (o) => ["L0", "L1", "L0"].forEach((lane, n) => o.add(`K${n}`, { lanes: [lane] })),
    });
    await s.clock.until(() => states(s).every((state) => state === "confirmed"), 24 * 3_600_000);
    assert.deepEqual(docs(s), [1, 1, 1]);
    await end(s);
  });
});

describe("the end", () => {
  test("what is in flight is waited for and settled; nothing new begins", async () => {
    const s = scene({
      erp: { traits: { concurrency: 1 } },
      postings: (o) => {
        o.add("K1");
        o.add("K2");
      },
    });
    await s.clock.until(() => s.erp.inFlight === 1, 1000);
    let isOver = false;
    void s.delivery.ended.then(() => (isOver = true));
    s.stop.abort();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(isOver, false);
    await s.clock.until(() => isOver, 10_000);
    assert.deepEqual([states(s), s.erp.pushes], [["confirmed", "planned"], ["K1"]]);
  });

  test("a database that stays away does not hold the end for ever: the posting stays being sent", async () => {
    const s = scene({ faults: { settle: Array.from({ length: 50 }, () => "away" as const) } });
    await s.clock.until(() => s.erp.inFlight === 1, 1000);
    await end(s);
    assert.deepEqual(states(s), ["sending"], "it is in doubt for whoever comes next");
  });
});
