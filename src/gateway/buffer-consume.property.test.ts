import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { unwrap } from "../base/result.ts";
import { forAll } from "../base/testing/chance.ts";
import { openBuffer } from "./buffer.ts";
import type { SampleBuffer } from "./sample-buffer.ts";
import { batchOf } from "./testing/batch.ts";
import { keptLog, testFile } from "./testing/folder.ts";

const script = fc.record({
  recentSamplesMax: fc.integer({ min: 0, max: 20 }),
  before: fc.integer({ min: 0, max: 30 }),
  after: fc.integer({ min: 0, max: 30 }),
  start: fc.integer({ min: 0, max: 30 }),
  maxSamples: fc.integer({ min: 1, max: 12 }),
  sources: fc.constantFrom<string[] | undefined>(undefined, ["a"], ["b", "c"], ["nobody"]),
  /** How long the consumer dwells on what it was given, in turns of the event loop. */
  dwell: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 5 }),
});

async function consumeTo(
  buffer: SampleBuffer,
  want: number,
  input: { start: number; maxSamples: number; sources: string[] | undefined; dwell: number[] },
): Promise<number[]> {
  const stop = new AbortController();
  const seqs: number[] = [];
  const { sources, maxSamples } = input;
  let turn = 0;
  if (want === 0) return seqs;
  for await (const batches of buffer.consume(input.start, stop.signal, { maxSamples, ...(sources && { sources }) })) {
    seqs.push(...batches.map(({ seq }) => seq));
    if (seqs.length >= want) stop.abort();
    for (let i = input.dwell[turn++ % input.dwell.length] ?? 0; i > 0; i -= 1) await new Promise(setImmediate);
  }
  return seqs;
}

test(
  "a consumer gets every batch after its place once and in order, however late and slow it is",
  { timeout: 120_000 },
  async (t) => {
    await forAll(
      fc.asyncProperty(script, async (input) => {
        const buffer = unwrap(
          await openBuffer({ file: testFile(t), log: keptLog(), recentSamplesMax: input.recentSamplesMax }),
        );
        t.after(() => buffer.close());
        const append = async (from: number, count: number): Promise<void> => {
          for (let i = from; i < from + count; i += 1) {
            const appended = buffer.append("abc"[i % 3] ?? "a", batchOf(...Array.from({ length: i % 4 }, (_, n) => n)));
            if (i % 5 === 0) unwrap(await appended);
          }
        };
        await append(0, input.before);
        const total = input.before + input.after;
        const start = Math.min(input.start, total);
        const wanted = Array.from({ length: total }, (_, i) => i + 1).filter(
          (seq) => seq > start && (input.sources?.includes("abc"[(seq - 1) % 3] ?? "") ?? true),
        );
        const [seqs] = await Promise.all([
          consumeTo(buffer, wanted.length, { ...input, start }),
          append(input.before, input.after),
        ]);
        await buffer.close();
        assert.deepEqual(seqs, wanted);
      }),
      { numRuns: 60 },
    );
  },
);
