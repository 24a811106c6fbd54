/** Delivery at least once: what an attempt leaves behind, when it comes again, and when it is given up. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { systemClock, type Clock } from "../base/clock.ts";
import { instant, type Instant } from "../base/instant.ts";
import { makeFault } from "../base/result.ts";
import { forAll } from "../base/testing/chance.ts";
import { messageId, type DeliverySettlement, type NoticeDelivery } from "../record/notice.ts";
import type { Attempt, Channel } from "./channel.ts";
import { deliverDue, retryMs, settlementOf, startNoticeDelivery, type NoticeOutbox } from "./delivery.ts";

const start = instant(Date.parse("2025-02-03T07:00:00Z"));
const hour = 3_600_000;
const fault = makeFault("transient", "notice/webhook-unanswered", "No answer.");
const again: Attempt = { outcome: "again", fault, done: [], retryAfterMs: null };

function deliveryOf(change: Partial<NoticeDelivery> = {}): NoticeDelivery {
  return {
    notice: "n-1",
    stage: "raised",
    channel: "andon",
    role: "operator",
    equipment: "A565",
    body: "{}",
    attempts: 1,
    giveUpAt: instant(start + 24 * hour),
    done: [],
    ...change,
  };
}

/** One delivery, as the database keeps it. */
function outboxOf(delivery: NoticeDelivery): NoticeOutbox & { readonly settled: DeliverySettlement[]; dueAt: Instant } {
  let kept = { ...delivery, attempts: 0 };
  let state = "planned";
  const outbox = {
    settled: [] as DeliverySettlement[],
    dueAt: start,
    claim: async (at: Instant, until: Instant) => {
      if (state !== "planned" || outbox.dueAt > at) return [];
      kept = { ...kept, attempts: kept.attempts + 1 };
      outbox.dueAt = until;
      return [kept];
    },
    settle: async (settlement: DeliverySettlement) => {
      if (settlement.delivery.attempts !== kept.attempts) return;
      outbox.settled.push(settlement);
      state = settlement.to;
      kept = { ...kept, done: settlement.done };
      if (settlement.dueAt !== null) outbox.dueAt = settlement.dueAt;
    },
    nextDue: async () => (state === "planned" ? outbox.dueAt : null),
  };
  return outbox;
}

/** Time goes on when somebody sleeps. */
function sleeper(): Clock & { at: Instant } {
  const clock = {
    at: start,
    now: () => clock.at,
    monotonicMs: () => clock.at,
    sleep: async (ms: number) => {
      clock.at = instant(clock.at + Math.max(1, ms));
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
  return clock;
}

function channelOf(answer: (n: number) => Attempt | Promise<Attempt>): Channel & { readonly sent: NoticeDelivery[] } {
  const sent: NoticeDelivery[] = [];
  return {
    id: "andon",
    sent,
    send: async (delivery) => {
      sent.push(delivery);
      return answer(sent.length);
    },
    close: () => undefined,
  };
}

const quiet = (): void => undefined;
const never = new AbortController().signal;

test("it is tried again until it is taken, each time the same message", async () => {
  const channel = channelOf((n) => (n < 4 ? again : { outcome: "delivered", fault: null }));
  const outbox = outboxOf(deliveryOf());
  const clock = sleeper();
  const stop = new AbortController();
  const running = startNoticeDelivery({ outbox, channels: [channel], clock, log: quiet }, stop.signal);
  while (outbox.settled.at(-1)?.to !== "delivered") await new Promise((resolve) => setImmediate(resolve));
  stop.abort();
  await running.ended;
  assert.deepEqual(
    channel.sent.map(({ attempts }) => attempts),
    [1, 2, 3, 4],
  );
  assert.equal(new Set(channel.sent.map((one) => `${messageId(one)} ${one.body}`)).size, 1);
  assert.ok(clock.at - start >= 5_000 + 10_000 + 20_000);
});

test("it is given up after the stated time, and says so", async () => {
  const channel = channelOf(() => again);
  const outbox = outboxOf(deliveryOf());
  const clock = sleeper();
  for (let n = 0; n < 2_000 && outbox.settled.at(-1)?.to !== "given-up"; n += 1) {
    await deliverDue({ outbox, channels: [channel], clock, log: quiet }, never);
    await clock.sleep(60_000);
  }
  const last = outbox.settled.at(-1);
  assert.deepEqual([last?.to, last?.fault?.code], ["given-up", fault.code]);
  assert.ok(channel.sent.length > 50 && channel.sent.length < 120, `${channel.sent.length} attempts`);
  const ended = clock.at - start;
  assert.ok(ended > 23 * hour && ended <= 24 * hour + 60_000);
});

test("what a dead process had begun comes again; its late answer changes nothing", async () => {
  const outbox = outboxOf(deliveryOf());
  const clock = sleeper();
  const [first] = await outbox.claim(clock.now(), instant(clock.now() + 300_000), 1);
  const channel = channelOf(() => again);
  assert.equal(await deliverDue({ outbox, channels: [channel], clock, log: quiet }, never), 0, "not while it may live");
  await clock.sleep(300_001);
  await deliverDue({ outbox, channels: [channel], clock, log: quiet }, never);
  assert.equal(channel.sent[0]?.attempts, 2);
  if (first) await outbox.settle(settlementOf(first, { outcome: "delivered", fault: null }, clock.now()));
  assert.deepEqual(
    outbox.settled.map(({ to }) => to),
    ["planned"],
  );
});

test("a channel that throws, one that is gone from the site, one that is impossible", async () => {
  const code = async (channels: readonly Channel[]): Promise<unknown> => {
    const outbox = outboxOf(deliveryOf());
    await deliverDue({ outbox, channels, clock: sleeper(), log: quiet }, never);
    return [outbox.settled[0]?.to, outbox.settled[0]?.fault?.code];
  };
  assert.deepEqual(await code([channelOf(() => Promise.reject(new Error("a bug")))]), [
    "planned",
    "notice/send-failed",
  ]);
  assert.deepEqual(await code([]), ["given-up", "notice/no-channel"]);
  assert.deepEqual(await code([channelOf(() => ({ outcome: "impossible", fault }))]), ["given-up", fault.code]);
  const old = outboxOf(deliveryOf({ giveUpAt: start }));
  const channel = channelOf(() => again);
  await deliverDue({ outbox: old, channels: [channel], clock: sleeper(), log: quiet }, never);
  assert.deepEqual([old.settled[0]?.to, channel.sent.length], ["given-up", 0]);
});

test("a database that is away stops nothing for good", async () => {
  const outbox = outboxOf(deliveryOf());
  let failures = 0;
  const shaky: NoticeOutbox = {
    ...outbox,
    claim: async (...of) => {
      failures += 1;
      if (failures < 4) throw new Error("away");
      return outbox.claim(...of);
    },
  };
  const stop = new AbortController();
  const channel = channelOf(() => ({ outcome: "delivered", fault: null }));
  const { ended } = startNoticeDelivery(
    { outbox: shaky, channels: [channel], clock: sleeper(), log: quiet },
    stop.signal,
  );
  while (outbox.settled.length === 0) await new Promise((resolve) => setImmediate(resolve));
  stop.abort();
  await ended;
  assert.equal(channel.sent.length, 1);
});

test("a channel that does not answer keeps no other waiting", { timeout: 10_000 }, async () => {
  const waiting = new Map([...Array(40).keys()].map((n) => [`${n}`, n === 39 ? "mail" : "andon"]));
  const delivered: string[] = [];
  const outbox: NoticeOutbox = {
    claim: async (at, until, limit, besides = []) => {
      const due = [...waiting].filter(([, channel]) => !besides.includes(channel)).slice(0, limit);
      for (const [notice] of due) waiting.delete(notice);
      const giveUpAt = instant(at + hour);
      return due.map(([notice, channel]) => deliveryOf({ notice, channel, giveUpAt }));
    },
    settle: async ({ delivery }) => void delivered.push(delivery.channel),
    nextDue: async () => null,
  };
  const stop = new AbortController();
  const mute: Channel = {
    ...channelOf(() => again),
    send: (_delivery, _now, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) resolve(again);
        else signal.addEventListener("abort", () => resolve(again), { once: true });
      }),
  };
  const mail: Channel = { ...channelOf(() => ({ outcome: "delivered", fault: null })), id: "mail" };
  const { ended } = startNoticeDelivery(
    { outbox, channels: [mute, mail], clock: systemClock, log: quiet },
    AbortSignal.any([stop.signal, AbortSignal.timeout(5_000)]),
  );
  while (delivered.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  stop.abort();
  await ended;
  assert.equal(delivered[0], "mail");
});

test("whatever happens: waits grow, end, and never go beyond the time that is left", () => {
  forAll(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.option(fc.integer({ min: 0, max: 10 ** 9 })), (attempts, wait) => {
      const attempt: Attempt = { ...again, retryAfterMs: wait };
      const { to, dueAt } = settlementOf(deliveryOf({ attempts }), attempt, start);
      assert.ok(to === "planned" && dueAt !== null && dueAt - start >= 5_000 && dueAt - start <= 900_000);
      assert.ok(retryMs(attempts + 1) >= retryMs(attempts));
      const late = instant(start + 24 * hour - 4_999);
      assert.equal(settlementOf(deliveryOf({ attempts }), attempt, late).to, "given-up");
    }),
  );
});
