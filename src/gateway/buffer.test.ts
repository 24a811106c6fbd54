import assert from "node:assert/strict";
import {
  closeSync,
  copyFileSync,
  openSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test, type TestContext } from "node:test";
import { systemClock, type Clock } from "../base/clock.ts";
import { instant } from "../base/instant.ts";
import { unwrap } from "../base/result.ts";
import type { GapMark, SampleBatch } from "../record/sample-batch.ts";
import { aheadOfItsTime } from "../record/sample.ts";
import { openBuffer } from "./buffer.ts";
import type { BufferSettings, SampleBuffer } from "./sample-buffer.ts";
import { batchOf, sampleAt } from "./testing/batch.ts";
import { keptLog, testFile } from "./testing/folder.ts";

const log = keptLog();

async function buffered(t: TestContext, settings: Partial<BufferSettings> = {}): Promise<SampleBuffer> {
  const buffer = unwrap(await openBuffer({ file: testFile(t), log, ...settings }));
  t.after(() => buffer.close());
  return buffer;
}

async function readAll(buffer: SampleBuffer, after = 0): Promise<readonly SampleBatch[]> {
  return unwrap(await buffer.read({ after, maxSamples: 1_000_000 }));
}

test("what was appended is there after a restart, with its id, its order and its place", async (t) => {
  const file = testFile(t);
  const first = unwrap(await openBuffer({ file, log }));
  const opened: GapMark = { state: "opened", at: instant(30), cause: "cable pulled", filled: false };
  assert.equal(unwrap(await first.append("komax", batchOf(10, 20))), 1);
  assert.equal(unwrap(await first.append("press", { ...batchOf(500), complete: false })), 2);
  assert.equal(unwrap(await first.append("komax", { samples: [], complete: false, gaps: [opened] })), 3);
  await first.close();

  const second = await buffered(t, { file });
  assert.equal(second.id, first.id);
  assert.equal(second.head(), 3);
  assert.deepEqual(await readAll(second), [
    { source: "komax", seq: 1, ...batchOf(10, 20) },
    { source: "press", seq: 2, ...batchOf(500), complete: false },
    { source: "komax", seq: 3, samples: [], complete: false, gaps: [opened] },
  ]);
  assert.deepEqual(second.through("komax"), { at: 20, seq: 1 });
  assert.equal(second.through("press"), null, "an incomplete batch completes nothing");
  assert.deepEqual(second.openGap("komax"), opened);
  unwrap(await second.append("komax", { ...batchOf(40), gaps: [{ ...opened, state: "closed", filled: true }] }));
  assert.equal(second.openGap("komax"), null);
  assert.deepEqual(second.through("komax"), { at: 40, seq: 4 });
});

test("through goes forward by itself and back only when told", async (t) => {
  const buffer = await buffered(t);
  unwrap(await buffer.append("komax", batchOf(100)));
  unwrap(await buffer.append("komax", batchOf(50)));
  assert.deepEqual(buffer.through("komax"), { at: 100, seq: 1 });
  unwrap(await buffer.append("komax", batchOf(60), { through: instant(60) }));
  assert.deepEqual(buffer.through("komax"), { at: 60, seq: 3 });
  assert.equal(buffer.head(), 3);
});

test("what lies ahead of the source's time line does not move it", async (t) => {
  const buffer = await buffered(t);
  const ahead = { ...sampleAt(9_000_000_000), mark: aheadOfItsTime };
  unwrap(await buffer.append("komax", { samples: [sampleAt(7), ahead], complete: true, gaps: [] }));
  assert.deepEqual(buffer.through("komax"), { at: 7, seq: 1 });
  unwrap(await buffer.append("komax", { samples: [ahead], complete: true, gaps: [] }));
  assert.deepEqual(buffer.through("komax"), { at: 7, seq: 1 });
});

test("known items are kept over a restart and cost no row", async (t) => {
  const file = testFile(t);
  const first = unwrap(await openBuffer({ file, log }));
  assert.equal(first.knownItems("komax").size, 0);
  unwrap(await first.addItems("komax", ["Slot1/Total", "Slot2/Total"]));
  unwrap(await first.addItems("komax", ["Slot2/Total", "Slot3/Total"]));
  await first.close();
  const second = await buffered(t, { file });
  assert.deepEqual([...second.knownItems("komax")], ["Slot1/Total", "Slot2/Total", "Slot3/Total"]);
  assert.equal(second.knownItems("press").size, 0);
  assert.equal(second.head(), 0);
});

test("appends of one moment share a commit and keep their order", async (t) => {
  const buffer = await buffered(t);
  const seqs = await Promise.all(Array.from({ length: 500 }, (_, i) => buffer.append(`s${i % 7}`, batchOf(i))));
  assert.deepEqual(
    seqs.map(unwrap),
    Array.from({ length: 500 }, (_, i) => i + 1),
  );
  const kept = unwrap(await buffer.stats());
  assert.deepEqual([kept.rows, kept.samples, kept.head, kept.waiting], [500, 500, 500, 0]);
});

test("reading is bounded by samples, filtered by source, and always moves", async (t) => {
  const buffer = await buffered(t, { recentSamplesMax: 0 });
  for (let i = 0; i < 10; i += 1) unwrap(await buffer.append(i % 2 ? "odd" : "even", batchOf(i, i + 100, i + 200)));
  const some = unwrap(await buffer.read({ after: 2, maxSamples: 4 }));
  assert.deepEqual(
    some.map(({ seq }) => seq),
    [3, 4],
  );
  const odd = unwrap(await buffer.read({ after: 0, sources: ["odd"], maxSamples: 1 }));
  assert.deepEqual(
    odd.map(({ seq }) => seq),
    [2],
  );
  assert.deepEqual(unwrap(await buffer.read({ after: 10, maxSamples: 10 })), []);
});

test("a full buffer refuses in words, goes on, and takes samples again when there is room", async (t) => {
  const buffer = await buffered(t, { bytesMax: 200_000, recentSamplesMax: 0 });
  let fault: string = "none";
  let last = 0;
  for (let i = 0; i < 200 && fault === "none"; i += 1) {
    const appended = await buffer.append("komax", bulky(i));
    if (appended.ok) last = appended.value;
    else {
      fault = appended.fault.code;
      assert.equal(appended.fault.kind, "transient");
      assert.match(appended.fault.message, /no room left/);
    }
  }
  assert.equal(fault, "gateway/buffer-full");
  assert.equal((await buffer.append("komax", bulky(0))).ok, false);
  assert.equal((await readAll(buffer)).length, last, "what was acknowledged is all there");
  unwrap(await buffer.release(last - 2, 0));
  assert.equal(unwrap(await buffer.append("komax", bulky(1))), last + 1);
  assert.deepEqual(
    (await readAll(buffer)).map(({ seq }) => seq),
    [last - 1, last, last + 1],
  );
});

test("a full buffer gives up rows that are committed elsewhere before it refuses new ones", async (t) => {
  const buffer = await buffered(t, { bytesMax: 200_000, recentSamplesMax: 0 });
  for (let i = 0; i < 200; i += 1) {
    const seq = unwrap(await buffer.append("komax", bulky(i)));
    unwrap(await buffer.release(seq - 1, 1e15));
  }
  const kept = unwrap(await buffer.stats());
  assert.ok(kept.sacrificed > 100, `${kept.sacrificed} rows were given up`);
  assert.equal((await readAll(buffer)).at(-1)?.seq, 200);
});

test("released rows are kept for the retention and no longer; others for ever", async (t) => {
  let now = 1_000_000;
  const clock: Clock = { ...systemClock, now: () => instant(now) };
  const buffer = await buffered(t, { clock, recentSamplesMax: 0 });
  for (let i = 1; i <= 500; i += 1) unwrap(await buffer.append("komax", batchOf(now + i)));
  assert.equal(unwrap(await buffer.release(450, 60_000)), 0);
  assert.equal(unwrap(await buffer.stats()).oldestUnreleasedAt, now + 451 + 5);
  now += 60_000 + 100 + 6;
  assert.equal(unwrap(await buffer.release(450, 60_000)), 100);
  now += 1e9;
  assert.equal(unwrap(await buffer.release(10, 60_000)), 350, "what was released stays released");
  const kept = unwrap(await buffer.stats());
  assert.deepEqual([kept.rows, kept.samples, kept.released], [50, 50, 450]);
  assert.equal((await readAll(buffer))[0]?.seq, 451);
});

test("a row that was received while the clock was ahead keeps no other from being given up", async (t) => {
  const day = 86_400_000;
  const clock: Clock = { ...systemClock, now: () => instant(400 * day) };
  const buffer = await buffered(t, { clock, recentSamplesMax: 0 });
  unwrap(await buffer.append("komax", batchOf(765 * day)));
  for (let i = 0; i < 10; i += 1) unwrap(await buffer.append("komax", batchOf(370 * day + i)));
  unwrap(await buffer.append("komax", batchOf(399 * day)));
  assert.equal(unwrap(await buffer.release(buffer.head(), 7 * day)), 11);
  assert.equal(unwrap(await buffer.stats()).rows, 1);
});

test("a damaged file is refused and left alone; moved aside only when asked", async (t) => {
  const file = testFile(t);
  const buffer = unwrap(await openBuffer({ file, log }));
  for (let i = 0; i < 50; i += 1) unwrap(await buffer.append("komax", bulky(i)));
  await buffer.close();
  const handle = openSync(file, "r+");
  for (let at = 8192; at < statSync(file).size; at += 4096) writeSync(handle, Buffer.alloc(64, 0xa5), 0, 64, at);
  closeSync(handle);
  const damaged = readFileSync(file);

  const refused = await openBuffer({ file, log });
  assert.ok(!refused.ok);
  assert.deepEqual([refused.fault.kind, refused.fault.code], ["invalid", "gateway/buffer-damaged"]);
  assert.match(refused.fault.message, /Move it together with its -wal file/);
  assert.deepEqual(readFileSync(file), damaged);

  const fresh = await buffered(t, { file, onDamage: "move-aside" });
  assert.notEqual(fresh.id, buffer.id);
  assert.equal(unwrap(await fresh.append("komax", batchOf(1))), 1);
  const aside = readdirSync(dirname(file)).find((name) => name.startsWith("buffer.db.damaged-"));
  assert.deepEqual(readFileSync(join(dirname(file), String(aside))), damaged);
});

/** 300 rows of which a page in the middle is garbage; too large to be looked through when it is opened. */
async function withGarbage(t: TestContext): Promise<string> {
  const file = testFile(t);
  const buffer = unwrap(await openBuffer({ file, log }));
  for (let i = 0; i < 300; i += 1) unwrap(await buffer.append(i % 2 ? "komax" : "press", bulky(i)));
  await buffer.close();
  const handle = openSync(file, "r+");
  writeSync(handle, Buffer.alloc(4096, 0xa5), 0, 4096, 4096 * Math.floor(statSync(file).size / 4096 / 2));
  closeSync(handle);
  return file;
}

test("a damaged page costs what it held, as a gap of every machine, and the stream goes on", async (t) => {
  const file = await withGarbage(t);
  const buffer = await buffered(t, { file, checkBytesMax: 0 });
  assert.equal(buffer.damage(), null, "nobody knows yet");
  const seen: SampleBatch[] = [];
  for await (const batches of buffer.consume(0, AbortSignal.timeout(20_000))) {
    seen.push(...batches);
    if (batches.at(-1)?.seq === buffer.head()) break;
  }
  const gaps = seen.filter(({ samples }) => samples.length === 0);
  const read = seen.filter(({ samples }) => samples.length > 0);
  assert.ok(read.length >= 250 && read.length < 300, `${read.length} rows`);
  assert.deepEqual(
    seen.map(({ seq }) => seq),
    seen.map(({ seq }) => seq).toSorted((a, b) => a - b),
  );
  assert.ok(gaps.length > 0 && gaps.length % 2 === 0);
  for (const source of ["komax", "press"]) {
    const [first] = gaps.filter((gap) => gap.source === source);
    assert.deepEqual(
      first?.gaps.map(({ state, filled }) => [state, filled]),
      [
        ["opened", false],
        ["closed", false],
      ],
    );
    assert.match(first?.gaps[0]?.cause ?? "", /^Rows \d+ to \d+ of the gateway's buffer are damaged\.$/);
  }
  assert.equal(buffer.damage()?.code, "gateway/buffer-damaged");
  unwrap(await buffer.append("komax", batchOf(5000)));
});

test("damage that was found on reading is known after a restart, and moved aside when asked", async (t) => {
  const file = await withGarbage(t);
  const first = unwrap(await openBuffer({ file, log, checkBytesMax: 0 }));
  t.after(() => first.close());
  for (let after = 0; after < first.head();) after = (await readAll(first, after)).at(-1)?.seq ?? first.head();
  await first.close();
  const again = unwrap(await openBuffer({ file, log, checkBytesMax: 0 }));
  t.after(() => again.close());
  assert.equal(again.damage()?.code, "gateway/buffer-damaged");
  await again.close();
  const fresh = await buffered(t, { file, checkBytesMax: 0, onDamage: "move-aside" });
  assert.notEqual(fresh.id, first.id);
  assert.equal(fresh.damage(), null);
});

test("what is no database at all is refused too", async (t) => {
  const file = testFile(t);
  writeFileSync(file, "machine data, honestly\n".repeat(500));
  const refused = await openBuffer({ file, log });
  assert.equal(!refused.ok && refused.fault.code, "gateway/buffer-damaged");
});

test("a folder that is not there and a format of the future are told apart from damage", async (t) => {
  const missing = await openBuffer({ file: "/nowhere/at/all/buffer.db", log });
  assert.equal(!missing.ok && missing.fault.code, "gateway/buffer-file");
  const file = testFile(t);
  await unwrap(await openBuffer({ file, log })).close();
  const database = new DatabaseSync(file);
  database.exec("update meta set value = 2 where key = 'format'");
  database.close();
  const newer = await openBuffer({ file, log, onDamage: "move-aside" });
  assert.equal(!newer.ok && newer.fault.code, "gateway/buffer-file");
});

const oddRows = {
  "no JSON": "{{",
  "no batch": "null",
  "a sample that is none": '{"v":1,"c":1,"i":["a"],"r":[null]}',
};
for (const [what, bytes] of Object.entries(oddRows))
  test(`a row that cannot be read (${what}) becomes an unfilled gap and the stream goes on`, async (t) => {
    const file = testFile(t);
    const first = unwrap(await openBuffer({ file, log }));
    for (const at of [10, 20, 30]) unwrap(await first.append("komax", batchOf(at)));
    await first.close();
    const database = new DatabaseSync(file);
    database.prepare("update batch set bytes = ? where seq = 2").run(Buffer.from(bytes));
    database.close();
    const buffer = await buffered(t, { file });
    const [, broken, after] = await readAll(buffer);
    assert.deepEqual(broken?.samples, []);
    assert.deepEqual(
      broken.gaps.map(({ state, at, filled }) => [state, at, filled]),
      [
        ["opened", 20, false],
        ["closed", 20, false],
      ],
    );
    assert.deepEqual(after, { source: "komax", seq: 3, ...batchOf(30) });
  });

test("a cursor of another buffer starts again, one that is ahead of the file is refused", async (t) => {
  const buffer = await buffered(t);
  unwrap(await buffer.append("komax", batchOf(1)));
  assert.equal(unwrap(buffer.resume(null)), 0);
  assert.equal(unwrap(buffer.resume({ buffer: "another", seq: 77 })), 0);
  assert.equal(unwrap(buffer.resume({ buffer: buffer.id, seq: 1 })), 1);
  const ahead = buffer.resume({ buffer: buffer.id, seq: 2 });
  assert.equal(!ahead.ok && ahead.fault.code, "gateway/buffer-cursor");
});

test("more than the bound does not wait for the disk", async (t) => {
  const buffer = await buffered(t, { waitingSamplesMax: 100 });
  const many = await Promise.all(Array.from({ length: 300 }, (_, i) => buffer.append("komax", batchOf(i))));
  const refused = many.filter((result) => !result.ok);
  assert.ok(refused.length > 0 && refused.every((result) => !result.ok && result.fault.code === "gateway/buffer-busy"));
  assert.equal((await readAll(buffer)).length, 300 - refused.length);
  unwrap(await buffer.append("komax", batchOf(1)));
});

test("a batch is on the disk before anybody is told of it", async (t) => {
  const file = testFile(t);
  const copy = `${file}.copy`;
  let about = "";
  const buffer = await buffered(t, {
    file,
    probe: (point, what) => {
      about = `${point} ${what} head=${buffer.head()}`;
      for (const suffix of ["", "-wal"]) copyFileSync(file + suffix, copy + suffix);
    },
  });
  unwrap(await buffer.append("komax", batchOf(1)));
  assert.equal(about, "buffer-durable komax 1 head=0");
  const asCrashed = await buffered(t, { file: copy });
  assert.equal((await readAll(asCrashed)).length, 1);
});

test("a closed buffer answers with a fault and ends its consumers", async (t) => {
  const buffer = unwrap(await openBuffer({ file: testFile(t), log }));
  const consumed = (async () => {
    for await (const batches of buffer.consume(0, new AbortController().signal)) assert.fail(String(batches));
  })();
  await buffer.close();
  await consumed;
  assert.equal(await buffer.ended, null);
  for (const result of [await buffer.append("komax", batchOf(1)), await buffer.stats()]) {
    assert.equal(!result.ok && result.fault.code, "gateway/buffer-stopped");
  }
  await buffer.close();
});

function bulky(at: number): ReturnType<typeof batchOf> {
  return { ...batchOf(), samples: [sampleAt(at, "x".repeat(3000))] };
}
