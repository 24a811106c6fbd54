import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { unwrap } from "../base/result.ts";
import type { GapMark } from "../record/sample-batch.ts";
import { aheadOfItsTime, sampleIdentity, type Sample } from "../record/sample.ts";
import { openBuffer } from "./buffer.ts";
import type { FeedSettings } from "./feed-context.ts";
import { startFeed, type Feed } from "./feed.ts";
import type { SampleBuffer } from "./sample-buffer.ts";
import { fakeMachine, isFromHistory, type FakeMachine } from "./testing/fake-machine.ts";
import { keptLog, testFile } from "./testing/folder.ts";
import { mortalBuffer } from "./testing/mortal-buffer.ts";
import { testClock, turns } from "./testing/test-clock.ts";

const pieces = "Production/GoodPieces";

interface Bench {
  readonly machine: FakeMachine;
  readonly buffer: SampleBuffer;
  start(settings?: Partial<FeedSettings>): Feed;
  kept(): Promise<{ samples: Sample[]; gaps: GapMark[] }>;
}

async function bench(t: TestContext): Promise<Bench> {
  const machine = fakeMachine();
  const buffer = unwrap(await openBuffer({ file: testFile(t), log: keptLog() }));
  const feeds: Feed[] = [];
  t.after(async () => {
    await Promise.all(feeds.map((feed) => feed.close()));
    await buffer.close();
  });
  return {
    machine,
    buffer,
    start: (settings) => {
      const feed = startFeed({
        source: "komax",
        open: machine.open,
        paths: [
          { path: pieces, history: true },
          { path: "Slot{slot}/Total", history: true },
        ],
        clockRule: { trust: "device", mode: "live" },
        buffer,
        log: keptLog(),
        clock: testClock(() => machine.now),
        ...settings,
      });
      feeds.push(feed);
      return feed;
    },
    kept: async () => {
      const batches = unwrap(await buffer.read({ after: 0, maxSamples: 1e9 }));
      return { samples: batches.flatMap(({ samples }) => samples), gaps: batches.flatMap(({ gaps }) => gaps) };
    },
  };
}

async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + 5000;
  while (!(await condition())) {
    assert.ok(Date.now() < end, `in time: ${what}`);
    await turns(2);
  }
}

function sayAndDeliver(machine: FakeMachine, count: number, item = pieces): void {
  for (let i = 0; i < count; i += 1) machine.say(item, machine.said.length);
  machine.deliver();
}

function identities(samples: readonly Sample[]): string[] {
  return [...new Set(samples.map(sampleIdentity))].toSorted();
}

function shape(gaps: readonly GapMark[]): string[] {
  return gaps.map(({ state, filled }) => (state === "opened" ? state : `${state} ${filled ? "filled" : "unfilled"}`));
}

test("live mode begins now: no history, no gap", async (t) => {
  const { machine, start, kept } = await bench(t);
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
  const { machine, start, kept } = await bench(t);
  sayAndDeliver(machine, 10);
  const feed = start({ limits: { firstHistoryMs: 35 } });
  await until(() => feed.status().historySamples > 0 && !feed.status().backfilling, "filled");
  assert.deepEqual(identities((await kept()).samples), identities(machine.said.slice(6)));
});

test("replay mode begins at the beginning of the machine's memory", async (t) => {
  const { machine, start, kept } = await bench(t);
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
  const { machine, start, kept, buffer } = await bench(t);
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
  assert.deepEqual(feed.status().gaps, { opened: 1, filled: 1, unfilled: 0 });
});

test("a gateway that was not running is a gap, marked before the machine even answers", async (t) => {
  const { machine, start, kept, buffer } = await bench(t);
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
  const { machine, start, kept } = await bench(t);
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
  const { machine, start, kept } = await bench(t);
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
  const { machine, start, kept } = await bench(t);
  sayAndDeliver(machine, 200);
  machine.plan.historyBreaks = [3, 0, 5, 1];
  const replay = { trust: "device", mode: "replay" } as const;
  const feed = start({ clockRule: replay, limits: { overlapMs: 0 } });
  await until(() => feed.status().historySamples === 200 && !feed.status().backfilling, "all");
  assert.deepEqual((await kept()).samples.map(sampleIdentity), machine.said.map(sampleIdentity));
  assert.equal(machine.asked.length, 5);
  machine.plan.historyRefused = true;
  machine.cut();
  machine.heal();
  sayAndDeliver(machine, 1);
  await until(() => feed.status().gaps.unfilled === 1, "given up");
  assert.match((await kept()).gaps.at(-1)?.cause ?? "", /keeps no history/);
  assert.equal(machine.asked.length, 6);
});

test("history that never comes is given up after bounded attempts and live values go on", async (t) => {
  const { machine, start } = await bench(t);
  sayAndDeliver(machine, 5);
  machine.plan.historyBreaks = Array.from({ length: 100 }, () => 0);
  const feed = start({ clockRule: { trust: "device", mode: "replay" }, limits: { historyAttemptsMax: 4 } });
  await until(() => feed.status().samples > 0, "live in spite of it");
  assert.equal(machine.asked.length, 4);
});

test("live values that overflow behind history are read back from the machine, none is lost", async (t) => {
  const { machine, start, kept } = await bench(t);
  sayAndDeliver(machine, 100);
  let storms = 6;
  machine.plan.beforeSlice = () => {
    if (storms-- > 0) sayAndDeliver(machine, 40);
  };
  const feed = start({ clockRule: { trust: "device", mode: "replay" }, limits: { queueSamplesMax: 50 } });
  await until(() => feed.status().connected && storms < 0 && !feed.status().backfilling, "filled");
  sayAndDeliver(machine, 5);
  await until(() => feed.status().waitingSamples === 0 && feed.status().samples > 0, "live");
  assert.deepEqual(identities((await kept()).samples), identities(machine.said));
  assert.equal(feed.status().lostSamples, 0);
  assert.ok(machine.asked.length > 1, "history was asked again");
});

test("a disk that is full for a while costs nothing that the machine remembers, and memory stays bounded", async (t) => {
  const { machine, start, kept, buffer } = await bench(t);
  const disk = mortalBuffer(buffer);
  sayAndDeliver(machine, 1);
  const feed = start({ buffer: disk, limits: { queueSamplesMax: 100, batchSamplesMax: 20 } });
  await until(() => feed.status().connected && feed.status().samples === 1, "live");
  disk.refuse(30);
  for (let i = 0; i < 20; i += 1) {
    sayAndDeliver(machine, 25);
    assert.ok(feed.status().waitingSamples <= 120, "the queue, and the batch that the disk refuses");
    await turns(1);
  }
  assert.equal(feed.status().fault?.code, "gateway/buffer-full");
  await until(() => feed.status().waitingSamples === 0 && feed.status().fault === null, "the disk has room again");
  sayAndDeliver(machine, 5);
  await until(async () => identities((await kept()).samples).length === machine.said.length, "everything");
  await until(() => feed.status().gap === null, "closed");
  assert.deepEqual(shape((await kept()).gaps), ["opened", "closed filled"]);
});

test("values that the machine does not remember are lost last, counted, and never in silence", async (t) => {
  const { machine, start, kept, buffer } = await bench(t);
  const disk = mortalBuffer(buffer);
  const log = keptLog();
  const bare = [{ path: pieces, history: false }];
  sayAndDeliver(machine, 1);
  const feed = start({ buffer: disk, paths: bare, log, limits: { queueSamplesMax: 100 } });
  await until(() => feed.status().connected && feed.status().samples === 1, "live");
  disk.refuse(5);
  sayAndDeliver(machine, 1);
  await turns(2);
  sayAndDeliver(machine, 90);
  sayAndDeliver(machine, 60);
  await until(() => feed.status().waitingSamples === 0 && feed.status().fault === null, "room again");
  const { samples, gaps } = await kept();
  assert.equal(feed.status().lostSamples, 100);
  assert.equal(identities(samples).length, machine.said.length - 100);
  assert.deepEqual(shape(gaps), ["opened", "closed unfilled"]);
  assert.match(log.lines.join("\n"), /100 values that the machine does not remember had to be dropped/);
});

test("items that appear while the machine runs come with what they said before they were noticed", async (t) => {
  const { machine, start, kept, buffer } = await bench(t);
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
  const { machine, start, kept, buffer } = await bench(t);
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

test("a clock that the machine sets back moves the place to read from back too", async (t) => {
  const { machine, start, kept, buffer } = await bench(t);
  sayAndDeliver(machine, 1);
  const clock = testClock(() => machine.now);
  const feed = start({ clock });
  await until(() => feed.status().connected, "connected");
  sayAndDeliver(machine, 5);
  await until(() => feed.status().samples === 6, "live");
  machine.now -= 3_600_000;
  sayAndDeliver(machine, 5);
  await until(() => feed.status().samples === 11, "still live");
  assert.equal(buffer.through("komax")?.at, machine.now);
  machine.cut();
  sayAndDeliver(machine, 5);
  machine.heal();
  await until(async () => identities((await kept()).samples).length === machine.said.length, "nothing is missing");
});

test("a gateway whose time counts stamps samples itself and asks for no history", async (t) => {
  const { machine, start, kept } = await bench(t);
  sayAndDeliver(machine, 1);
  const feed = start({ clockRule: { trust: "gateway", mode: "live" } });
  await until(() => feed.status().connected, "connected");
  machine.say(pieces, 7);
  machine.now += 500;
  machine.deliver();
  await until(() => feed.status().samples === 2, "live");
  assert.equal((await kept()).samples.at(-1)?.at, machine.now);
  machine.cut();
  machine.now += 500;
  machine.heal();
  await until(() => feed.status().gaps.unfilled === 1, "a gap that nobody can fill");
  assert.deepEqual(machine.asked, []);
});

test("a session that stays interrupted is opened anew", async (t) => {
  const { machine, start, kept } = await bench(t);
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

test("what a machine remembers far ahead of its own time line is kept and marked, and moves no place", async (t) => {
  const { machine, start, kept, buffer } = await bench(t);
  const year = 365 * 86_400_000;
  sayAndDeliver(machine, 3);
  // Stamped with the clock of the machine's start, before it was set.
  const now = machine.now;
  const ahead = machine.say("Slot1/Total", 0, year);
  machine.now = now;
  machine.say("Slot1/Total", 1);
  sayAndDeliver(machine, 3);
  const feed = start({ clockRule: { trust: "device", mode: "replay" } });
  await until(() => feed.status().historySamples === 8 && !feed.status().backfilling, "all read");
  const { samples } = await kept();
  assert.deepEqual(
    samples.filter(({ mark }) => mark !== "").map(({ at, mark }) => [at, mark]),
    [[ahead.at, aheadOfItsTime]],
  );
  assert.equal(buffer.through("komax")?.at, machine.now);
  machine.cut();
  sayAndDeliver(machine, 4);
  machine.heal();
  await until(() => feed.status().gap === null && feed.status().gaps.filled === 1, "mended");
  const have = new Set((await kept()).samples.map(sampleIdentity));
  assert.deepEqual(
    machine.said.filter((sample) => sample !== ahead && !have.has(sampleIdentity(sample))),
    [],
  );
});

test("values without history wait their turn behind the history of the others", async (t) => {
  const { machine, start, kept } = await bench(t);
  sayAndDeliver(machine, 30);
  machine.say("State", "running");
  let said = 0;
  machine.plan.beforeSlice = () => {
    if (said++ < 3) sayAndDeliver(machine, 2, "State");
  };
  const paths = [
    { path: pieces, history: true },
    { path: "State", history: false },
  ];
  const feed = start({ paths, clockRule: { trust: "device", mode: "replay" } });
  await until(() => feed.status().samples >= 7 && feed.status().waitingSamples === 0, "live");
  const { samples } = await kept();
  const firstLive = samples.findIndex(({ item }) => item === "State");
  assert.equal(firstLive, 30, "behind all history");
  assert.equal(samples.filter(({ item }) => item === "State").length, 7);
});

test("probes stand where a crash hurts most", async (t) => {
  const { machine, start, buffer } = await bench(t);
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
