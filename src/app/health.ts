/**
 * How connections do, as screens show it: the state of the feeds and exchanges now, since when a fault stands, and how
 * far behind the machines we are. Looked at once a second.
 */
import type { Clock } from "../base/clock.ts";
import type { Instant } from "../base/instant.ts";
import type { Fault } from "../base/result.ts";
import type { FaultSince, Health } from "../flows/view/health-view.ts";
import type { FeedStatus } from "../gateway/feed-status.ts";

export interface HealthSources {
  readonly clock: Clock;
  readonly feeds: () => readonly FeedStatus[];
  readonly exchanges: () => readonly {
    readonly erp: string;
    isReached(): boolean;
    fault(): Fault | null;
  }[];
  readonly waitingBatches: () => number;
}

export interface WatchedHealth extends Health {
  close(): Promise<void>;
}

const everyMs = 1_000;
const lagWindow = 60;

export function watchHealth(sources: HealthSources): WatchedHealth {
  const stop = new AbortController();
  const watch = new Watch(sources);
  const running = (async () => {
    while (!stop.signal.aborted) {
      watch.look();
      await sources.clock.sleep(everyMs, stop.signal);
    }
  })();
  return {
    machines: () =>
      sources.feeds().map((feed) => ({
        id: feed.source,
        connected: feed.connected,
        backfilling: feed.backfilling !== null,
        lastSampleAt: feed.lastSampleAt,
        samplesPerSecond: feed.samplesPerSecond,
        waitingSamples: feed.waitingSamples,
        lagMs: watch.lagOf(feed.source),
        fault: watch.since(`machine/${feed.source}`, feed.fault),
      })),
    erps: () =>
      sources.exchanges().map((exchange) => ({
        id: exchange.erp,
        ready: exchange.isReached(),
        fault: watch.since(`erp/${exchange.erp}`, exchange.fault()),
      })),
    waitingBatches: sources.waitingBatches,
    close: async () => {
      stop.abort();
      await running;
    },
  };
}

class Watch {
  readonly #sources: HealthSources;
  readonly #faults = new Map<string, FaultSince>();
  readonly #lags = new Map<string, { readonly at: Instant | null; readonly lags: (number | null)[] }>();

  constructor(sources: HealthSources) {
    this.#sources = sources;
  }

  look(): void {
    for (const feed of this.#sources.feeds()) {
      this.since(`machine/${feed.source}`, feed.fault);
      this.#measure(feed);
    }
    for (const exchange of this.#sources.exchanges()) this.since(`erp/${exchange.erp}`, exchange.fault());
  }

  /** A fault stands since it was first seen; one of another code begins anew. */
  since(key: string, fault: Fault | null): FaultSince | null {
    if (!fault) {
      this.#faults.delete(key);
      return null;
    }
    const known = this.#faults.get(key);
    const since = { fault, at: known?.fault.code === fault.code ? known.at : this.#sources.clock.now() };
    this.#faults.set(key, since);
    return since;
  }

  lagOf(source: string): number | null {
    const measured = this.#lags.get(source)?.lags.filter((lag) => lag !== null) ?? [];
    return measured.toSorted((a, b) => a - b)[Math.floor(measured.length / 2)] ?? null;
  }

  /** A second without a new sample measures nothing. */
  #measure({ source, lastSampleAt, lastSourceAt }: FeedStatus): void {
    const known = this.#lags.get(source);
    const isNew = lastSampleAt !== null && lastSourceAt !== null && lastSampleAt !== known?.at;
    const lags = [...(known?.lags ?? []), isNew ? Math.max(0, lastSampleAt - lastSourceAt) : null].slice(-lagWindow);
    this.#lags.set(source, { at: lastSampleAt, lags });
  }
}
