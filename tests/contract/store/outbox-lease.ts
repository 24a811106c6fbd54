/** Delivery and its lease: one process delivers, who has lost the lease changes nothing, and who takes it over asks first. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { instant, type Instant } from "../../../src/base/instant.ts";
import { leaseMs, writingMs } from "../../../src/flows/lease.ts";
import { outboxPort, roleOf, type OutboxPorts } from "../../../src/flows/outbox.ts";
import type { Store } from "../../../src/flows/ports.ts";
import { afterAsking, afterPush } from "../../../src/exchange/settlement.ts";
import { ask, claim, portsOf } from "./outbox-ports.ts";
import { now, postingOf, seedRun, type StoreWorld } from "./world.ts";

/** The holder falls silent; told by giving the lease back, which is the same for everybody else. */
function fallSilent({ store, erp, holder }: OutboxPorts): Promise<void> {
  return store.transaction((tx) => tx.site.endLeases([roleOf(erp)], holder));
}

async function epochOf({ rows }: StoreWorld, erp: string): Promise<number> {
  const [row] = await rows("lease", { role: roleOf(erp) });
  return Number(row?.["epoch"]);
}

export function outboxLeaseSuite(world: () => StoreWorld): void {
  test("who stands by takes the lease when its holder is silent, and not before", async () => {
    const { store, other } = world();
    const erp = "silent";
    let time: Instant = now;
    const { request } = await store.transaction((tx) => seedRun(tx, erp));
    const told: string[] = [];
    const first = outboxPort({
      ...portsOf(store, erp, () => time, "first"),
      onFenced: () => told.push("fenced"),
      onTaken: (doubted) => told.push(`taken, ${doubted} in doubt`),
    });
    const holder = portsOf(other, erp, () => time, "second");
    const second = outboxPort(holder);
    const planned = ["silent-1", "silent-2"].map((n) => postingOf(n, { request, erp }));
    await store.transaction((tx) => tx.postings.plan(planned, now, false));
    const [sent] = await claim(second, 1);
    assert.ok(sent);
    for (const seconds of [20, 40, 60, 80]) {
      time = instant(now + seconds * 1_000);
      assert.equal((await claim(first, 5)).length, 0, "the holder lives");
      await second.renew();
    }
    assert.deepEqual(await ask(first), [], "nor is the ERP asked");
    assert.deepEqual(told, ["fenced"], "it is told once");
    await fallSilent(holder);
    time = instant(now + 150_000);
    const taken = await claim(first, 5);
    assert.deepEqual(
      taken.map((p) => p.id),
      planned.map((p) => p.id).filter((id) => id !== sent.id),
      "what it was sending is not sent again",
    );
    assert.deepEqual(
      (await ask(first)).map((p) => p.id),
      [sent.id],
      "the ERP is asked about it",
    );
    assert.equal(first.aloneSinceMs(), 150_000, "it left before that, and not before this process began");
    assert.deepEqual(told, ["fenced", "taken, 1 in doubt"]);
    assert.deepEqual(await claim(second, 5), [], "who was silent is fenced out");
  });

  test("what was claimed while the right to deliver ran out does not leave", async () => {
    const { store } = world();
    const erp = "slow";
    let time: Instant = now;
    const { request } = await store.transaction((tx) => seedRun(tx, erp));
    await store.transaction((tx) => tx.postings.plan([postingOf(erp, { request, erp })], now, false));
    let isSlow = false;
    const slow: Store = {
      transaction: async (work) => {
        const done = await store.transaction(work);
        if (isSlow) time = instant(time + leaseMs);
        return done;
      },
    };
    const port = outboxPort(portsOf(slow, erp, () => time));
    await port.renew();
    isSlow = true;
    await assert.rejects(claim(port, 1), /ran out/);
    isSlow = false;
    await port.abandon([]);
    const [asked] = await ask(port);
    assert.equal(asked?.state, "in-doubt");
  });

  test("nothing may leave any more half a lease after the last renewal, whatever the call waited for", async () => {
    const { store } = world();
    const erp = "late";
    let time: Instant = now;
    const port = outboxPort(portsOf(store, erp, () => time));
    assert.equal(port.mayLeave(0), false, "before it is ours");
    const { epoch } = await port.take({ calls: 1, questions: 1 });
    time = instant(now + writingMs - 1);
    assert.equal(port.mayLeave(epoch), true);
    time = instant(now + writingMs);
    assert.equal(port.mayLeave(epoch), false);
    await port.renew();
    assert.equal(port.mayLeave(epoch), true);
  });

  test("nor when the right to deliver is ours again and another process has had it meanwhile", async () => {
    const { store, other } = world();
    const erp = "again";
    const { request } = await store.transaction((tx) => seedRun(tx, erp));
    await store.transaction((tx) => tx.postings.plan([postingOf(erp, { request, erp })], now, false));
    let time: Instant = now;
    const own = portsOf(store, erp, () => time, "own");
    const port = outboxPort(own);
    const taken = await port.take({ calls: 1, questions: 1 });
    assert.equal(taken.claimed.length, 1);
    await fallSilent(own);
    const next = portsOf(other, erp, () => time, "next");
    assert.equal((await ask(outboxPort(next))).length, 1, "it asks after it, and might have sent it");
    await fallSilent(next);
    time = instant(now + 6_000);
    await port.renew();
    const { epoch } = await port.take({ calls: 1, questions: 1 });
    assert.ok(epoch > taken.epoch);
    assert.deepEqual([port.mayLeave(epoch), port.mayLeave(taken.epoch)], [true, false]);
  });

  test("who has lost the lease claims nothing and changes nothing", async () => {
    const { store, other } = world();
    const erp = "fence";
    const { request } = await store.transaction((tx) => seedRun(tx, erp));
    const postings = ["fence-1", "fence-2"].map((n) => postingOf(n, { request, erp, lanes: [n] }));
    await store.transaction((tx) => tx.postings.plan(postings, now, false));
    let fenced = 0;
    const old = { ...portsOf(store, erp, () => now, "old"), onFenced: () => (fenced += 1) };
    const oldPort = outboxPort(old);
    const [posting] = await claim(oldPort, 1);
    assert.ok(posting);
    const oldEpoch = await epochOf(world(), erp);
    await fallSilent(old);
    let doubted = 0;
    const next = outboxPort({ ...portsOf(other, erp, () => now, "next"), onTaken: (count) => (doubted = count) });
    const [doubtful] = await ask(next);
    assert.equal(await epochOf(world(), erp), oldEpoch + 1);
    assert.equal(doubted, 1);
    assert.deepEqual(await claim(oldPort, 5), [], "although it has renewed it a moment ago");
    assert.equal(fenced, 1, "and is told so");
    const document = { number: "4711", kind: posting.kind };
    const confirmed = afterPush(posting, { outcome: "confirmed", document }, now);
    assert.deepEqual(await store.transaction((tx) => tx.postings.settle([confirmed], oldEpoch, now)), []);
    assert.equal(doubtful?.id, posting.id);
    assert.equal(doubtful.state, "in-doubt");
    assert.deepEqual(
      new Uint8Array(doubtful.envelope.bytes),
      new Uint8Array(posting.envelope.bytes),
      "the frozen bytes are asked about",
    );
    const then = await next.take({ calls: 5, questions: 5 });
    assert.deepEqual(then.doubtful, [], "nobody else gets it meanwhile");
    assert.deepEqual(
      then.claimed.map((p) => p.id),
      [postings[1]?.id],
      "its lane is still held, other lanes are free",
    );
  });

  test("who has lost the lease asks about nothing, and the answer to a question of before changes nothing", async () => {
    const { store, other } = world();
    const erp = "ask-fence";
    const { request } = await store.transaction((tx) => seedRun(tx, erp));
    await store.transaction((tx) => tx.postings.plan([postingOf(erp, { request, erp })], now, true));
    let time = now;
    const old = portsOf(store, erp, () => time, "old");
    const oldPort = outboxPort(old);
    const [asked] = await ask(oldPort);
    assert.ok(asked);
    await fallSilent(old);
    const next = outboxPort(portsOf(other, erp, () => time, "next"));
    await next.renew();
    time = instant(now + 3_600_000);
    assert.deepEqual(await ask(oldPort), []);
    const [again] = await ask(next);
    assert.equal(again?.id, asked.id);
    const traits = { settleMs: 0, concurrency: 1, idempotent: new Set<never>() };
    // The old holder hears twice that it is not there, the new one is just asking for the first time.
    for (const askedAbsent of [0, 1])
      await oldPort.settle([
        afterAsking({ ...asked, askedAbsent }, { outcome: "absent" }, traits, { now: time, waitedMs: 0 }),
      ]);
    const [row] = await world().rows("posting", { id: asked.id });
    assert.deepEqual([row?.["state"], row?.["asked_absent"]], ["in-doubt", 0]);
    await next.settle([afterAsking(again, { outcome: "absent" }, traits, { now: time, waitedMs: 0 })]);
    const [after] = await world().rows("posting", { id: asked.id });
    assert.deepEqual([after?.["state"], after?.["asked_absent"]], ["in-doubt", 1]);
  });

  test("a lease is not taken while somebody claims under it", async () => {
    const { store, other } = world();
    const holder = { installation: "test", process: "p" };
    const take = (on: Store, process: string): Promise<ReadonlyMap<string, number>> =>
      on.transaction((tx) => tx.site.keepLeases([roleOf("share")], { ...holder, process }, leaseMs));
    const epoch = (await take(store, "p")).get(roleOf("share")) ?? 0;
    const order: string[] = [];
    const entered = Promise.withResolvers<void>();
    const claiming = store.transaction(async (tx) => {
      assert.equal(await tx.site.holdsLease(roleOf("share"), epoch), true);
      entered.resolve();
      await new Promise((resolve) => setTimeout(resolve, 60));
      order.push("claimed");
    });
    await entered.promise;
    await take(other, "somebody");
    order.push("taken");
    await claiming;
    assert.deepEqual(order, ["claimed", "taken"]);
  });
}
