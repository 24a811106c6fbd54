/** How a connection to a machine is doing, for people and for metrics. Kept by the feed, read by everyone. */
import type { Clock } from "../base/clock.ts";
import type { Instant } from "../base/instant.ts";
import type { Fault } from "../base/result.ts";
import type { SlowerItem } from "../machine/connector.ts";
import type { GapMark } from "../record/sample-batch.ts";

export interface FeedStatus {
  readonly source: string;
  /** Values flow. */
  readonly connected: boolean;
  /** Since when `connected` is as it is. */
  readonly since: Instant;
  /** Attempts to connect since values last flowed. */
  readonly attempts: number;
  /** When the last sample came in, gateway time. */
  readonly lastSampleAt: Instant | null;
  /** Source time of the last live sample. */
  readonly lastSourceAt: Instant | null;
  /** History that is being read: from where, and how far it has come. */
  readonly backfilling: { readonly from: Instant; readonly at: Instant } | null;
  /** What is wrong now, null when nothing is. */
  readonly fault: Fault | null;
  /** Since the start: live samples, and samples read back from history. */
  readonly samples: number;
  readonly historySamples: number;
  /** To a tenth. */
  readonly samplesPerSecond: number;
  /** Samples in memory that are not durable yet. */
  readonly waitingSamples: number;
  /** Samples that had to be dropped and that the machine does not remember. */
  readonly lostSamples: number;
  /** The gap that is open now. */
  readonly gap: GapMark | null;
  /**
   * Gaps since the start. `filled`: read back; `empty`: not read back, but each item stood afterwards as it stood before, by
   * the times that the machine shows; `unfilled`: something may be missing.
   */
  readonly gaps: {
    readonly opened: number;
    readonly filled: number;
    readonly empty: number;
    readonly unfilled: number;
  };
  /** Watched paths that match nothing in the machine. */
  readonly missing: readonly string[];
  /** Watched items that may lose values between two publishings without a word: the machine does not queue them. */
  readonly unqueued: readonly string[];
  /** Watched items at which the machine looks less often than asked. */
  readonly slower: readonly SlowerItem[];
  /** Items whose history the machine was asked for and does not have. */
  readonly withoutHistory: readonly string[];
}

/** The same, while the feed writes it. */
export type FeedState = { -readonly [name in keyof FeedStatus]: FeedStatus[name] };

export function newFeedState(source: string, now: Instant): FeedState {
  return {
    source,
    connected: false,
    since: now,
    attempts: 0,
    lastSampleAt: null,
    lastSourceAt: null,
    backfilling: null,
    fault: null,
    samples: 0,
    historySamples: 0,
    samplesPerSecond: 0,
    waitingSamples: 0,
    lostSamples: 0,
    gap: null,
    gaps: { opened: 0, filled: 0, empty: 0, unfilled: 0 },
    missing: [],
    unqueued: [],
    slower: [],
    withoutHistory: [],
  };
}

export interface RateMeter {
  count(events: number): void;
  /** Events per second over the last full window, to a tenth: everywhere it is shown it is the same. */
  perSecond(): number;
}

export function rateMeter(clock: Clock, windowMs = 5000): RateMeter {
  let start = clock.monotonicMs();
  let counted = 0;
  let rate = 0;
  const roll = (): void => {
    const elapsed = clock.monotonicMs() - start;
    if (elapsed < windowMs) return;
    rate = Math.round((counted * 10_000) / elapsed) / 10;
    counted = 0;
    start += elapsed;
  };
  return {
    count: (events) => {
      roll();
      counted += events;
    },
    perSecond: () => {
      roll();
      return rate;
    },
  };
}
