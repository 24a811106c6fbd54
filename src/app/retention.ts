/** Once at the start and then every hour: room for the samples of the days ahead, and the end of old ones. */
import type { Clock } from "../base/clock.ts";
import { instant } from "../base/instant.ts";
import type { Store } from "../flows/ports.ts";
import type { Site } from "../site/site.ts";
import type { Log } from "./log.ts";

const everyMs = 3_600_000;
const dayMs = 86_400_000;
const daysAhead = 2;

export interface RetentionSettings {
  readonly site: Site;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}

export async function startRetention(settings: RetentionSettings): Promise<{ close(): Promise<void> }> {
  const stop = new AbortController();
  await keepHouse(settings);
  const running = repeat(settings, stop.signal);
  return {
    close: async () => {
      stop.abort();
      await running;
    },
  };
}

async function repeat(settings: RetentionSettings, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await settings.clock.sleep(everyMs, signal);
    if (!signal.aborted) await keepHouse(settings);
  }
}

async function keepHouse({ site, store, clock, log }: RetentionSettings): Promise<void> {
  const now = clock.now();
  const limit = instant(now - site.policies.samples.retentionDays * dayMs);
  try {
    const dropped = await store.transaction(async (tx) => {
      await tx.retention.prepareDays(now, daysAhead);
      return tx.retention.dropBefore(limit);
    });
    if (dropped.length > 0) log.info(`Samples of ${dropped.join(", ")} were kept long enough and are gone.`);
  } catch (error) {
    log.warn("Old samples could not be cleared away; trying again in an hour.", error);
  }
}
