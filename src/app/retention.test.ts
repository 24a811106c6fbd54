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
    // Days are made, and days are dropped: three times neither can be done.
    if (tries <= 6) throw new Error("canceling statement due to lock timeout");
    return { dropped: [], unread: [] };
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

test("old days are dropped where no new ones can be made, and what cannot be read is named", async () => {
  const told: string[] = [];
  const retention = {
    prepareDays: async () => Promise.reject(new Error("invalid page")),
    dropBefore: async () => ({ dropped: ["20250101"], unread: ["20250102"] }),
  };
  const transaction = async (work: (tx: unknown) => unknown): Promise<unknown> => work({ retention });
  // Nothing else of them is asked for.
  const site = { policies: { samples: { retentionDays: 90 } } } as unknown as Site;
  const store = { transaction } as unknown as Store;
  const say = (text: string): void => void told.push(text);
  const settings = { site, store, clock: systemClock, log: { info: say, warn: say, error: say } };
  await (await startRetention(settings)).close();
  assert.match(told[0] ?? "", /20250101 .* are gone/);
  assert.match(told[1] ?? "", /20250102 cannot be read/);
});
