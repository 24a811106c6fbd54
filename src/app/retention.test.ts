/** What cannot be done while somebody reads the samples is tried again soon, is said once, and holds up neither start nor end. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../base/clock.ts";
import { instant } from "../base/instant.ts";
import type { Store } from "../flows/ports.ts";
import type { Site } from "../site/site.ts";
import { startRetention } from "./retention.ts";

test("tried again every minute while it fails, and said once", async () => {
  const waits: number[] = [];
  const warned: unknown[] = [];
  let tries = 0;
  const ended = Promise.withResolvers<void>();
  const clock = {
    ...systemClock,
    now: () => instant(0),
    sleep: async (ms: number, signal?: AbortSignal) => {
      waits.push(ms);
      if (waits.length < 4) return;
      ended.resolve();
      await systemClock.sleep(ms, signal);
    },
  };
  const transaction = async (): Promise<unknown> => {
    tries += 1;
    if (tries <= 3) throw new Error("canceling statement due to lock timeout");
    return [];
  };
  // Nothing else of them is asked for.
  const site = { policies: { samples: { retentionDays: 90 } } } as unknown as Site;
  const store = { transaction } as unknown as Store;
  const log = { info: () => undefined, warn: (text: string) => void warned.push(text), error: () => undefined };
  const retention = await startRetention({ site, store, clock, log });
  await ended.promise;
  await retention.close();
  assert.deepEqual(waits, [60_000, 60_000, 60_000, 3_600_000]);
  assert.equal(warned.length, 1);
});
