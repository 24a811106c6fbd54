/**
 * A machine that is heard for the first time beside one that is read already: a turn commits in parts, and a process that
 * dies between two of them has read the one and not the other. The next life reads what was left.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { instant } from "../../../src/base/instant.ts";
import { unwrap } from "../../../src/base/result.ts";
import { collect } from "../../../src/flows/collect.ts";
import type { CollectPorts } from "../../../src/flows/collect-ports.ts";
import { collectorBook } from "../../../src/flows/collector-book.ts";
import type { Store } from "../../../src/flows/ports.ts";
import { resumeReading } from "../../../src/flows/resume-reading.ts";
import { openBuffer } from "../../../src/gateway/buffer.ts";
import type { SampleBuffer } from "../../../src/gateway/sample-buffer.ts";
import type { Sample, SampleValue } from "../../../src/record/sample.ts";
import type { SampleBatch } from "../../../src/record/sample-batch.ts";
import { MemoryDatabase } from "../../../src/simulation/store/database.ts";
import { fact, sampleBatch } from "../../../src/simulation/store/schema/shop-floor.ts";
import { memoryStore } from "../../../src/simulation/store/store.ts";
import { planOf } from "../../../src/simulation/world/planner.ts";
import { siteOf } from "../../../src/simulation/world/plant-site.ts";

const [like] = planOf(1).machines;
assert.ok(like);
const machines = ["A", "Y"].map((id) => ({ ...like, id, workCenter: `WC-${id}` }));
const site = siteOf({ machines, benches: [] });
const clock = { now: () => instant(0), monotonicMs: () => 0, sleep: () => Promise.resolve() };

test("what it has said is read in the next life", async (t) => {
  const scene = await openScene(t);
  const first = scene.life();
  await scene.say("A", at(1000, { Job: "J-A", Good: 10 }));
  await first.read(0);
  await scene.say("Y", [...at(2000, { Job: "J-Y", Good: 0 }), ...at(2500, { Good: 7 }), ...at(2600, { Job: "" })]);
  await scene.say("A", at(2700, { Good: 11 }));
  await assert.rejects(first.read(1, { commits: 1 }), /killed/);
  await scene.reopen();
  await scene.life().read(await scene.after());
  assert.equal(scene.good("Y"), 7n);
  assert.equal(scene.good("A"), 1n);
  assert.deepEqual(scene.kept(), { A: 3, Y: 4 }, "each sample once");
});

test("of what is committed no more is read again than since it was last noted", async (t) => {
  const scene = await openScene(t);
  for (let n = 0; n < 5; n += 1) await scene.say("A", at(1000 + n, { Good: n }));
  await scene.life().read(0);
  unwrap(await scene.buffer.release(4, 60_000));
  await scene.reopen();
  assert.equal(await scene.after(), 4);
});

interface Scene {
  readonly buffer: SampleBuffer;
  say(source: string, samples: readonly Sample[]): Promise<void>;
  /** A process, that may die after so many commits. */
  life(): { read(after: number, dies?: { readonly commits: number }): Promise<void> };
  reopen(): Promise<void>;
  after(): Promise<number>;
  good(unit: string): bigint;
  kept(): Readonly<Record<string, number>>;
}

async function openScene(t: TestContext): Promise<Scene> {
  const directory = await mkdtemp(join(tmpdir(), "first-heard-"));
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const open = async (): Promise<SampleBuffer> =>
    unwrap(await openBuffer({ file: join(directory, "buffer.sqlite"), log }));
  let buffer = await open();
  t.after(async () => {
    await buffer.close();
    await rm(directory, { recursive: true });
  });
  const database = new MemoryDatabase({ now: () => instant(0) });
  const store = memoryStore(database.client());
  return {
    get buffer() {
      return buffer;
    },
    say: async (source, samples) => void unwrap(await buffer.append(source, { samples, complete: true, gaps: [] })),
    life: () => {
      let left = Number.POSITIVE_INFINITY;
      const mortal: Store = {
        transaction: async (work) => {
          if (left === 0) throw new Error("killed");
          const done = await store.transaction(work);
          left -= 1;
          return done;
        },
      };
      const book = collectorBook(site);
      const ports: CollectPorts = { store: mortal, site, clock, book, dispatched: { whyNotStored: () => null } };
      return {
        read: async (after, dies) => {
          left = dies?.commits ?? left;
          const batches: readonly SampleBatch[] = unwrap(await buffer.read({ after, maxSamples: 1000 }));
          await collect(ports, buffer.id, batches);
        },
      };
    },
    reopen: async () => {
      await buffer.close();
      buffer = await open();
    },
    after: async () => unwrap(await resumeReading(store, buffer, site)),
    good: (source) =>
      [...database.rows(fact)].reduce(
        (sum, { source: of, body }) =>
          of === source && body.kind === "UnitsCounted" ? sum + body.quantity.micro / 1_000_000n : sum,
        0n,
      ),
    kept: () => {
      const sums: Record<string, number> = {};
      for (const { source, samples } of database.rows(sampleBatch)) sums[source] = (sums[source] ?? 0) + samples;
      return sums;
    },
  };
}

function at(ms: number, values: Readonly<Record<string, SampleValue>>): Sample[] {
  const time = instant(ms);
  return Object.entries(values).map(([item, value]) => ({
    item,
    at: time,
    receivedAt: time,
    status: 0,
    value,
    mark: "",
  }));
}
