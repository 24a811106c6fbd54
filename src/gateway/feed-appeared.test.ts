/** Items that appear, for the first time or once more: their history is read, what is missing is marked, and what may still be had is asked for again. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { feedBench, identities, sayAndDeliver, shape, until } from "./testing/feed-bench.ts";

test("items appear, and their history cannot be read: what they said before stands in a gap", async (t) => {
  const { machine, start, kept, buffer } = await feedBench(t);
  sayAndDeliver(machine, 1);
  const feed = start();
  await until(() => feed.status().connected && feed.status().samples === 1, "live");
  const before = machine.now;
  for (const value of [10, 20, 30]) machine.say("Slot7/Total", value);
  machine.plan.historyRefused = true;
  machine.notice();
  await until(() => buffer.knownItems("komax").has("Slot7/Total"), "noted: to ask again would change nothing");
  machine.plan.historyRefused = false;
  sayAndDeliver(machine, 2, "Slot7/Total");
  await until(async () => (await kept()).samples.length === 4, "it goes on");
  const { gaps } = await kept();
  assert.deepEqual(shape(gaps), ["opened", "closed unfilled"]);
  assert.ok((gaps[0]?.at ?? Number.NaN) <= before && (gaps[1]?.at ?? Number.NaN) > before, "around what is missing");
  assert.match(gaps[0]?.cause ?? "", /Slot7\/Total.*keeps no history/);
  const { fault, gap, connected, gaps: counted } = feed.status();
  assert.deepEqual({ fault, gap, connected }, { fault: null, gap: null, connected: true });
  assert.deepEqual(counted, { opened: 1, filled: 0, empty: 0, unfilled: 1 });
});

test("items appear that the machine does not remember: what they said before stands in a gap", async (t) => {
  const { machine, start, kept, buffer } = await feedBench(t);
  machine.forgetful.add("Slot7/Total");
  sayAndDeliver(machine, 1);
  const feed = start();
  await until(() => feed.status().connected && feed.status().samples === 1, "live");
  for (const value of [10, 20]) machine.say("Slot7/Total", value);
  machine.notice();
  await until(() => buffer.knownItems("komax").has("Slot7/Total"), "noted");
  const { gaps } = await kept();
  assert.deepEqual(shape(gaps), ["opened", "closed unfilled"]);
  assert.match(gaps[0]?.cause ?? "", /does not remember/);
});

test("items appear, and their history breaks off: it is read again, and the fault is over", async (t) => {
  const { machine, start, kept, buffer } = await feedBench(t);
  sayAndDeliver(machine, 1);
  const feed = start();
  await until(() => feed.status().connected && feed.status().samples === 1, "live");
  for (const value of [10, 20, 30]) machine.say("Slot7/Total", value);
  machine.plan.historyBreaks = [0];
  machine.notice();
  await until(() => buffer.knownItems("komax").has("Slot7/Total"), "noted");
  assert.deepEqual((await kept()).gaps, []);
  assert.equal(feed.status().fault, null);
});

test("items appear, and their history breaks off again and again: a gap, and the next session asks once more", async (t) => {
  const { machine, start, kept, buffer } = await feedBench(t);
  sayAndDeliver(machine, 1);
  const first = start({ limits: { historyAttemptsMax: 3 } });
  await until(() => first.status().connected && first.status().samples === 1, "live");
  for (const value of [10, 20, 30]) machine.say("Slot7/Total", value);
  machine.plan.historyBreaks = [0, 0, 0];
  machine.notice();
  sayAndDeliver(machine, 2);
  await until(() => first.status().gaps.unfilled === 1, "given up");
  await until(() => first.status().samples === 4, "the others go on");
  assert.equal(first.status().fault, null);
  assert.ok(!buffer.knownItems("komax").has("Slot7/Total"));
  await first.close();
  const second = start();
  await until(() => buffer.knownItems("komax").has("Slot7/Total"), "noted");
  assert.deepEqual(identities((await kept()).samples), identities(machine.said));
  assert.equal(second.status().fault, null);
});

test("items appeared while the gateway was away, and no history can be read: both gaps are closed", async (t) => {
  const { machine, start, kept, buffer } = await feedBench(t);
  sayAndDeliver(machine, 1);
  const first = start();
  await until(() => first.status().connected && first.status().samples === 1, "live");
  await first.close();
  machine.say("Slot7/Total", 10);
  machine.say("Slot7/Total", 20);
  machine.plan.historyRefused = true;
  const second = start();
  await until(() => buffer.knownItems("komax").has("Slot7/Total"), "noted");
  sayAndDeliver(machine, 1);
  await until(() => second.status().gaps.unfilled === 2, "closed");
  const { gaps } = await kept();
  assert.equal(gaps.at(-1)?.state, "closed");
  assert.match(gaps.at(-1)?.cause ?? "", /^The gateway was not running/);
  assert.equal(gaps.filter(({ cause }) => cause.startsWith("Slot7/Total")).length, 2);
  assert.equal(buffer.openGap("komax"), null);
  assert.equal(second.status().fault, null);
});

test("an item that was away is read from its last value on, whatever time its end bears", async (t) => {
  const { machine, start, kept } = await feedBench(t);
  sayAndDeliver(machine, 1, "Slot7/Total");
  sayAndDeliver(machine, 1);
  const feed = start({ limits: { overlapMs: 5 } });
  await until(() => feed.status().connected && feed.status().samples === 2, "live");
  sayAndDeliver(machine, 3, "Slot7/Total");
  const heardAt = machine.now;
  machine.takeAway("Slot7/Total");
  for (const value of [10, 20, 30]) machine.say("Slot7/Total", value);
  machine.say("Slot8/Total", 1);
  sayAndDeliver(machine, 2);
  machine.notice();
  await until(() => feed.status().historySamples >= 3 && feed.status().backfilling === null, "read");
  const { samples, gaps } = await kept();
  assert.deepEqual(identities(samples.filter(({ status }) => status === 0)), identities(machine.said));
  assert.deepEqual(gaps, []);
  const asked = machine.asked.find(({ items }) => items.includes("Slot7/Total"));
  assert.deepEqual(
    asked,
    { items: ["Slot7/Total"], from: heardAt - 5 },
    "not once more from the beginning, though others are new",
  );
});
