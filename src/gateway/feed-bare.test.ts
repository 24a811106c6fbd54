/** Items of which the machine remembers nothing: every value that was not heard lies in a gap that says so. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { contentId } from "../base/id.ts";
import { instant } from "../base/instant.ts";
import { makeFault } from "../base/result.ts";
import type { MachineListener, MachineSession } from "../machine/connector.ts";
import type { GapMark } from "../record/sample-batch.ts";
import { sampleIdentity, type Sample } from "../record/sample.ts";
import type { FeedSettings } from "./feed-context.ts";
import type { FakeMachine } from "./testing/fake-machine.ts";
import { feedBench, pieces, sayAndDeliver, shape, until, type FeedBench } from "./testing/feed-bench.ts";
import { mortalBuffer } from "./testing/mortal-buffer.ts";
import { testClock, turns } from "./testing/test-clock.ts";

const state = "State";
const bare = [pieces, state].map((path) => ({ path, history: false }));

/** What the machine said and nobody kept. */
async function unheard({ machine, kept }: FeedBench): Promise<readonly Sample[]> {
  const have = new Set((await kept()).samples.map(sampleIdentity));
  return machine.said.filter((sample) => !have.has(sampleIdentity(sample)));
}

function liesIn(gaps: readonly GapMark[]): (sample: Sample) => boolean {
  return ({ at }) =>
    gaps.some(
      (mark, i) =>
        mark.state === "opened" &&
        gaps[i + 1]?.filled === false &&
        at > mark.at &&
        at <= (gaps[i + 1]?.at ?? Number.NEGATIVE_INFINITY),
    );
}

/** What a session tells, in the hands of the test; what the machine tells by itself is left out where it is to be quiet. */
function overheard(
  machine: FakeMachine,
  isQuiet = false,
): { open: FeedSettings["open"]; listener: () => MachineListener } {
  const listeners: MachineListener[] = [];
  return {
    open: async (signal) => {
      const opened = await machine.open(signal);
      if (!opened.ok) return opened;
      const watch: MachineSession["watch"] = (paths, listener, ended) => {
        listeners.push(listener);
        return opened.value.watch(paths, isQuiet ? { ...listener, samples: () => undefined } : listener, ended);
      };
      return { ok: true, value: { ...opened.value, watch } };
    },
    listener: () => {
      const last = listeners.at(-1);
      assert.ok(last, "somebody watches");
      return last;
    },
  };
}

for (const batchSamplesMax of [2000, 1]) {
  test(`the gap ends where all items flow again, not where the first does, in batches of ${batchSamplesMax}`, async (t) => {
    const bench = await feedBench(t);
    const { machine, start, kept } = bench;
    machine.say(state, "running");
    sayAndDeliver(machine, 1);
    const feed = start({ paths: bare, limits: { batchSamplesMax } });
    await until(() => feed.status().connected && feed.status().samples === 2, "live");
    machine.cut();
    machine.say(state, "stopped");
    for (let n = 0; n < 5; n += 1) machine.say(pieces, 100 + n);
    machine.heal();
    await until(() => feed.status().samples === 4 && feed.status().gap === null, "mended");
    const { gaps } = await kept();
    assert.deepEqual(shape(gaps), ["opened", "closed unfilled"]);
    const missing = await unheard(bench);
    assert.equal(missing.length, 4);
    assert.deepEqual(
      missing.filter((sample) => !liesIn(gaps)(sample)),
      [],
      "nothing is missing outside the gap",
    );
  });
}

test("an item appears that the map gives no history: what it said before stands in a gap", async (t) => {
  const bench = await feedBench(t);
  const { machine, start, kept, buffer } = bench;
  sayAndDeliver(machine, 1);
  const feed = start({ paths: ["Slot{slot}/Total", pieces].map((path) => ({ path, history: false })) });
  await until(() => feed.status().connected && feed.status().samples === 1, "live");
  for (const value of [10, 20, 30]) machine.say("Slot7/Total", value);
  machine.notice();
  await until(() => buffer.knownItems("komax").has("Slot7/Total"), "noted");
  await until(() => feed.status().samples === 2, "live");
  const { gaps } = await kept();
  assert.deepEqual(shape(gaps), ["opened", "closed unfilled"]);
  assert.match(gaps[0]?.cause ?? "", /Slot7\/Total appeared.*No history of it is read/);
  assert.deepEqual(
    (await unheard(bench)).filter((sample) => !liesIn(gaps)(sample)),
    [],
  );
  assert.deepEqual(machine.asked, []);
});

test("an item without history that was away and is there again: what it said meanwhile stands in a gap", async (t) => {
  const bench = await feedBench(t);
  const { machine, start, kept } = bench;
  const slot = "Slot7/Total";
  sayAndDeliver(machine, 1, slot);
  sayAndDeliver(machine, 1);
  const paths = ["Slot{slot}/Total", pieces].map((path) => ({ path, history: false }));
  const feed = start({ paths, limits: { overlapMs: 5 } });
  await until(() => feed.status().connected && feed.status().samples === 2, "live");
  sayAndDeliver(machine, 3, slot);
  const heardAt = machine.now;
  machine.takeAway(slot);
  for (const value of [10, 20, 30]) machine.say(slot, value);
  sayAndDeliver(machine, 1);
  machine.notice();
  await until(() => feed.status().gaps.unfilled === 1, "marked");
  const { gaps } = await kept();
  assert.equal(gaps[0]?.at, heardAt - 5);
  assert.deepEqual(
    (await unheard(bench)).filter((sample) => !liesIn(gaps)(sample)),
    [],
  );
});

test("a machine did nothing while it was not heard: the gap has no length, and the next one from there is not lost behind it", async (t) => {
  const bench = await feedBench(t);
  const { machine, start, kept, buffer } = bench;
  machine.say(state, "running");
  sayAndDeliver(machine, 1);
  const feed = start({ paths: bare });
  await until(() => feed.status().connected && feed.status().samples === 2, "live");
  const cut = async (meanwhile: () => void): Promise<void> => {
    machine.cut();
    await until(() => !feed.status().connected, "cut");
    machine.now += 3_600_000;
    meanwhile();
    machine.heal();
    await until(() => feed.status().connected, "live again");
  };
  await cut(() => undefined);
  await turns(4);
  await cut(() => {
    for (let n = 0; n < 5; n += 1) machine.say(pieces, 100 + n);
  });
  await until(() => feed.status().gap === null && feed.status().samples === 3, "closed");
  await cut(() => undefined);
  sayAndDeliver(machine, 1);
  await until(() => feed.status().gap === null && feed.status().samples === 4, "closed");
  const { gaps } = await kept();
  assert.deepEqual(shape(gaps), ["opened", "closed unfilled", "opened", "closed unfilled"]);
  assert.equal(gaps[2]?.at, gaps[3]?.at, "it did nothing");
  assert.deepEqual(gaps[3]?.missing?.items, {});
  assert.deepEqual(feed.status().gaps, { opened: 2, filled: 0, empty: 1, unfilled: 1 });
  assert.equal(buffer.through("komax")?.at, machine.now);
  const missing = await unheard(bench);
  assert.equal(missing.length, 4);
  assert.deepEqual(
    missing.filter((sample) => !liesIn(gaps)(sample)),
    [],
  );
});

test("a gap without length ends when all is heard, though the last batch holds only what the history had already", async (t) => {
  const { machine, start, kept, buffer } = await feedBench(t);
  const other = "Production/ScrapPieces";
  for (const item of [pieces, state, other]) machine.say(item, 1);
  const paths = [pieces, other, state].map((path) => ({ path, history: path !== state }));
  const feed = start({ paths, limits: { overlapMs: 0, batchSamplesMax: 3 } });
  await until(() => feed.status().connected && feed.status().samples === 3, "live");
  machine.cut();
  machine.heal();
  for (const item of [pieces, pieces, state, other, pieces]) machine.say(item, machine.said.length);
  machine.deliver();
  await until(() => feed.status().gap === null && feed.status().samples === 4, "closed");
  const { gaps } = await kept();
  assert.deepEqual(shape(gaps), ["opened", "closed unfilled"]);
  assert.equal(gaps[0]?.at, gaps[1]?.at, "it did nothing");
  assert.equal(buffer.through("komax")?.at, machine.now, "the next one begins elsewhere");
});

test("a bad value, the time of which may be of another clock, ends no gap", async (t) => {
  const { machine, start, kept } = await feedBench(t);
  machine.say(state, "running");
  sayAndDeliver(machine, 1);
  const { open, listener } = overheard(machine);
  const feed = start({ open, paths: bare, clockRule: { trust: "device", mode: "replay" } });
  await until(() => feed.status().connected && feed.status().samples === 2, "live");
  listener().interrupted(makeFault("transient", "machine/message-lost", "A message was lost."));
  listener().resumed();
  await until(() => feed.status().gap !== null, "opened");
  const far = machine.now + 7 * 365 * 86_400_000;
  const bad: Sample = {
    item: state,
    at: instant(far),
    receivedAt: instant(far),
    status: 0x80320000,
    value: null,
    mark: "",
  };
  listener().samples([bad], false);
  listener().samples([machine.say(pieces, 7)], true);
  await until(() => feed.status().gaps.unfilled === 1, "closed");
  assert.equal((await kept()).gaps[1]?.at, machine.now);
});

test("an item without history is new when a session begins, and is heard after it has begun: up to there it has a gap", async (t) => {
  const bench = await feedBench(t);
  const { machine, start, kept } = bench;
  const slot = "Slot7/Total";
  sayAndDeliver(machine, 1);
  const one = start({ paths: [{ path: pieces, history: false }] });
  await until(() => one.status().connected && one.status().samples === 1, "live");
  machine.say(slot, 1);
  machine.say(slot, 2);
  sayAndDeliver(machine, 1);
  await until(() => one.status().samples === 2, "live");
  await one.close();
  const { open, listener } = overheard(machine, true);
  const clock = testClock(() => machine.now, 1_000);
  const two = start({ open, clock, paths: ["Slot{slot}/Total", pieces].map((path) => ({ path, history: false })) });
  await until(() => two.status().connected, "open again");
  await turns(4);
  listener().samples([machine.say(slot, 3), machine.say(pieces, 2)], true);
  await until(() => two.status().gap === null && two.status().samples === 2, "live");
  const { gaps } = await kept();
  assert.equal(gaps.find(({ cause }) => cause.startsWith(slot))?.state, "opened");
  assert.deepEqual(
    (await unheard(bench)).filter((sample) => !liesIn(gaps)(sample)),
    [],
  );
});

test("the word that nothing more is under way ends a gap, though it brings no value", async (t) => {
  const { machine, start } = await feedBench(t);
  machine.say(state, "running");
  sayAndDeliver(machine, 1);
  const { open, listener } = overheard(machine);
  const feed = start({ open, paths: bare });
  await until(() => feed.status().connected && feed.status().samples === 2, "live");
  listener().interrupted(makeFault("transient", "machine/message-lost", "A message was lost."));
  listener().resumed();
  listener().samples([machine.say(pieces, 7)], false);
  await until(() => feed.status().samples === 3, "live again");
  assert.notEqual(feed.status().gap, null, "what the other item said may be under way");
  listener().samples([], true);
  await until(() => feed.status().gap === null, "closed");
});

for (const history of [false, true]) {
  test(`an item appears and speaks later, history: ${history}: its gap ends where it is heard`, async (t) => {
    const bench = await feedBench(t);
    const { machine, start, kept } = bench;
    const slot = "Slot7/Total";
    sayAndDeliver(machine, 1);
    machine.plan.historyRefused = true;
    const { open, listener } = overheard(machine);
    const paths = ["Slot{slot}/Total", pieces].map((path) => ({ path, history }));
    const feed = start({ open, paths, clock: testClock(() => machine.now, 1_000) });
    await until(() => feed.status().connected && feed.status().samples === 1, "live");
    machine.say(slot, 10);
    machine.say(slot, 20);
    listener().appeared([slot]);
    await turns(4);
    listener().samples([machine.say(slot, 30)], true);
    await until(() => feed.status().gaps.unfilled === 1 && feed.status().samples === 2, "marked and live");
    const { gaps } = await kept();
    const missing = await unheard(bench);
    assert.equal(missing.length, 2);
    assert.deepEqual(
      missing.filter((sample) => !liesIn(gaps)(sample)),
      [],
    );
  });
}

test("an overflow while values wait on both sides of an interruption forgets neither", async (t) => {
  const bench = await feedBench(t);
  const { machine, start, kept, buffer } = bench;
  const disk = mortalBuffer(buffer);
  sayAndDeliver(machine, 1);
  const paths = [{ path: pieces, history: false }];
  const feed = start({ paths, buffer: disk, limits: { queueSamplesMax: 20 } });
  await until(() => feed.status().connected && feed.status().samples === 1, "live");
  disk.refuse(5);
  sayAndDeliver(machine, 1);
  await turns(2);
  sayAndDeliver(machine, 14);
  machine.cut();
  sayAndDeliver(machine, 5);
  machine.heal();
  sayAndDeliver(machine, 6);
  await until(() => feed.status().waitingSamples === 0 && feed.status().gap === null, "room again");
  assert.equal(feed.status().lostSamples, 11);
  const { gaps } = await kept();
  const missing = await unheard(bench);
  assert.equal(missing.length, 11 + 4, "dropped, and said while the line was down");
  assert.deepEqual(
    missing.filter((sample) => !liesIn(gaps)(sample)),
    [],
  );
});

test("an item appears twice from one place and says nothing: each gap has a beginning of its own", async (t) => {
  const { machine, start, kept } = await feedBench(t);
  const slot = "Slot7/Total";
  sayAndDeliver(machine, 1, slot);
  sayAndDeliver(machine, 1);
  const { open, listener } = overheard(machine);
  const paths = ["Slot{slot}/Total", pieces].map((path) => ({ path, history: false }));
  const feed = start({ open, paths });
  await until(() => feed.status().connected && feed.status().samples === 2, "live");
  for (const times of [1, 2]) {
    sayAndDeliver(machine, 1);
    listener().appeared([slot]);
    await until(() => feed.status().gaps.unfilled === times, "marked");
  }
  const { gaps } = await kept();
  assert.deepEqual(shape(gaps), ["opened", "closed unfilled", "opened", "closed unfilled"]);
  const facts = gaps.map(({ state, at, cause }) => contentId(state, at, cause));
  assert.notEqual(gaps[1]?.at, gaps[3]?.at);
  assert.equal(gaps[0]?.at, gaps[2]?.at);
  assert.equal(new Set(facts).size, 4, "what is said of each is a fact");
});

test("the mark of a gap says of which items values may be missing, and up to when", async (t) => {
  const { machine, start, kept } = await feedBench(t);
  const [still, history] = ["Slot1/Total", "Slot2/Total"];
  for (const item of [still, history, state]) machine.say(item, 0);
  sayAndDeliver(machine, 1);
  const paths = [still, state, pieces].map((path) => ({ path, history: false }));
  const feed = start({ paths: [...paths, { path: history, history: true }] });
  await until(() => feed.status().connected && feed.status().samples === 4, "live");
  const from = machine.now;
  machine.cut();
  for (const item of [history, state, pieces]) for (const value of [1, 2]) machine.say(item, value);
  const next = { [state]: machine.said.at(-3)?.at, [pieces]: machine.said.at(-1)?.at };
  machine.heal();
  await until(() => feed.status().gaps.unfilled === 1, "closed");
  const closed = (await kept()).gaps.at(-1);
  assert.deepEqual(closed?.missing, { from, items: next });
});
