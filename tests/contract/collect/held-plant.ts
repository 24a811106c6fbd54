/** A plant of two machines with a buffer of its own, in which what is kept of one can be damaged. */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { systemClock, type Clock } from "../../../src/base/clock.ts";
import { instant } from "../../../src/base/instant.ts";
import { unwrap } from "../../../src/base/result.ts";
import { startOperations, type Operations } from "../../../src/app/operations.ts";
import { collectorBook } from "../../../src/flows/collector-book.ts";
import { resumeReading } from "../../../src/flows/resume-reading.ts";
import { openBuffer } from "../../../src/gateway/buffer.ts";
import type { SampleBuffer } from "../../../src/gateway/sample-buffer.ts";
import { testFile } from "../../../src/gateway/testing/folder.ts";
import type { Sample, SampleValue } from "../../../src/record/sample.ts";
import { at, type Scene } from "../../view/scene.ts";

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const patienceMs = 60_000;
/** Waits are short: what is looked at every few seconds is looked at at once. */
const clock: Clock = {
  ...systemClock,
  monotonicMs: () => systemClock.monotonicMs() * 1000,
  sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 20), signal),
};

export interface HeldPlant {
  readonly buffer: SampleBuffer;
  start(): Promise<Operations>;
  /** One batch: a second for each statement of the machine. */
  say(source: string, second: number, values: readonly Readonly<Record<string, SampleValue>>[]): Promise<void>;
  /** Reads all that was said, and stops. */
  read(): Promise<void>;
  /** Good pieces of the first operation of an order. */
  goodOf(number: string): Promise<number>;
  questions(): ReturnType<Scene["sql"]>;
}

/** @param room  of the buffer, where it is to be a small one */
export async function heldPlant(
  t: TestContext,
  scene: Scene,
  room: { readonly bytesMax?: number; readonly recentSamplesMax?: number } = {},
): Promise<HeldPlant> {
  const { store, site } = scene;
  const buffer = unwrap(await openBuffer({ file: testFile(t), log, clock, ...room }));
  t.after(() => buffer.close());
  const start = async (): Promise<Operations> =>
    startOperations({
      store,
      site,
      clock,
      log,
      buffer,
      book: collectorBook(site),
      onCollected: () => undefined,
      after: unwrap(await resumeReading(store, buffer, site)),
      dispatched: { whyNotStored: () => null },
    });
  return {
    buffer,
    start,
    say: async (source, second, values) => {
      const samples = values.flatMap((told, n) => samplesOf(second + n, told));
      unwrap(await buffer.append(source, { samples, complete: true, gaps: [] }));
    },
    read: async () => {
      const operations = await start();
      await until(() => operations.consumed() === buffer.head());
      await operations.close();
    },
    goodOf: async (number) => {
      const text = "select good_micro::text as good from job_order where request = $1 and segment = '0010'";
      return Number((await scene.sql(text, [`s4//${number}`]))[0]?.["good"]) / 1e6;
    },
    questions: () => scene.sql("select id, subject, text, state, answer, version from question order by id"),
  };
}

export function samplesOf(second: number, values: Readonly<Record<string, SampleValue>>): readonly Sample[] {
  const time = at(second);
  const receivedAt = instant(time + 20);
  return Object.entries(values).map(([item, value]) => ({ item, at: time, receivedAt, status: 0, value, mark: "" }));
}

export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + patienceMs; !(await isSo()); await systemClock.sleep(20))
    assert.ok(Date.now() < end, "it did not become true");
}
