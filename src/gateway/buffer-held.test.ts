import assert from "node:assert/strict";
import { closeSync, openSync, statSync, writeSync } from "node:fs";
import { test, type TestContext } from "node:test";
import { systemClock, type Clock } from "../base/clock.ts";
import { instant } from "../base/instant.ts";
import { unwrap } from "../base/result.ts";
import { openBuffer } from "./buffer.ts";
import type { BufferSettings, SampleBuffer } from "./sample-buffer.ts";
import { batchOf, sampleAt } from "./testing/batch.ts";
import { keptLog, testFile } from "./testing/folder.ts";

async function buffered(t: TestContext, settings: Partial<BufferSettings> = {}): Promise<SampleBuffer> {
  const buffer = unwrap(await openBuffer({ file: testFile(t), log: keptLog(), recentSamplesMax: 0, ...settings }));
  t.after(() => buffer.close());
  return buffer;
}

async function rowsOf(buffer: SampleBuffer): Promise<readonly string[]> {
  const read = unwrap(await buffer.read({ after: 0, maxSamples: 1_000_000 }));
  return read.map(({ source, seq }) => `${source} ${seq}`);
}

test("what is committed of others goes from among what waits of a source that is held", async (t) => {
  const buffer = await buffered(t);
  for (const source of ["komax", "press", "komax", "press", "komax"]) unwrap(await buffer.append(source, batchOf(1)));
  assert.equal(unwrap(await buffer.release(4, 0, new Map([["komax", 1]]))), 3);
  assert.deepEqual(await rowsOf(buffer), ["komax 3", "komax 5"]);
  assert.equal(unwrap(await buffer.stats()).released, 1, "where a restart begins to read");
  assert.equal(unwrap(await buffer.release(5, 0)), 2, "it is held no more");
});

test("what waits of a source behind a damaged page is found, whatever came of others before it", async (t) => {
  const file = testFile(t);
  const writer = unwrap(await openBuffer({ file, log: keptLog() }));
  for (let i = 0; i < 300; i += 1) {
    const samples = Array.from({ length: 20 }, (_, n) => sampleAt(i * 100 + n));
    unwrap(await writer.append(i < 299 ? "press" : "komax", { samples, complete: true, gaps: [] }));
  }
  await writer.close();
  const handle = openSync(file, "r+");
  writeSync(handle, Buffer.alloc(4096, 0xa5), 0, 4096, 4096 * Math.floor(statSync(file).size / 4096 / 2));
  closeSync(handle);
  const buffer = await buffered(t, { file, checkBytesMax: 0 });
  const seen: number[] = [];
  for (let after = 0; ;) {
    const read = unwrap(await buffer.read({ after, sources: ["komax"], maxSamples: 1 }));
    const last = read.at(-1)?.seq;
    if (last === undefined) break;
    seen.push(last);
    after = last;
  }
  assert.equal(seen.at(-1), 300, "it has come to the end only when all was looked through");
});

test("they stay as long as all that is committed", async (t) => {
  let now = 1_000_000;
  const clock: Clock = { ...systemClock, now: () => instant(now) };
  const buffer = await buffered(t, { clock });
  const held = new Map([["komax", 0]]);
  for (const source of ["komax", "press", "press"]) unwrap(await buffer.append(source, batchOf(now)));
  assert.equal(unwrap(await buffer.release(3, 60_000, held)), 0);
  now += 60_006;
  unwrap(await buffer.append("press", batchOf(now)));
  assert.equal(unwrap(await buffer.release(4, 60_000, held)), 2);
  assert.deepEqual(await rowsOf(buffer), ["komax 1", "press 4"]);
});

test("when a source comes on, or is held no more, what was passed over goes too", async (t) => {
  const buffer = await buffered(t);
  for (const source of ["komax", "press", "saw", "press", "saw"]) unwrap(await buffer.append(source, batchOf(1)));
  const places = (...all: (readonly [string, number])[]): ReadonlyMap<string, number> => new Map(all);
  assert.equal(unwrap(await buffer.release(5, 0, places(["komax", 0], ["press", 0], ["saw", 0]))), 0);
  assert.equal(unwrap(await buffer.release(5, 0, places(["komax", 0], ["press", 2], ["saw", 0]))), 1);
  assert.equal(unwrap(await buffer.release(5, 0, places(["komax", 0], ["press", 2]))), 2);
  assert.deepEqual(await rowsOf(buffer), ["komax 1", "press 4"]);
  const { rows, samples } = unwrap(await buffer.stats());
  assert.deepEqual([rows, samples], [2, 2]);
});

test("more than one step looks at is passed over, and given up behind it", async (t) => {
  const buffer = await buffered(t);
  const waiting = await Promise.all(Array.from({ length: 5_100 }, () => buffer.append("komax", batchOf(1))));
  waiting.forEach(unwrap);
  const others = await Promise.all(Array.from({ length: 300 }, () => buffer.append("press", batchOf(1))));
  others.forEach(unwrap);
  assert.equal(unwrap(await buffer.release(buffer.head(), 0, new Map([["komax", 0]]))), 300);
  assert.equal(unwrap(await buffer.stats()).rows, 5_100);
});

test("when it is full, only a source that is held is refused, after what is committed was given up", async (t) => {
  const buffer = await buffered(t, { bytesMax: 400_000, heldBytesMax: 200_000 });
  const held = new Map([["komax", 0]]);
  const say = (source: string): ReturnType<SampleBuffer["append"]> =>
    buffer.append(source, { ...batchOf(), samples: [sampleAt(1, "x".repeat(3000))] });
  const told = async (source: string): Promise<string> => {
    const seq = await say(source);
    unwrap(await buffer.release(source === "press" ? buffer.head() : 0, 1e15, held));
    return seq.ok ? "taken" : seq.fault.code;
  };
  for (let n = 0; n < 300; n += 1) assert.equal(await told("press"), "taken");
  let room = 0;
  while ((await told("komax")) === "taken") room += 1;
  assert.ok(room > 30, `${room} rows, though all was full of what is committed`);
  // In one commit, with others.
  const [refused, ...others] = await Promise.all([say("komax"), say("press"), say("saw")]);
  assert.equal(!refused.ok && refused.fault.code, "gateway/buffer-held");
  assert.deepEqual(
    others.map((one) => one.ok && one.value),
    [buffer.head() - 1, buffer.head()],
  );
  for (let n = 0; n < 300; n += 1) assert.equal(await told("press"), "taken");
  assert.equal(
    (await rowsOf(buffer)).filter((row) => row.startsWith("komax")).length,
    room,
    "none that waits is given up",
  );
  unwrap(await buffer.release(buffer.head(), 1e15, new Map([["komax", buffer.head()]])));
  assert.equal(await told("komax"), "taken");
});
