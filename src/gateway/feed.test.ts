import assert from "node:assert/strict";
import { test } from "node:test";
import { sampleIdentity } from "../record/sample.ts";
import type { FeedSettings } from "./feed-context.ts";
import { isFromHistory } from "./testing/fake-machine.ts";
import { feedBench, identities, pieces, sayAndDeliver, shape, until } from "./testing/feed-bench.ts";
import { keptLog } from "./testing/folder.ts";
import { mortalBuffer } from "./testing/mortal-buffer.ts";
import { testClock } from "./testing/test-clock.ts";

test("live mode begins now: no history, no gap", async (t) => {
  const { machine, start, kept } = await feedBench(t);
  sayAndDeliver(machine, 5);
  const feed = start();
  await until(() => feed.status().connected, "connected");
  sayAndDeliver(machine, 3);
  await until(() => feed.status().samples === 4, "the current value and three more");
  assert.deepEqual(identities((await kept()).samples), identities(machine.said.slice(4)));
  assert.deepEqual((await kept()).gaps, []);
  assert.deepEqual(machine.asked, []);
});

test("live mode reads back as far as it is set to on the first connection", async (t) => {
  const { machine, start, kept } = await feedBench(t);
  sayAndDeliver(machine, 10);
  const feed = start({ limits: { firstHistoryMs: 35 } });
  await until(() => feed.status().historySamples > 0 && !feed.status().backfilling, "filled");
  assert.deepEqual(identities((await kept()).samples), identities(machine.said.slice(6)));
});

test("replay mode begins at the beginning of the machine's memory", async (t) => {
  const { machine, start, kept } = await feedBench(t);
  sayAndDeliver(machine, 100);
  const feed = start({ clockRule: { trust: "device", mode: "replay" } });
  await until(() => feed.status().historySamples === 100, "all read");
  sayAndDeliver(machine, 3);
  await until(() => feed.status().samples >= 3, "live follows");
  const { samples, gaps } = await kept();
  assert.deepEqual(samples.map(sampleIdentity), machine.said.map(sampleIdentity), "in order and without doubles");
  assert.deepEqual(samples.map(isFromHistory).indexOf(false), 100, "live values waited behind");
  assert.deepEqual(gaps, []);
  assert.equal(machine.asked[0]?.from, 0);
});

test("an interruption is a gap, read back from the last complete time less the overlap, without doubles", async (t) => {
  const { machine, start, kept, buffer } = await feedBench(t);
  sayAndDeliver(machine, 1);
  const feed = start({ limits: { overlapMs: 25 } });
  await until(() => feed.status().connected, "connected");
  sayAndDeliver(machine, 20);
  await until(() => feed.status().samples === 21, "live");
  const complete = buffer.through("komax")?.at ?? 0;
  machine.cut();
  await until(() => buffer.openGap("komax") !== null, "the gap is durable while the line is down");
  assert.equal(feed.status().connected, false);
  assert.match(feed.status().fault?.message ?? "", /line to the machine broke/);
  sayAndDeliver(machine, 15);
  machine.heal();
  sayAndDeliver(machine, 2);
  await until(() => feed.status().gap === null && feed.status().waitingSamples === 0, "mended");
  const { samples, gaps } = await kept();
  assert.deepEqual(samples.map(sampleIdentity), machine.said.map(sampleIdentity));
  assert.deepEqual(shape(gaps), ["opened", "closed filled"]);
  assert.equal(gaps[0]?.at, complete);
  assert.deepEqual(machine.asked, [{ items: [pieces], from: complete - 25 }]);
  assert.deepEqual([feed.status().connected, feed.status().fault], [true, null]);
  assert.deepEqual(feed.status().gaps, { opened: 1, filled: 1, empty: 0, unfilled: 0 });
});

test("a gateway that was not running is a gap, marked before the machine even answers", async (t) => {
  const { machine, start, kept, buffer } = await feedBench(t);
  sayAndDeliver(machine, 1);
  const first = start();
  await until(() => first.status().connected, "connected");
  sayAndDeliver(machine, 5);
  await until(() => first.status().samples === 6, "live");
  await first.close();
  sayAndDeliver(machine, 30);
  machine.plan.openFails = 3;
  const clock = testClock(() => machine.now);
  const second = start({ clock });
  await until(() => buffer.openGap("komax") !== null, "opened");
  await until(() => second.status().connected && second.status().gap === null, "mended");
  const { samples, gaps } = await kept();
  assert.deepEqual(identities(samples), identities(machine.said));
  assert.deepEqual(shape(gaps), ["opened", "closed filled"]);
  assert.match(gaps[0]?.cause ?? "", /was not running/);
  assert.equal(clock.waits.length, 3, "one wait for each failed opening");
  assert.ok(clock.waits.every((ms) => ms >= 500 && ms <= 30_000));
});

test("without history a gap is closed unfilled, with the first values after it", async (t) => {
  const { machine, start, kept } = await feedBench(t);
  sayAndDeliver(machine, 1);
  const feed = start({ paths: [{ path: pieces, history: false }] });
  await until(() => feed.status().connected, "connected");
  sayAndDeliver(machine, 5);
  await until(() => feed.status().samples === 6, "live");
  machine.cut();
  sayAndDeliver(machine, 5);
  const first = machine.now;
  machine.heal();
  await until(() => feed.status().gaps.unfilled === 1, "closed");
  sayAndDeliver(machine, 1);
  await until(() => feed.status().samples === 8, "live again");
  const { samples, gaps } = await kept();
  assert.deepEqual(shape(gaps), ["opened", "closed unfilled"]);
  assert.equal(gaps[1]?.at, first);
  assert.match(gaps[1]?.cause ?? "", /broke.*does not remember Production\/GoodPieces/);
  assert.equal(identities(samples).length, machine.said.length - 4, "four are gone, and the gap says so");
  assert.deepEqual(machine.asked, []);
});

test("an item that turns out to have no history leaves the gap unfilled; the others are read back", async (t) => {
  const { machine, start, kept } = await feedBench(t);
  machine.forgetful.add("Slot1/Total");
  machine.say("Slot1/Total", 0);
  sayAndDeliver(machine, 1);
  const feed = start();
  await until(() => feed.status().connected, "connected");
  sayAndDeliver(machine, 3);
  await until(() => feed.status().samples === 5, "live");
  machine.cut();
  sayAndDeliver(machine, 5);
  sayAndDeliver(machine, 5, "Slot1/Total");
  machine.heal();
  await until(() => feed.status().gaps.unfilled === 1, "closed");
  const { samples } = await kept();
  const remembered = machine.said.filter(({ item }) => item === pieces);
  assert.deepEqual(identities(samples.filter(({ item }) => item === pieces)), identities(remembered));
  assert.deepEqual(feed.status().withoutHistory, ["Slot1/Total"]);
});

test("history that breaks off is taken up where it stopped; one that is refused is given up in words", async (t) => {
  const { machine, start, kept } = await feedBench(t);
  sayAndDeliver(machine, 200);
  machine.plan.historyBreaks = [3, 0, 5, 1];
  const replay = { trust: "device", mode: "replay" } as const;
  const feed = start({ clockRule: replay, limits: { overlapMs: 0 } });
  await until(() => feed.status().historySamples === 200 && !feed.status().backfilling, "all");
  assert.deepEqual((await kept()).samples.map(sampleIdentity), machine.said.map(sampleIdentity));
  assert.equal(machine.asked.length, 5);
  machine.plan.historyRefused = true;
  machine.cut();
  sayAndDeliver(machine, 1);
  machine.heal();
  sayAndDeliver(machine, 1);
  await until(() => feed.status().gaps.unfilled === 1, "given up");
  assert.match((await kept()).gaps.at(-1)?.cause ?? "", /keeps no history/);
  assert.equal(machine.asked.length, 6);
});

test("items that appear while the machine runs come with what they said before they were noticed", async (t) => {
  const { machine, start, kept, buffer } = await feedBench(t);
  sayAndDeliver(machine, 1);
  const feed = start();
  await until(() => feed.status().connected, "connected");
  sayAndDeliver(machine, 3);
  sayAndDeliver(machine, 4, "Slot7/Total");
  sayAndDeliver(machine, 3);
  machine.notice();
  sayAndDeliver(machine, 2, "Slot7/Total");
  await until(async () => identities((await kept()).samples).length === machine.said.length, "everything");
  assert.deepEqual((await kept()).gaps, [], "nothing was missing of what was known");
  await until(() => buffer.knownItems("komax").has("Slot7/Total"), "noted");
});

test("an item that appeared just before a crash is read back from its first value", async (t) => {
  const { machine, start, kept, buffer } = await feedBench(t);
  const disk = mortalBuffer(buffer);
  sayAndDeliver(machine, 1);
  const first = start({ buffer: disk, limits: { overlapMs: 10 } });
  await until(() => first.status().connected && first.status().samples === 1, "live");
  sayAndDeliver(machine, 4, "Slot7/Total");
  sayAndDeliver(machine, 50);
  await until(() => first.status().samples === 51, "the others went on");
  disk.kill();
  await first.close();
  const second = start({ limits: { overlapMs: 10 } });
  await until(async () => identities((await kept()).samples).length === machine.said.length, "everything");
  assert.equal(second.status().lostSamples, 0);
});

test("a session that stays interrupted is opened anew", async (t) => {
  const { machine, start, kept } = await feedBench(t);
  sayAndDeliver(machine, 1);
  const feed = start({ limits: { reopenMs: 30_000 } });
  await until(() => feed.status().connected && feed.status().samples === 1, "live");
  const told: boolean[] = [];
  feed.onSession((session) => told.push(session !== null));
  machine.cut();
  sayAndDeliver(machine, 5);
  await until(() => machine.opened() > 2, "tries again");
  machine.heal();
  sayAndDeliver(machine, 2);
  await until(() => feed.status().gap === null && feed.status().connected, "mended");
  await until(async () => identities((await kept()).samples).length === machine.said.length, "everything");
  assert.deepEqual(shape((await kept()).gaps), ["opened", "closed filled"]);
  assert.deepEqual(told, [true, false, true]);
});

test("what a protocol library throws costs a session, not the feed", async (t) => {
  const { machine, start, kept } = await feedBench(t);
  sayAndDeliver(machine, 3);
  const log = keptLog();
  let failures = 0;
  const open: FeedSettings["open"] = async (signal) => {
    const opened = await machine.open(signal);
    failures += 1;
    if (failures === 1) throw new Error("a bug while opening");
    if (!opened.ok || failures > 3) return opened;
    const broken = async (): Promise<never> => {
      throw new Error("a bug while working");
    };
    return { ok: true, value: { ...opened.value, ...(failures === 2 ? { watch: broken } : { history: broken }) } };
  };
  const feed = start({ open, log, clockRule: { trust: "device", mode: "replay" } });
  await until(async () => (await kept()).samples.length === 3, "in the end");
  await until(() => feed.status().connected, "connected");
  assert.equal(failures, 4);
  assert.equal(log.lines.filter((line) => /should not occur/.test(line)).length, 3);
});

test("probes stand where a crash hurts most", async (t) => {
  const { machine, start, buffer } = await feedBench(t);
  sayAndDeliver(machine, 25);
  const seen: string[] = [];
  const probe: FeedSettings["probe"] = (point, about) => {
    seen.push(`${point} ${about} ${buffer.through("komax")?.at ?? 0}`);
  };
  const feed = start({ probe, clockRule: { trust: "device", mode: "replay" } });
  await until(() => feed.status().historySamples === 25, "all");
  const at = (index: number): number => machine.said[index]?.at ?? 0;
  assert.deepEqual(
    seen,
    [9, 19, 24].map((index) => `history-slice komax ${at(index)}`),
  );
});

test("an item that was not there when history was read is asked for at the next interruption", async (t) => {
  const { machine, start, kept } = await feedBench(t);
  const slot = "Slot1/Total";
  machine.say(slot, 0);
  sayAndDeliver(machine, 1);
  const feed = start();
  await until(() => feed.status().connected && feed.status().samples === 2, "live");
  machine.forgetful.add(slot);
  machine.cut();
  sayAndDeliver(machine, 1);
  machine.heal();
  await until(() => feed.status().withoutHistory.length === 1, "read without it");
  sayAndDeliver(machine, 1);
  await until(() => feed.status().gap === null, "the first gap is over");
  machine.forgetful.delete(slot);
  machine.cut();
  sayAndDeliver(machine, 5, slot);
  machine.heal();
  await until(() => feed.status().gaps.filled === 1, "filled");
  assert.deepEqual(identities((await kept()).samples), identities(machine.said));
  assert.deepEqual(feed.status().withoutHistory, []);
});

test("items that the machine does not queue are named with the connection and in the log", async (t) => {
  const { machine, start } = await feedBench(t);
  sayAndDeliver(machine, 1);
  machine.unqueued = [pieces];
  const log = keptLog();
  const feed = start({ log });
  await until(() => feed.status().connected, "connected");
  assert.deepEqual(feed.status().unqueued, [pieces]);
  assert.match(log.lines.join(), /komax: .*Production\/GoodPieces.*without a word/);
});

test("so are items at which the machine looks less often than asked", async (t) => {
  const { machine, start } = await feedBench(t);
  sayAndDeliver(machine, 1);
  machine.slower = [{ path: pieces, everyMs: 250 }];
  const log = keptLog();
  const feed = start({ log });
  await until(() => feed.status().connected, "connected");
  assert.deepEqual(feed.status().slower, machine.slower);
  assert.match(log.lines.join(), /komax: .* looks less often .*Production\/GoodPieces: every 250 ms/);
});
