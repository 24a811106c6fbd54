/** Several values of one item within one millisecond: each is kept, in the machine's order, however it is told. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instant } from "../base/instant.ts";
import { sampleIdentity, type Sample, type SampleValue } from "../record/sample.ts";
import { numberReturns } from "./returning-value.ts";
import { feedBench, pieces, sayAndDeliver, until } from "./testing/feed-bench.ts";
import { testClock } from "./testing/test-clock.ts";

const values = (samples: readonly Sample[]): readonly SampleValue[] => samples.map(({ value }) => value);

test("a value that comes back within a millisecond is kept, live and from history, and told again it is a double", async (t) => {
  const { machine, start, kept } = await feedBench(t);
  sayAndDeliver(machine, 1);
  const feed = start({ clock: testClock(() => machine.now) });
  await until(() => feed.status().connected && feed.status().samples === 1, "connected");
  machine.say(pieces, 5);
  machine.say(pieces, 6, 0);
  machine.say(pieces, 5, 0);
  machine.say("Slot1/Total", 1, 0);
  machine.deliver();
  await until(() => feed.status().samples === 4, "live");
  const live = (await kept()).samples;
  assert.deepEqual(values(live), [0, 5, 6, 5]);
  assert.equal(new Set(live.map(sampleIdentity)).size, 4, "four words");
  machine.cut();
  machine.say(pieces, 8);
  machine.say(pieces, 9, 0);
  machine.say(pieces, 8, 0);
  machine.heal();
  await until(() => feed.status().gaps.filled === 1, "mended");
  await feed.close();
  const again = start({ clock: testClock(() => machine.now) });
  await until(() => again.status().connected && again.status().historySamples > 0, "read again");
  await until(() => !again.status().backfilling, "all of it");
  const words = new Map(
    (await kept()).samples.filter(({ item }) => item === pieces).map((s) => [sampleIdentity(s), s]),
  );
  assert.deepEqual(values([...words.values()]), [0, 5, 6, 5, 8, 9, 8]);
});

describe("what is numbered", () => {
  const tell = (told: readonly SampleValue[], number = numberReturns()): readonly string[] =>
    told.map((value) => number({ item: "A", at: instant(1), receivedAt: instant(1), status: 0, value, mark: "" }).mark);

  test("what comes back after another value", () => {
    assert.deepEqual(tell([1, 2, 1, 2, 1, 3]), ["", "", "1", "1", "2", ""]);
  });

  test("not what is told again at once", () => {
    const number = numberReturns();
    assert.deepEqual(tell([1, 1, 2, 2, 1, 1], number), ["", "", "", "", "1", "1"]);
    assert.deepEqual(tell([1, 2], number), ["1", "1"]);
  });

  test("not beyond what is remembered of a time that stands still", () => {
    const many = Array.from({ length: 5_000 }, (_, i) => i);
    assert.equal(tell([...many, ...many]).filter((mark) => mark !== "").length, 0);
  });
});
