/** How far the gaps of a machine without memory reach: everything that is missing lies in one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SampleBuffer } from "./sample-buffer.ts";
import { feedBench, sayAndDeliver, shape, until } from "./testing/feed-bench.ts";
import { missingOf } from "./testing/missing.ts";
import { mortalBuffer } from "./testing/mortal-buffer.ts";
import { turns } from "./testing/test-clock.ts";

const fast = "Item0";
const slow = "Item1";
const bare = [{ path: "Item{n}", history: false }];

test("what the machine's queue dropped of one item lies in the gap, though others come with older values", async (t) => {
  const { machine, start, kept } = await feedBench(t);
  machine.say(slow, 0);
  sayAndDeliver(machine, 1, fast);
  const feed = start({ paths: bare });
  await until(() => feed.status().connected && feed.status().samples === 2, "live");
  for (let i = 0; i < 50; i += 1) {
    machine.say(slow, i + 1);
    machine.say(fast, 100 + i);
  }
  machine.overrun(fast);
  machine.deliverByItem();
  await until(() => feed.status().samples === 53, "what is left");
  assert.deepEqual(missingOf(machine.said, await kept()), { named: 49, silent: 0 });
  assert.deepEqual(shape((await kept()).gaps), ["opened", "closed unfilled"]);
});

test("what had no room at the gateway lies in the gap, whatever comes after it", async (t) => {
  const { machine, start, buffer, kept } = await feedBench(t);
  const disk = mortalBuffer(buffer);
  machine.say(slow, 0);
  sayAndDeliver(machine, 1, fast);
  const feed = start({ buffer: disk, paths: bare, limits: { queueSamplesMax: 100 } });
  await until(() => feed.status().connected && feed.status().samples === 2, "live");
  disk.refuse(5);
  sayAndDeliver(machine, 1, fast);
  await turns(2);
  for (let i = 0; i < 60; i += 1) {
    machine.say(slow, i + 1);
    machine.say(fast, 100 + i);
  }
  machine.deliverByItem();
  await until(() => feed.status().waitingSamples === 0 && feed.status().fault === null, "room again");
  assert.deepEqual(missingOf(machine.said, await kept()), { named: 70, silent: 0 });
  assert.equal(feed.status().lostSamples, 70);
  assert.deepEqual(shape((await kept()).gaps), ["opened", "closed unfilled"]);
});

test("a queue that is full again before all was heard makes the gap longer, and no second one", async (t) => {
  const { machine, start, buffer, kept } = await feedBench(t);
  let meanwhile = 0;
  const busy: SampleBuffer = {
    ...buffer,
    append: async (source, content, options) => {
      if (meanwhile > 0 && content.samples.length > 0) {
        meanwhile -= 1;
        sayAndDeliver(machine, 90, fast);
      }
      return buffer.append(source, content, options);
    },
  };
  sayAndDeliver(machine, 1, fast);
  const feed = start({ buffer: busy, paths: bare, limits: { queueSamplesMax: 100, batchSamplesMax: 20 } });
  await until(() => feed.status().connected && feed.status().samples === 1, "live");
  meanwhile = 6;
  sayAndDeliver(machine, 90, fast);
  await until(() => feed.status().waitingSamples === 0 && feed.status().gap === null, "at rest");
  assert.ok(feed.status().lostSamples > 200, `${feed.status().lostSamples} lost`);
  assert.deepEqual(missingOf(machine.said, await kept()), { named: feed.status().lostSamples, silent: 0 });
  assert.deepEqual(shape((await kept()).gaps), ["opened", "closed unfilled"]);
});

test("what was said while the line was down lies in the gap, though an item that did not change shows an older value", async (t) => {
  const { machine, start, kept } = await feedBench(t);
  machine.say(slow, 0);
  sayAndDeliver(machine, 1, fast);
  const feed = start({ paths: bare });
  await until(() => feed.status().connected && feed.status().samples === 2, "live");
  machine.cut();
  machine.say(slow, 1);
  for (let i = 0; i < 50; i += 1) machine.say(fast, 100 + i);
  machine.heal();
  await until(() => feed.status().gaps.unfilled === 1 && feed.status().samples === 4, "live again");
  assert.deepEqual(missingOf(machine.said, await kept()), { named: 49, silent: 0 });
});
