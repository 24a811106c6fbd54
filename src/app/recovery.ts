/**
 * After a restore nothing is sent before the ERP was asked for it. That ends when the machines' history has been read
 * again, everything of it has become facts, and no posting is in doubt any more.
 */
import type { Clock } from "../base/clock.ts";
import { databaseTrouble } from "./database-trouble.ts";
import type { Log } from "./log.ts";
import { statusOf, type StatusSources } from "./status.ts";

const lookMs = 500;

export function watchRecovery(sources: StatusSources & { readonly clock: Clock; readonly log: Log }): {
  close(): void;
} {
  const stop = new AbortController();
  void watch(sources, stop.signal);
  return { close: () => stop.abort() };
}

async function watch(
  sources: StatusSources & { readonly clock: Clock; readonly log: Log },
  signal: AbortSignal,
): Promise<void> {
  const { site, store, clock, log, exchanges } = sources;
  let quiet = 0;
  while (!signal.aborted) {
    try {
      const status = await statusOf(sources);
      if (!status.recovering) return;
      const hasCaughtUp =
        exchanges.length === site.erps.length &&
        // Once since the start: an ERP that has gone away since is asked about all that is in doubt before it ends.
        exchanges.every((exchange) => exchange.isReady()) &&
        // What waits of a machine that is held may have been posted before: it is asked about only while recovery lasts.
        status.buffered === 0 &&
        status.outbox.inDoubt === 0 &&
        status.machines.every((m) => m.connected && !m.backfilling);
      // Three times in a row: between two looks everything that was on its way has arrived.
      quiet = hasCaughtUp ? quiet + 1 : 0;
      if (quiet >= 3) {
        await store.transaction((tx) => tx.site.endRecovery());
        log.info("Recovery after the restore is complete: the ERP was asked about every open document.");
        return;
      }
    } catch (error) {
      log.warn(`Recovery waits. ${databaseTrouble(error)}`, error);
    }
    await clock.sleep(lookMs, signal);
  }
}
