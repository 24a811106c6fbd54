import assert from "node:assert/strict";
import { test } from "node:test";
import { feedBench, identities, pieces, sayAndDeliver, shape, until } from "./testing/feed-bench.ts";
import { keptLog } from "./testing/folder.ts";
import { mortalBuffer } from "./testing/mortal-buffer.ts";
import { turns } from "./testing/test-clock.ts";

test("history that never comes is given up after bounded attempts and live values go on", async (t) => {
  const { machine, start } = await feedBench(t);
  sayAndDeliver(machine, 5);
  machine.plan.historyBreaks = Array.from({ length: 100 }, () => 0);
  const feed = start({ clockRule: { trust: "device", mode: "replay" }, limits: { historyAttemptsMax: 4 } });
  await until(() => feed.status().samples > 0, "live in spite of it");
  assert.equal(machine.asked.length, 4);
});

test("live values that overflow behind history are read back from the machine, none is lost", async (t) => {
  const { machine, start, kept } = await feedBench(t);
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
  const { machine, start, kept, buffer } = await feedBench(t);
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
  const { machine, start, kept, buffer } = await feedBench(t);
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

test("values without history wait their turn behind the history of the others", async (t) => {
  const { machine, start, kept } = await feedBench(t);
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
