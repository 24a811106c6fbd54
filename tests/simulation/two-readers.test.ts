/**
 * Two processes that read one machine through gateways of their own count what it made once, whoever missed what; and what
 * one of them has read the other one reads once, not all that is kept each time.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { instant } from "../../src/base/instant.ts";
import { forAll } from "../../src/base/testing/chance.ts";
import { collect } from "../../src/flows/collect.ts";
import { collectorBook, loadCollector, take, type CollectorBook } from "../../src/flows/collector-book.ts";
import type { Store, Tx } from "../../src/flows/ports.ts";
import type { Sample, SampleValue } from "../../src/record/sample.ts";
import { MemoryDatabase } from "../../src/simulation/store/database.ts";
import { fact, sampleBatch } from "../../src/simulation/store/schema/shop-floor.ts";
import { memoryStore } from "../../src/simulation/store/store.ts";
import { planOf } from "../../src/simulation/world/planner.ts";
import { siteOf } from "../../src/simulation/world/plant-site.ts";
import type { Site } from "../../src/site/site.ts";

const { machines } = planOf(1);
const source = machines[0]?.id ?? "";
/** From then on a newer map counts scrap as good. */
const changedAt = 1_500;
const oldSite = siteOf({ machines, benches: [] });
const newSite = siteOf({ machines, benches: [] }, new Map([[source, changedAt]]));

function sampleAt(at: number, item: string, value: SampleValue): Sample {
  return { item, at: instant(at), receivedAt: instant(at), status: 0, value, mark: "" };
}

type Read = (...samples: readonly Sample[]) => Promise<void>;

/** Two readers of one database. */
class Scene {
  /** Samples that were read again from what is kept. */
  reread = 0;
  readonly #database = new MemoryDatabase({ now: () => instant(0) });
  readonly #store: Store;

  constructor() {
    const store = memoryStore(this.#database.client());
    this.#store = { transaction: (work) => store.transaction((tx) => work(this.#counting(tx))) };
  }

  reader(buffer: string, site: Site, book: CollectorBook = collectorBook(site)): Read {
    const clock = { now: () => instant(0), monotonicMs: () => 0, sleep: () => Promise.resolve() };
    const ports = { store: this.#store, site, clock, book, dispatched: { whyNotStored: () => null } };
    let seq = 0;
    return async (...samples) => {
      seq += 1;
      await collect(ports, buffer, [{ source, seq, samples, complete: true, gaps: [] }]);
    };
  }

  good(): bigint {
    let made = 0n;
    for (const { body } of this.#database.rows(fact)) if (body.kind === "UnitsCounted") made += body.quantity.micro;
    return made / 1_000_000n;
  }

  /** Of what is kept, in order of arrival. */
  places(): readonly number[] {
    return [...this.#database.rows(sampleBatch)].map(({ ordinal }) => ordinal).toSorted((a, b) => a - b);
  }

  said(): readonly string[] {
    return [...this.#database.rows(fact)].map(({ id }) => id).toSorted();
  }

  #counting(tx: Tx): Tx {
    const batchesAfter: Tx["collectors"]["batchesAfter"] = async (...asked) => {
      const batches = await tx.collectors.batchesAfter(...asked);
      for (const { samples } of batches) this.reread += samples.length;
      return batches;
    };
    return { ...tx, collectors: { ...tx.collectors, batchesAfter } };
  }
}

const begin = [sampleAt(1, "Job", "J-1"), sampleAt(1, "Good", 10), sampleAt(1, "Scrap", 0)];

test("a value that one of them missed is not counted again with the next one", async () => {
  const scene = new Scene();
  const [first, second] = [scene.reader("gateway-1", oldSite), scene.reader("gateway-2", oldSite)];
  const [two, three] = [sampleAt(2, "Good", 12), sampleAt(3, "Good", 13)];
  await first(...begin);
  await second(...begin);
  await second(two);
  // The first one has missed what the second one read.
  await first(three);
  await second(three);
  assert.equal(scene.good(), 3n);
});

test("a turn takes one place in what is kept, so that places last as long as there is room for batches", async () => {
  const scene = new Scene();
  const readers = ["gateway-1", "gateway-2"].map((buffer) => scene.reader(buffer, oldSite));
  for (const read of readers) await read(...begin);
  for (let n = 1; n <= 20; n += 1) for (const read of readers) await read(sampleAt(1 + n, "Good", 10 + n));
  assert.deepEqual(
    scene.places(),
    Array.from({ length: 42 }, (_, n) => n + 1),
  );
});

/** @returns how often a sample was read again, of those that two readers were told */
async function rereadShare(bookOf: (site: Site) => CollectorBook): Promise<number> {
  const scene = new Scene();
  const readers = ["gateway-1", "gateway-2"].map((buffer) => scene.reader(buffer, oldSite, bookOf(oldSite)));
  const count = 300;
  for (const read of readers) await read(...begin);
  for (let n = 1; n <= count; n += 1) for (const read of readers) await read(sampleAt(1 + n, "Good", 10 + n));
  assert.equal(scene.good(), BigInt(count));
  return scene.reread / (readers.length * (count + begin.length));
}

test("each reads once what the other one has read", async () => {
  const once = await rereadShare(collectorBook);
  assert.ok(once <= 1, `each sample was read again ${once} times`);
  const anew = await rereadShare(forgetful);
  assert.ok(anew > 100, `made anew each time it would be often, not ${anew} times`);
});

interface Turn {
  readonly reader: 0 | 1;
  /** Of the values, so many from here on; a reader may miss some, and be told others late or twice. */
  readonly from: number;
  readonly count: number;
}

const values = Array.from({ length: 30 }, (_, n) => sampleAt(n * 100, n % 3 === 2 ? "Scrap" : "Good", 10 + n));
const turns = fc.array(
  fc.record({
    reader: fc.constantFrom<0 | 1>(0, 1),
    from: fc.nat(values.length - 1),
    count: fc.integer({ min: 1, max: 8 }),
  }),
  { minLength: 4, maxLength: 24 },
);

/** @returns what was stated, the second reader having the newer map */
async function lived(all: readonly Turn[], bookOf: (site: Site) => CollectorBook): Promise<readonly string[]> {
  const scene = new Scene();
  const readers = [oldSite, newSite].map((site, n) => scene.reader(`gateway-${n + 1}`, site, bookOf(site)));
  await readers[0]?.(...begin);
  for (const { reader, from, count } of all) await readers[reader]?.(...values.slice(from, from + count));
  return scene.said();
}

/** Holds nothing: each time it is made anew of what is kept. */
function forgetful(site: Site): CollectorBook {
  return {
    of: (tx, of, cursor) => loadCollector(tx, site, of, cursor),
    keep: () => undefined,
    holds: () => false,
    forget: () => undefined,
  };
}

async function isAsReadAnew(bookOf: (site: Site) => CollectorBook): Promise<void> {
  await forAll(
    fc.asyncProperty(turns, async (all) => assert.deepEqual(await lived(all, bookOf), await lived(all, forgetful))),
    { numRuns: 60 },
  );
}

test("to read after another one, by whatever map it reads, comes to the same as to read all anew", () =>
  isAsReadAnew(collectorBook));

/** Reads on where it stood: by the other one's batches, or without them, and never looks what the other one has stated. */
function trusting(site: Site, readsAfter: boolean): CollectorBook {
  const inner = collectorBook(site);
  let held: Parameters<CollectorBook["keep"]> | null = null;
  return {
    ...inner,
    of: async (tx, of, cursor) => {
      const [collector, move] = held ?? [];
      if (!collector || !move) return loadCollector(tx, site, of, cursor);
      const missed = readsAfter ? await tx.collectors.batchesAfter(of, move.to.ordinal) : [];
      for (const batch of missed) take(collector, batch);
      return collector;
    },
    keep: (...kept) => void (held = kept),
  };
}

for (const [what, readsAfter] of [
  ["what the other one read is not read", false],
  ["nobody looks whether the other one has stated the same", true],
] as const) {
  test(`it is noticed when ${what}`, () => assert.rejects(isAsReadAnew((site) => trusting(site, readsAfter))));
}
