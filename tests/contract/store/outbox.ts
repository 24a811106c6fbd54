/** The outbox over the store: claims by several workers, and what is due when. Its lease is in `outbox-lease`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { hash } from "node:crypto";
import { contentId } from "../../../src/base/id.ts";
import { continueTrace, inTrace } from "../../../src/base/trace.ts";
import { instant } from "../../../src/base/instant.ts";
import { fail } from "../../../src/base/result.ts";
import type { ErpSession } from "../../../src/erp/connector.ts";
import type { ClaimedPosting } from "../../../src/exchange/delivery.ts";
import { outboxPort } from "../../../src/flows/outbox.ts";
import type { Settlement, Store } from "../../../src/flows/ports.ts";
import { afterPush } from "../../../src/exchange/settlement.ts";
import { ask, claim, portsOf } from "./outbox-ports.ts";
import { now, postingOf, seedRun, type StoreWorld } from "./world.ts";

/** A generator of numbers that a seed decides. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** An ERP that has not said yet what it takes. */
const undescribed = {
  ...portsOf({} as Store, "").session,
  traits: { settleMs: 4_000, idempotent: new Set(), concurrency: 4 },
  compose: (): ReturnType<ErpSession["compose"]> =>
    fail("transient", "erp/undescribed", "It has not said what it takes."),
} as ErpSession; // the outbox calls nothing else

export function outboxSuite(world: () => StoreWorld): void {
  test("a posting carries the trace of the call that planned it to the ERP, else always the same one of its own", async () => {
    const { store } = world();
    const { request, run } = await store.transaction((tx) => seedRun(tx, "traced"));
    const plan = (id: string): Promise<void> =>
      store.transaction((tx) => tx.postings.plan([postingOf(id, { request, run, erp: "traced" })], now, false));
    const trace = continueTrace(undefined);
    await Promise.all([inTrace(trace, () => plan("by-person")), plan("by-machine")]);
    const rows = await world().rows("posting", { erp: "traced" });
    const traces = new Map(rows.map((row) => [row["id"], row["trace_id"]]));
    const own = contentId("posting", "by-machine");
    assert.equal(traces.get(contentId("posting", "by-person")), trace.traceId);
    assert.equal(traces.get(own), hash("md5", own));
    const claimed = await claim(outboxPort(portsOf(store, "traced")), 10);
    const sent = claimed.map(({ envelope }) => envelope.traceparent ?? "");
    assert.ok(
      sent.some((header) => header.startsWith(`00-${trace.traceId}-`)),
      sent.join(" "),
    );
    assert.equal(sent.length, 2);
  });

  test("two workers never get one posting twice, nor two that share a lane; yields go in order", async () => {
    const rounds = await claimAll(world(), "race", (store) => store);
    assert.ok(rounds > 40, `${rounds} rounds`);
  });

  test("it is noticed when lanes are not taken", async () => {
    const careless = (store: Store): Store => ({
      transaction: (work) =>
        store.transaction((tx) =>
          work({ ...tx, postings: { ...tx.postings, takeLanes: async (all) => all.map((p) => p.id) } }),
        ),
    });
    await assert.rejects(claimAll(world(), "careless", careless), /lanes_are_held/);
  });

  test("what is being sent and nobody sends is in doubt; what is in flight is not touched", async () => {
    const { store } = world();
    const erp = "abandon";
    const { request } = await store.transaction((tx) => seedRun(tx, erp));
    await store.transaction((tx) =>
      tx.postings.plan(
        ["ab-1", "ab-2", "ab-3"].map((n) => postingOf(n, { request, erp })),
        now,
        false,
      ),
    );
    const port = outboxPort(portsOf(store, erp));
    const claimed = await claim(port, 2);
    assert.equal(claimed.length, 2);
    const [first, second] = claimed;
    assert.ok(first && second);
    await port.abandon([
      { id: first.id, attempt: first.attempts },
      { id: second.id, attempt: second.attempts - 1 },
    ]);
    assert.deepEqual(
      (await ask(port)).map((p) => p.id),
      [second.id],
      "an older attempt's outcome says nothing about this one",
    );
    const counts = await store.transaction((tx) => tx.status.outbox());
    assert.ok(counts.inDoubt >= 1);
  });

  test("what is parked comes back by itself, what is refused does not, and the next time is known", async () => {
    const { store } = world();
    const erp = "parked";
    let time = now;
    const { request } = await store.transaction((tx) => seedRun(tx, erp));
    const planned = ["p-1", "p-2"].map((n) => postingOf(n, { request, erp }));
    await store.transaction((tx) => tx.postings.plan(planned, now, false));
    const ports = portsOf(store, erp, () => time);
    const port = outboxPort(ports);
    const claimed = await claim(port, 5);
    const fault = { kind: "refused", code: "erp/test", message: "no stock", cause: new Error("M7 021") } as const;
    const decisions = claimed.map((p, i) => afterPush(p, { outcome: "refused", fault, parked: i === 0 }, time));
    await port.settle(decisions);
    const due = decisions[0]?.dueAt;
    assert.ok(due && due > time);
    const room = { calls: 5, questions: 2 };
    assert.deepEqual(await port.take(room), { epoch: 1, doubtful: [], claimed: [], waitMs: due - time });
    time = instant(due);
    const again = await claim(port, 5);
    assert.deepEqual(
      again.map((p) => [p.id, p.attempts]),
      [[claimed[0]?.id, 2]],
    );
    assert.equal((await port.take(room)).waitMs, null);
  });

  test("whether more can be there at once is told with what was taken", async () => {
    const { store } = world();
    const erp = "more";
    const { request } = await store.transaction((tx) => seedRun(tx, erp));
    const lanes = ["a", "b", "c", "c"].map((lane) => [`${erp}/${lane}`]);
    const postings = lanes.map((own, n) => postingOf(`${erp}-${n}`, { request, erp, lanes: own }));
    await store.transaction((tx) => tx.postings.plan(postings, now, false));
    const port = outboxPort(portsOf(store, erp));
    const look = async (calls: number): Promise<readonly [number, number | null]> => {
      const { claimed, waitMs } = await port.take({ calls, questions: 1 });
      return [claimed.length, waitMs];
    };
    assert.deepEqual(await look(2), [2, 0], "there was no room for the third");
    assert.deepEqual(await look(2), [1, null], "the fourth waits for the lane of the third");
    assert.deepEqual(await look(2), [0, null]);
  });

  test("what cannot be composed yet waits as it was: planned and without bytes, or in doubt", async () => {
    const { store, rows } = world();
    const erp = "undescribed";
    let time = now;
    const { request } = await store.transaction((tx) => seedRun(tx, erp));
    const plan = (name: string, inDoubt: boolean): Promise<void> =>
      store.transaction((tx) => tx.postings.plan([postingOf(name, { request, erp })], now, inDoubt));
    await plan("und-1", false);
    await plan("und-2", true);
    const ports = { ...portsOf(store, erp, () => time), session: undescribed };
    const early = outboxPort(ports);
    assert.deepEqual(await ask(early), []);
    assert.deepEqual(await claim(early, 5), []);
    const kept = await rows("posting", { erp });
    const states = new Map(kept.map(({ state, envelope }) => [state, envelope]));
    assert.deepEqual([states.get("planned"), states.get("in-doubt")], [null, null]);
    assert.deepEqual((await early.take({ calls: 5, questions: 2 })).claimed, [], "not at once again");
    time = instant(now + 60_000);
    const late = outboxPort(portsOf(store, erp, () => time));
    assert.deepEqual([(await ask(late)).length, (await claim(late, 5)).length], [1, 1]);
  });

  test("what cannot be composed gives its lanes back: more can be there at once", async () => {
    const { store, rows } = world();
    const erp = "wordless";
    const { request } = await store.transaction((tx) => seedRun(tx, erp));
    const postings = ["1", "2"].map((n) => postingOf(`${erp}-${n}`, { request, erp, lanes: [erp] }));
    await store.transaction((tx) => tx.postings.plan(postings, now, false));
    const ports = portsOf(store, erp);
    const compose = (): ReturnType<ErpSession["compose"]> => fail("invalid", "erp/no-words", "It has no words for it.");
    const port = outboxPort({ ...ports, session: { ...ports.session, compose } });
    const room = { calls: 4, questions: 1 };
    assert.equal((await port.take(room)).waitMs, 0);
    assert.equal((await port.take(room)).waitMs, 0);
    assert.equal((await port.take(room)).waitMs, null);
    assert.deepEqual(
      (await rows("posting", { erp })).map((row) => row["state"]),
      ["refused", "refused"],
    );
  });

  test("while recovering, what is planned is asked about before it is sent", async () => {
    const { store, startRecovery } = world();
    const erp = "recover";
    const { request } = await store.transaction((tx) => seedRun(tx, erp));
    await startRecovery();
    const isRecovering = await store.transaction((tx) => tx.site.isRecovering());
    await store.transaction((tx) => tx.postings.plan([postingOf("rec", { request, erp })], now, isRecovering));
    const port = outboxPort(portsOf(store, erp));
    assert.deepEqual(await claim(port, 5), []);
    const [asked] = await ask(port);
    assert.equal(asked?.state, "in-doubt");
    await store.transaction((tx) => tx.site.endRecovery());
    assert.equal(await store.transaction((tx) => tx.site.isRecovering()), false);
  });

  for (const setBack of [3_600_000, 86_400_000]) {
    test(`a clock that was set back by ${setBack / 3_600_000} h makes nothing wait: no wait is that long`, async () => {
      const { store } = world();
      const erp = `set-back-${setBack}`;
      let time = now;
      const { request } = await store.transaction((tx) => seedRun(tx, erp));
      const postings = ["busy", "parked", "doubtful"].map((n) => postingOf(`${erp}-${n}`, { request, erp }));
      await store.transaction((tx) => tx.postings.plan(postings, now, false));
      const port = outboxPort(portsOf(store, erp, () => time));
      const claimed = await claim(port, 3);
      assert.equal(claimed.length, 3);
      const fault = { kind: "transient", code: "erp/busy", message: "busy" } as const;
      const outcomes = [
        { outcome: "not-applied", fault, retryAfterMs: 10 ** 9 },
        { outcome: "refused", fault, parked: true },
        { outcome: "in-doubt", fault },
      ] as const;
      await port.settle(claimed.flatMap((one, i) => (outcomes[i] ? [afterPush(one, outcomes[i], time)] : [])));
      assert.deepEqual(await claim(port, 3), []);
      time = instant(now - setBack);
      assert.equal((await claim(port, 3)).length, 2);
      assert.equal((await ask(port)).length, 1);
    });
  }

  test("what is said about an earlier attempt changes nothing", async () => {
    const { store, rows } = world();
    const erp = "attempt";
    const { request } = await store.transaction((tx) => seedRun(tx, erp));
    await store.transaction((tx) => tx.postings.plan([postingOf("attempt", { request, erp })], now, false));
    const port = outboxPort(portsOf(store, erp));
    const [first] = await claim(port, 1);
    assert.ok(first);
    const fault = { kind: "transient", code: "erp/busy", message: "busy" } as const;
    const busy = { ...afterPush(first, { outcome: "not-applied", fault, retryAfterMs: null }, now), dueAt: now };
    await port.settle([busy]);
    const [second] = await claim(port, 1);
    assert.equal(second?.attempts, 2);
    // The same outcome once more, because the answer to its commit was lost.
    await port.settle([busy]);
    assert.deepEqual(
      (await rows("posting", { erp })).map((row) => row["state"]),
      ["sending"],
    );
  });

  test("whatever signs the ERP's words have, its outcome is kept", async () => {
    const { store, rows } = world();
    const erp = "words";
    const { request } = await store.transaction((tx) => seedRun(tx, erp));
    await store.transaction((tx) => tx.postings.plan([postingOf(erp, { request, erp })], now, false));
    const port = outboxPort(portsOf(store, erp));
    const [claimed] = await claim(port, 1);
    assert.ok(claimed);
    const message = "no\u0000thing, \ud83d";
    const fault = { kind: "refused", code: "erp/test", message, cause: new Error(message) } as const;
    await port.settle([afterPush(claimed, { outcome: "refused", fault, parked: false }, now)]);
    assert.deepEqual(
      (await rows("posting", { erp })).map((row) => row["state"]),
      ["refused"],
    );
  });

  test("a settlement counts once, and only from the state that it expects", async () => {
    const { store } = world();
    const erp = "once";
    const { request } = await store.transaction((tx) => seedRun(tx, erp));
    const posting = postingOf("once", { request, erp });
    await store.transaction((tx) => tx.postings.plan([posting], now, false));
    const port = outboxPort(portsOf(store, erp));
    const [claimed] = await claim(port, 1);
    assert.ok(claimed);
    const confirmed: Settlement = afterPush(
      claimed,
      { outcome: "confirmed", document: { number: "1", kind: "confirmation" } },
      now,
    );
    const settle = (): Promise<readonly string[]> =>
      store.transaction((tx) => tx.postings.settle([confirmed], 99, now));
    const settled = await Promise.all([settle(), settle()]);
    assert.deepEqual(settled.flat(), [posting.id]);
  });
}

/** Plans postings and lets two workers claim and settle them at once until all are through; watches every step. */
async function claimAll(world: StoreWorld, erp: string, wrap: (store: Store) => Store): Promise<number> {
  const { store, other, rows } = world;
  const { request } = await store.transaction((tx) => seedRun(tx, erp));
  const roll = dice(42);
  const postings = Array.from({ length: 240 }, (_, i) =>
    postingOf(`${erp}-${i}`, {
      request,
      erp,
      lanes: [...new Set([`${erp}/a${roll(12)}`, `${erp}/b${roll(12)}`])].toSorted(),
      sequenceKey: roll(3) === 0 ? `${erp}/op-${roll(8)}` : null,
    }),
  );
  await store.transaction((tx) => tx.postings.plan(postings, now, false));
  const first = portsOf(wrap(store), erp);
  const ports = [outboxPort(first), outboxPort({ ...first, store: wrap(other) })];
  const lanesOf = new Map(postings.map((p) => [p.id, p.lanes]));
  const held = new Map<string, string>();
  const inFlight = new Map<string, ClaimedPosting>();
  const sent: string[] = [];
  let empty = 0;
  let rounds = 0;
  // Both claim and settle at once, round after round, each with what it has in its hands.
  while (sent.length < postings.length && empty < 20) {
    rounds += 1;
    const claims = await Promise.all(ports.map((port) => claim(port, 1 + roll(6))));
    for (const posting of claims.flat()) {
      assert.ok(!inFlight.has(posting.id) && !sent.includes(posting.id), "claimed once");
      inFlight.set(posting.id, posting);
      for (const lane of lanesOf.get(posting.id) ?? []) {
        assert.equal(held.get(lane), undefined, `lane ${lane} is held by one`);
        held.set(lane, posting.id);
      }
    }
    empty = claims.flat().length === 0 && inFlight.size === 0 ? empty + 1 : 0;
    const done = [...inFlight.values()].filter(() => roll(2) === 0);
    await Promise.all(
      done.map(async (posting, i) => {
        const document = { number: `D-${posting.id}`, kind: posting.kind };
        await ports[i % 2]?.settle([afterPush(posting, { outcome: "confirmed", document }, now)]);
      }),
    );
    for (const posting of done) {
      inFlight.delete(posting.id);
      sent.push(posting.id);
      for (const lane of lanesOf.get(posting.id) ?? []) held.delete(lane);
    }
  }
  assert.equal(sent.length, postings.length);
  const lanes = (await rows("lane")).filter((row) => String(row["key"]).startsWith(`${erp}/`));
  assert.deepEqual(lanes, []);
  for (const operation of new Set(postings.map((p) => p.sequenceKey))) {
    if (operation === null) continue;
    const own = postings.filter((p) => p.sequenceKey === operation).map((p) => p.id);
    assert.deepEqual(
      sent.filter((id) => own.includes(id)),
      own,
      "in the order in which they were planned",
    );
  }
  const own = new Set((await rows("posting", { erp })).map((row) => row["id"]));
  const attempts = (await rows("posting_attempt")).filter((row) => own.has(row["posting"]));
  assert.equal(attempts.length, postings.length);
  assert.ok(attempts.every((row) => row["ended_at"] !== null));
  return rounds;
}
