import assert from "node:assert/strict";
import { test } from "node:test";
import { aheadOfItsTime, sampleIdentity } from "../record/sample.ts";
import { feedBench, identities, pieces, sayAndDeliver, until } from "./testing/feed-bench.ts";
import { keptLog } from "./testing/folder.ts";
import { testClock } from "./testing/test-clock.ts";

test("a clock that the machine sets back moves the place to read from back too", async (t) => {
  const { machine, start, kept, buffer } = await feedBench(t);
  sayAndDeliver(machine, 1);
  const clock = testClock(() => machine.now);
  const feed = start({ clock });
  await until(() => feed.status().connected, "connected");
  sayAndDeliver(machine, 5);
  await until(() => feed.status().samples === 6, "live");
  machine.rewind(machine.now - 3_600_000);
  sayAndDeliver(machine, 5);
  await until(() => feed.status().samples === 11, "still live");
  assert.equal(buffer.through("komax")?.at, machine.now);
  machine.cut();
  sayAndDeliver(machine, 5);
  machine.heal();
  await until(async () => identities((await kept()).samples).length === machine.said.length, "nothing is missing");
});

test("an old snapshot does not hide what was still under way when it came", async (t) => {
  const { machine, start, kept, buffer } = await feedBench(t);
  const job = "Slot1/Total";
  machine.say(job, 0);
  sayAndDeliver(machine, 1);
  const clock = testClock(() => machine.now);
  const feed = start({ clock });
  await until(() => feed.status().connected && feed.status().samples === 2, "connected");
  // It is on its way for as long as the gateway lives.
  const held = machine.say(job, 1, 60_000);
  machine.hold(held);
  machine.plan.complete = false;
  for (let minute = 0; minute < 20; minute += 1) {
    machine.say(pieces, minute, 60_000);
    machine.deliver();
  }
  await until(() => feed.status().samples === 22, "live");
  machine.sayAgain(machine.said.slice(-10, -5));
  await until(() => feed.status().samples === 27, "said again");
  assert.ok(
    (buffer.through("komax")?.at ?? Number.POSITIVE_INFINITY) < held.at,
    "the place is before what is under way",
  );
  await feed.close();
  start({ clock });
  await until(async () => identities((await kept()).samples).length === machine.said.length, "nothing is missing");
});

test("our own clock, set back by days, marks nothing of what a live machine remembers", async (t) => {
  const { machine, start, kept } = await feedBench(t);
  sayAndDeliver(machine, 1);
  let setBy = 0;
  const feed = start({ clock: testClock(() => machine.now + setBy), clockRule: { trust: "device", mode: "live" } });
  await until(() => feed.status().connected, "connected");
  sayAndDeliver(machine, 3);
  await until(() => feed.status().samples === 4, "live");
  setBy = -3 * 86_400_000;
  machine.cut();
  for (let n = 0; n < 5; n += 1) machine.say(pieces, 100 + n);
  machine.now += 1_000;
  machine.heal();
  await until(() => feed.status().gaps.filled === 1, "mended");
  const { samples } = await kept();
  assert.deepEqual(
    samples.filter(({ mark }) => mark === aheadOfItsTime),
    [],
  );
  const have = new Set(samples.map(sampleIdentity));
  assert.deepEqual(
    machine.said.filter((sample) => !have.has(sampleIdentity(sample))),
    [],
  );
});

test("a gateway whose time counts stamps samples itself and asks for no history", async (t) => {
  const { machine, start, kept } = await feedBench(t);
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

test("what a machine remembers far ahead of its own time line is kept and marked, and moves no place", async (t) => {
  const { machine, start, kept, buffer } = await feedBench(t);
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

test("a live value far ahead of everything else is kept and marked, and moves no place", async (t) => {
  const { machine, start, kept, buffer } = await feedBench(t);
  machine.say("Slot1/Total", 0);
  machine.say(pieces, 0);
  const log = keptLog();
  const feed = start({ log });
  await until(() => feed.status().samples === 2, "connected");
  const { now } = machine;
  // The greatest time that OPC UA knows, and an item with a clock of its own.
  const ahead = [machine.say(pieces, 1, Date.parse("9999-12-31T23:59:59Z") - now)];
  machine.now = now;
  ahead.push(machine.say("Slot1/Total", 1, 365 * 86_400_000));
  machine.now = now;
  machine.deliver();
  await until(() => feed.status().samples === 4, "live");
  assert.equal(feed.status().lastSourceAt, now);
  assert.equal(log.lines.filter((line) => line.includes("9999-12-31")).length, 1, "somebody is told once");
  sayAndDeliver(machine, 1);
  await until(() => feed.status().samples === 5, "live");
  const marked = (await kept()).samples.filter(({ mark }) => mark === aheadOfItsTime);
  assert.deepEqual(
    marked.map(({ at }) => at),
    ahead.map(({ at }) => at),
  );
  assert.equal(buffer.through("komax")?.at, machine.now);
});

test("a live value far ahead hides nothing of it in what the machine remembers", async (t) => {
  const { machine, start, kept, buffer } = await feedBench(t);
  sayAndDeliver(machine, 1);
  const feed = start();
  await until(() => feed.status().samples === 1, "connected");
  machine.cut();
  sayAndDeliver(machine, 2);
  const { now } = machine;
  const ahead = machine.say(pieces, 1, 365 * 86_400_000);
  machine.now = now;
  machine.heal();
  await until(() => feed.status().gaps.filled === 1, "mended");
  const { samples } = await kept();
  assert.deepEqual(
    samples
      .filter(({ at }) => at === ahead.at)
      .map(({ mark }) => mark)
      .filter((mark) => mark !== aheadOfItsTime),
    [],
  );
  assert.equal(identities(samples).length, 4);
  assert.ok((buffer.through("komax")?.at ?? ahead.at) <= now);
});

test("our own clock, days behind, hides what the machine says, until it is right", async (t) => {
  const { machine, start, kept, buffer } = await feedBench(t);
  machine.now = Date.parse("2026-03-02T06:00:00Z");
  sayAndDeliver(machine, 1);
  let setBy = -3 * 86_400_000;
  const feed = start({ clock: testClock(() => machine.now + setBy) });
  await until(() => feed.status().samples === 1, "connected");
  assert.equal(buffer.through("komax"), null);
  setBy = 0;
  sayAndDeliver(machine, 1);
  await until(() => feed.status().samples === 2, "live");
  assert.deepEqual(
    (await kept()).samples.map(({ mark }) => mark),
    [aheadOfItsTime, ""],
  );
});

test("values of one item that come together are told apart where the gateway's time counts", async (t) => {
  const { machine, start, kept } = await feedBench(t);
  machine.say("Slot1/Total", 0);
  sayAndDeliver(machine, 1);
  const feed = start({ clockRule: { trust: "gateway", mode: "live" } });
  await until(() => feed.status().samples === 2, "connected");
  machine.now += 500;
  for (const value of ["B", "A", "B"]) machine.say(pieces, value);
  machine.say("Slot1/Total", 1);
  machine.deliver();
  await until(() => feed.status().samples === 6, "told");
  machine.now += 500;
  machine.say(pieces, "B");
  machine.deliver();
  await until(() => feed.status().samples === 7, "told");
  const { samples } = await kept();
  assert.deepEqual(
    samples.slice(2).map(({ value, mark }) => [value, mark]),
    [
      ["B", ""],
      ["A", "1"],
      ["B", "2"],
      [1, ""],
      ["B", ""],
    ],
  );
});

test("first values that bear the time of the machine's start do not hide what it says later", async (t) => {
  const { machine, start, kept, buffer } = await feedBench(t);
  const replayed = machine.now;
  machine.now += 365 * 86_400_000;
  machine.say("Slot1/Total", 0);
  sayAndDeliver(machine, 1);
  const feed = start({ clockRule: { trust: "device", mode: "replay" } });
  await until(() => feed.status().connected && feed.status().samples + feed.status().historySamples >= 2, "connected");
  machine.rewind(replayed);
  sayAndDeliver(machine, 5, "Slot2/Total");
  machine.notice();
  await until(() => buffer.knownItems("komax").has("Slot2/Total"), "noticed");
  sayAndDeliver(machine, 5, "Slot2/Total");
  await until(() => buffer.through("komax")?.at === machine.now, "the place followed");
  machine.cut();
  sayAndDeliver(machine, 5, "Slot2/Total");
  machine.heal();
  await until(async () => identities((await kept()).samples).length === machine.said.length, "nothing is missing");
});
