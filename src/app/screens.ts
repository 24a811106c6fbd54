/** What this process does that screens may be showing, told to whoever serves them: its store's changes, and its connections'. */
import type { Clock } from "../base/clock.ts";
import type { Announce } from "../flows/announce.ts";
import { announcingStore } from "../flows/announcing-store.ts";
import type { Store } from "../flows/ports.ts";
import type { FeedStatus } from "../gateway/feed-status.ts";
import type { Site } from "../site/site.ts";

export interface Screens {
  /** To be used for everything that screens may show. */
  readonly store: Store;
  /** From now on. */
  begin(announce: Announce, feeds: () => readonly FeedStatus[]): void;
  close(): void;
}

const lookEveryMs = 1_000;

export function screensOf(store: Store, site: Site, clock: Clock): Screens {
  let announce: Announce = () => undefined;
  const stop = new AbortController();
  return {
    store: announcingStore(store, site, (one) => announce(one)),
    begin: (to, feeds) => {
      announce = to;
      void watchFeeds({ site, clock, feeds, announce, signal: stop.signal });
    },
    close: () => stop.abort(),
  };
}

async function watchFeeds(on: {
  readonly site: Site;
  readonly clock: Clock;
  readonly feeds: () => readonly FeedStatus[];
  readonly announce: Announce;
  readonly signal: AbortSignal;
}): Promise<void> {
  const seen = new Map<string, string>();
  while (!on.signal.aborted) {
    const changed = on.feeds().filter((feed) => {
      const now = `${feed.connected} ${feed.backfilling !== null} ${feed.fault?.code ?? ""}`;
      const isNew = seen.get(feed.source) !== now;
      seen.set(feed.source, now);
      return isNew;
    });
    for (const { source } of changed) {
      const unit = on.site.workUnitByConnection(source);
      if (unit) on.announce({ kind: "unit", unit: unit.id, isNewState: true });
    }
    if (changed.length > 0) on.announce({ kind: "connections" });
    await on.clock.sleep(lookEveryMs, on.signal);
  }
}
