/** Delivery in general: whatever the ERP and the database do, each document is made once, and in the end all is known. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { forAll } from "../base/testing/chance.ts";
import { startDelivery } from "./delivery.ts";
import { FakeErp, type AskFate, type PushFate } from "./testing/fake-erp.ts";
import { MemoryOutbox, type DatabaseFault, type DatabaseFaults } from "./testing/memory-outbox.ts";
import { virtualClock } from "./testing/virtual-clock.ts";

interface Weather {
  readonly postings: number;
  readonly lanes: number;
  readonly pushes: readonly PushFate[];
  readonly asks: readonly AskFate[];
  readonly faults: DatabaseFaults;
  readonly concurrency: number;
}

const pushFates = ["confirm", "lost-reply", "late", "lost-request", "busy", "park", "object", "break"] as const;
const faults = fc.array(fc.constantFrom<DatabaseFault | null>(null, null, "lost", "away"), {
  maxLength: 12,
  size: "max",
});
const weather: fc.Arbitrary<Weather> = fc.record({
  postings: fc.integer({ min: 1, max: 8 }),
  lanes: fc.integer({ min: 1, max: 4 }),
  pushes: fc.array(fc.constantFrom<PushFate>(...pushFates), { maxLength: 20, size: "max" }),
  asks: fc.array(fc.constantFrom<AskFate>("answer", "unknown", "break"), { maxLength: 12 }),
  faults: fc.record({ take: faults, settle: faults }),
  concurrency: fc.integer({ min: 1, max: 5 }),
});

/** @param sabotage tells the worker another settle time than the ERP needs, or that it may repeat what it likes */
async function deliver(w: Weather, sabotage: "none" | "no-settle-time" | "blind" = "none"): Promise<FakeErp> {
  const clock = virtualClock();
  const [pushes, asks] = [[...w.pushes], [...w.asks]];
  const erp = new FakeErp({
    clock,
    push: () => pushes.shift() ?? "confirm",
    ask: () => asks.shift() ?? "answer",
    traits: { concurrency: w.concurrency },
  });
  const outbox = new MemoryOutbox(clock, w.faults);
  for (let i = 0; i < w.postings; i += 1) outbox.add(`K${i}`, { lanes: [`L${i % w.lanes}`] });
  const honest = erp.session();
  const traits = {
    ...honest.traits,
    ...(sabotage === "no-settle-time" ? { settleMs: 0 } : {}),
    ...(sabotage === "blind" ? { idempotent: new Set(["confirmation" as const]) } : {}),
  };
  const stop = new AbortController();
  const delivery = startDelivery(
    { session: { ...honest, traits }, port: outbox, clock, log: () => undefined },
    stop.signal,
  );
  const isDone = (): boolean => outbox.postings.every((p) => p.state === "confirmed" || p.state === "needs-person");
  await clock.until(isDone, 24 * 3_600_000);
  // Late documents may still come.
  const from = clock.monotonicMs();
  await clock.until(() => clock.monotonicMs() > from + 10_000, 20_000);
  stop.abort();
  let isOver = false;
  void delivery.ended.then(() => (isOver = true));
  await clock.until(() => isOver, 60_000);
  if (sabotage === "none") {
    for (const posting of outbox.postings) {
      const made = erp.documents.get(posting.key);
      // A person is told of what the ERP says that it has, and does not have.
      if (posting.state === "needs-person" && posting.fault?.kind === "conflict") assert.equal(made, undefined);
      else
        assert.deepEqual([posting.state, [posting.document]], ["confirmed", made], "the number of the only document");
    }
    assert.equal(outbox.laneHolders.size, 0);
  }
  return erp;
}

test("each posting becomes exactly one document, and its number is known", async () => {
  await forAll(
    fc.asyncProperty(weather, async (w) => {
      const erp = await deliver(w);
      for (const [key, documents] of erp.documents) assert.equal(documents.length, 1, key);
      assert.ok(erp.mostInFlight <= w.concurrency);
    }),
    { numRuns: 120 },
  );
});

describe("it is noticed", () => {
  const tries = fc.sample(weather, { numRuns: 60, seed: 9 });
  for (const sabotage of ["no-settle-time", "blind"] as const) {
    test(`when the worker is wrong: ${sabotage}`, async () => {
      for (const w of tries) {
        const erp = await deliver({ ...w, asks: [] }, sabotage);
        if ([...erp.documents.values()].some((documents) => documents.length > 1)) return;
      }
      assert.fail("no document was made twice");
    });
  }
});
