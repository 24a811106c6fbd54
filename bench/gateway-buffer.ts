/**
 * Throughput of the durable buffer: twenty sources append batches, one consumer takes them, all in one process.
 * End point: durable on the disk and in the consumer's hands. Run: node bench/gateway-buffer.ts [seconds]
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { instant } from "../src/base/instant.ts";
import { unwrap } from "../src/base/result.ts";
import { openBuffer } from "../src/gateway/buffer.ts";
import type { Sample } from "../src/record/sample.ts";

const SOURCES = 20;
const BATCH = 500;
const seconds = Number(process.argv[2] ?? 10);
const folder = mkdtempSync(join(tmpdir(), "millrace-bench-"));
const file = join(folder, "buffer.db");
const buffer = unwrap(await openBuffer({ file, log: { info: () => {}, warn: () => {} } }));
const stop = new AbortController();
const started = performance.now();
const cpuBefore = process.cpuUsage();
const seen = { consumed: 0, ageMsMax: 0, backlogMax: 0 };

const consumer = (async () => {
  for await (const batches of buffer.consume(0, stop.signal)) {
    for (const batch of batches) {
      seen.consumed += batch.samples.length;
      seen.ageMsMax = Math.max(seen.ageMsMax, Date.now() - (batch.samples[0]?.receivedAt ?? 0));
    }
    seen.backlogMax = Math.max(seen.backlogMax, buffer.head() - (batches.at(-1)?.seq ?? 0));
  }
})();
await Promise.all(Array.from({ length: SOURCES }, (_, source) => feed(`line-${source}`)));
const offered = buffer.head();
await caughtUp(offered * BATCH);
const elapsed = (performance.now() - started) / 1000;
const cpu = process.cpuUsage(cpuBefore);
const cpuSeconds = (cpu.user + cpu.system) / 1e6;
stop.abort();
await consumer;
await buffer.close();
const bytes = statSync(file).size;
rmSync(folder, { recursive: true });

const samples = offered * BATCH;
process.stdout.write(
  [
    `gateway buffer: ${SOURCES} sources, batches of ${BATCH}, ${elapsed.toFixed(1)} s, synchronous=FULL`,
    `rows/s              ${(offered / elapsed).toFixed(0)}`,
    `samples/s           ${(samples / elapsed).toFixed(0)}`,
    `CPU s per million   ${((cpuSeconds / samples) * 1e6).toFixed(2)}`,
    `bytes per sample    ${(bytes / samples).toFixed(1)}`,
    `age at consumer max ${seen.ageMsMax} ms, backlog max ${seen.backlogMax} rows, left behind ${samples - seen.consumed}`,
    "",
  ].join("\n"),
);

/** One source: appends batch after batch, each after the one before is durable. */
async function feed(source: string): Promise<void> {
  let count = 0;
  while (performance.now() - started < seconds * 1000) {
    const receivedAt = instant(Date.now());
    const samples: Sample[] = [];
    for (let i = 0; i < BATCH; i += 1) {
      count += 1;
      const at = instant(receivedAt - 40 + (i >> 4));
      samples.push({ item: `Counters/Slot${i % 40}/Total`, at, receivedAt, status: 0, value: count, mark: "" });
    }
    unwrap(await buffer.append(source, { samples, complete: true, gaps: [] }));
  }
}

async function caughtUp(samples: number): Promise<void> {
  while (seen.consumed < samples) await new Promise((resolve) => setImmediate(resolve));
}
