import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { unwrap } from "../base/result.ts";
import { openBuffer } from "./buffer.ts";
import { batchOf } from "./testing/batch.ts";
import { keptLog, testFile } from "./testing/folder.ts";

const log = keptLog();
const child = new URL("testing/append-until-killed.ts", import.meta.url).pathname;

/** Runs the child until it has acknowledged `lines` batches, kills it, and gives every line that it wrote. */
async function appendUntilKilled(file: string, start: number, lines: number): Promise<string[]> {
  const process_ = spawn(process.execPath, [child, file, String(start)], { stdio: ["ignore", "pipe", "inherit"] });
  const acknowledged: string[] = [];
  const reader = createInterface({ input: process_.stdout });
  reader.on("line", (line) => {
    acknowledged.push(line);
    if (acknowledged.length === lines) process_.kill("SIGKILL");
  });
  const [, signal] = await once(process_, "exit");
  assert.equal(signal, "SIGKILL", acknowledged.join("\n"));
  reader.close();
  return acknowledged;
}

test("every acknowledged batch is there after SIGKILL, again and again on one file", { timeout: 60_000 }, async (t) => {
  const file = testFile(t);
  const acknowledged: string[] = [];
  for (const [round, lines] of [40, 300, 1000].entries()) {
    acknowledged.push(...(await appendUntilKilled(file, round * 1_000_000, lines)));
    const buffer = unwrap(await openBuffer({ file, log }));
    t.after(() => buffer.close());
    const rows = unwrap(await buffer.read({ after: 0, maxSamples: 10_000_000 }));
    const kept = new Map(rows.map((row) => [row.seq, row]));
    for (const line of acknowledged) {
      const [seq, source = "", at] = line.split(" ");
      const { samples } = batchOf(Number(at), Number(at) + 1);
      assert.deepEqual(kept.get(Number(seq)), { source, seq: Number(seq), samples, complete: true, gaps: [] });
    }
    assert.deepEqual(
      rows.map(({ seq }) => seq),
      Array.from({ length: buffer.head() }, (_, i) => i + 1),
    );
    for (const source of ["a", "b", "c", "d"]) {
      const last = rows.findLast((row) => row.source === source);
      assert.deepEqual(buffer.through(source), { at: last?.samples.at(-1)?.at, seq: last?.seq });
    }
    await buffer.close();
  }
});

test("one file serves one process", { timeout: 30_000 }, async (t) => {
  const file = testFile(t);
  const buffer = unwrap(await openBuffer({ file, log }));
  t.after(() => buffer.close());
  const second = await openBuffer({ file, log });
  assert.deepEqual(!second.ok && [second.fault.kind, second.fault.code], ["conflict", "gateway/buffer-locked"]);
  const other = spawn(process.execPath, [child, file], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  other.stdout.on("data", (chunk) => (said += String(chunk)));
  await once(other, "close");
  assert.equal(said, "fault gateway/buffer-locked\n");
  unwrap(await buffer.append("komax", batchOf(1)));
});
