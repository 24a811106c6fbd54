/**
 * Once at the start and then every hour: room for the samples of the days ahead, and the end of old ones. What cannot be
 * done now, because a backup reads the samples for instance, is tried again every minute; until then samples of a day that
 * has no partition stand in the default one.
 */
import type { Clock } from "../base/clock.ts";
import { instant } from "../base/instant.ts";
import type { Store } from "../flows/ports.ts";
import type { Site } from "../site/site.ts";
import type { Log } from "./log.ts";

const everyMs = 3_600_000;
const againAfterMs = 60_000;
const dayMs = 86_400_000;
const daysAhead = 2;

export interface RetentionSettings {
  readonly site: Site;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}

/** Both ends of it wait for one try at most: none waits for whoever reads the samples. */
export async function startRetention(settings: RetentionSettings): Promise<{ close(): Promise<void> }> {
  const stop = new AbortController();
  const fault = await keepHouse(settings);
  const running = repeat(settings, fault, stop.signal);
  return {
    close: async () => {
      stop.abort();
      await running;
    },
  };
}

async function repeat(settings: RetentionSettings, first: unknown, signal: AbortSignal): Promise<void> {
  const { clock, log } = settings;
  const say = (error: unknown): void =>
    log.warn("Days of samples could not be made or cleared away; trying again every minute.", error);
  let fault = first;
  if (fault !== null) say(fault);
  while (!signal.aborted) {
    await clock.sleep(fault === null ? everyMs : againAfterMs, signal);
    if (signal.aborted) return;
    const before = fault;
    fault = await keepHouse(settings);
    // Once: a backup of hours would fill the log.
    if (fault !== null && before === null) say(fault);
  }
}

/** @returns why it could not be done; null when it was */
async function keepHouse({ site, store, clock, log }: RetentionSettings): Promise<unknown> {
  const now = clock.now();
  const limit = instant(now - site.policies.samples.retentionDays * dayMs);
  // One may fail without the other: no room for new days is no reason to keep old ones.
  const made = await faultOf(store.transaction((tx) => tx.retention.prepareDays(now, daysAhead)));
  const cleared = await faultOf(
    store
      .transaction((tx) => tx.retention.dropBefore(limit))
      .then(({ dropped, unread }) => {
        if (dropped.length > 0) log.info(`Samples of ${dropped.join(", ")} were kept long enough and are gone.`);
        if (unread.length === 0) return;
        const days = unread.join(", ");
        log.warn(`Samples of ${days} cannot be read: they stay on the disk. Look into it and the database's log.`);
      }),
  );
  return made ?? cleared;
}

async function faultOf(work: Promise<void>): Promise<unknown> {
  try {
    await work;
    return null;
  } catch (error) {
    return error;
  }
}
