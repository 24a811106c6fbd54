/** Two processes that read one machine through gateways of their own count what it made once, whoever missed what. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { instant } from "../../src/base/instant.ts";
import { collect } from "../../src/flows/collect.ts";
import { collectorBook } from "../../src/flows/collector-book.ts";
import type { Sample, SampleValue } from "../../src/record/sample.ts";
import { MemoryDatabase } from "../../src/simulation/store/database.ts";
import { fact } from "../../src/simulation/store/schema/shop-floor.ts";
import { memoryStore } from "../../src/simulation/store/store.ts";
import { planOf } from "../../src/simulation/world/planner.ts";
import { siteOf } from "../../src/simulation/world/plant-site.ts";

function sampleAt(at: number, item: string, value: SampleValue): Sample {
  return { item, at: instant(at), receivedAt: instant(at), status: 0, value, mark: "" };
}

test("a value that one of them missed is not counted again with the next one", async () => {
  const { machines } = planOf(1);
  const source = machines[0]?.id ?? "";
  const database = new MemoryDatabase({ now: () => instant(0) });
  const site = siteOf({ machines, benches: [] });
  const reader = (buffer: string) => {
    const ports = {
      store: memoryStore(database.client()),
      site,
      clock: { now: () => instant(0), monotonicMs: () => 0, sleep: () => Promise.resolve() },
      book: collectorBook(site),
      dispatched: { whyNotStored: () => null },
    };
    let seq = 0;
    return async (...samples: readonly Sample[]): Promise<void> => {
      seq += 1;
      await collect(ports, buffer, [{ source, seq, samples, complete: true, gaps: [] }]);
    };
  };
  const [first, second] = [reader("gateway-1"), reader("gateway-2")];
  const begin = [sampleAt(1, "Job", "J-1"), sampleAt(1, "Good", 10)];
  const [two, three] = [sampleAt(2, "Good", 12), sampleAt(3, "Good", 13)];
  await first(...begin);
  await second(...begin);
  await second(two);
  // The first one has missed what the second one read.
  await first(three);
  await second(three);
  let made = 0n;
  for (const { body } of database.rows(fact)) if (body.kind === "UnitsCounted") made += body.quantity.micro;
  assert.equal(made, 3_000_000n);
});
