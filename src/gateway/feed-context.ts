/** What the parts of a feed share: its settings, its state over all sessions, and the state of one session. */
import type { Clock } from "../base/clock.ts";
import type { Instant } from "../base/instant.ts";
import type { Fault, Result } from "../base/result.ts";
import type { MachineSession, WatchedPath } from "../machine/connector.ts";
import type { ClockRule } from "../record/machine-map.ts";
import type { Probe } from "../record/probe.ts";
import type { BatchContent } from "../record/sample-batch.ts";
import type { Sample } from "../record/sample.ts";
import { backoffMs, diskBackoff } from "./backoff.ts";
import type { Bell } from "./bell.ts";
import type { FeedState, RateMeter } from "./feed-status.ts";
import type { LiveQueue, Missed } from "./live-queue.ts";
import type { GatewayLog } from "./log.ts";
import type { RecentSamples } from "./recent-sample.ts";
import type { NumberReturns } from "./returning-value.ts";
import type { AppendOptions, SampleBuffer } from "./sample-buffer.ts";

export interface FeedSettings {
  /** Id of the machine connection: the source of its samples. */
  readonly source: string;
  /** Opens a session with the connection's own settings. */
  readonly open: (signal: AbortSignal) => Promise<Result<MachineSession>>;
  /** The items of the map. */
  readonly paths: readonly WatchedPath[];
  readonly clockRule: Pick<ClockRule, "trust" | "mode">;
  readonly buffer: SampleBuffer;
  readonly log: GatewayLog;
  readonly clock?: Clock;
  readonly probe?: Probe;
  readonly limits?: Partial<FeedLimits>;
  /** From 0 up to 1: spreads the waits of gateways that lost one machine together; by chance when left out. */
  readonly spread?: () => number;
}

export interface FeedLimits {
  /** History is read again from this much before the last durable source time. */
  readonly overlapMs: number;
  /** In live mode, how far back the first connection ever reads; 0 starts now. */
  readonly firstHistoryMs: number;
  /**
   * In live mode, how far back the first values of an item are looked for that was not known before the last stop: it
   * may have appeared just before. In replay mode its whole history is read.
   */
  readonly newItemHistoryMs: number;
  /** Live samples that may wait in memory, behind history or for the disk. */
  readonly queueSamplesMax: number;
  /** Samples of one buffer row. */
  readonly batchSamplesMax: number;
  /** Newest samples remembered to take out doubles. */
  readonly recentSamplesMax: number;
  /** Failed attempts in a row without progress after which the history of a gap is given up. */
  readonly historyAttemptsMax: number;
  /** A session that stays interrupted this long is closed and opened again. */
  readonly reopenMs: number;
}

export const feedLimits: FeedLimits = {
  overlapMs: 2000,
  firstHistoryMs: 0,
  newItemHistoryMs: 24 * 3_600_000,
  queueSamplesMax: 100_000,
  batchSamplesMax: 2000,
  recentSamplesMax: 20_000,
  historyAttemptsMax: 8,
  reopenMs: 120_000,
};

/** Lives as long as the feed. */
export interface FeedContext {
  readonly settings: FeedSettings;
  readonly limits: FeedLimits;
  readonly clock: Clock;
  readonly state: FeedState;
  readonly meter: RateMeter;
  readonly recent: RecentSamples;
  /** Newest source time of each item, to notice a machine's clock that steps back. */
  readonly newestAt: Map<string, Instant>;
  /** Aborted when the feed is closed. */
  readonly closing: AbortSignal;
  /** Whether the map says that the item has history. */
  readonly hasHistory: (item: string) => boolean;
}

/** A gap ends where all items have been heard again: until then more of them may be missing. */
export interface UnfilledGap extends Missed {
  /** Items that no history was read of; null for all. */
  readonly items: ReadonlySet<string> | null;
  /** Source time of the first value of each item after the gap. */
  readonly firstAt: Map<string, Instant>;
}

/** Lives as long as one session with the machine. */
export interface SessionContext extends FeedContext {
  readonly session: MachineSession;
  readonly queue: LiveQueue;
  readonly bell: Bell;
  /** Concrete items that are watched. */
  readonly items: Set<string>;
  /** Items that had no history when it was last asked for. */
  readonly withoutHistory: Set<string>;
  /** Source time of the first value of each item that has just appeared; null until it is heard. */
  readonly appearedAt: Map<string, Instant | null>;
  /** What interrupted the flow of values; null while they flow. */
  interruption: Fault | null;
  /** Samples that left the queue and are not durable yet. */
  inFlight: number;
  /** Oldest source time of the values without history that wait in the queue. */
  bareFrom: Instant | null;
  /** Doubles to expect in the values that waited behind a back-fill, and how many of these are still to come. */
  doubles: ReadonlySet<string>;
  catchingUp: number;
  /** A gap that could not be filled and whose end is not heard yet; null when there is none. */
  unfilled: UnfilledGap | null;
  /** It has told when all was heard: then only that word ends a gap, so that a queue that stays full makes one. */
  tellsComplete: boolean;
  /**
   * Where a source begins that was never connected before: when the session began to watch by the gateway's clock, or
   * the first live values when the machine's own clock shows less.
   */
  startsAt: Instant;
  heard: boolean;
  /** Values were missed in this session. */
  missed: boolean;
  /** The last live batch was far ahead of the source; the next one confirms it or not. */
  leapt: boolean;
  /** Newest source time of the live values since they flow: where the machine's own time line stands. */
  heardUpTo: Instant | null;
  /** All that the machine had to say when values began to flow was heard. */
  heardAll: boolean;
  /** Where the gateway's time counts: at which instant each item came last, and how often it had come at that instant before. */
  readonly told: Map<string, { readonly at: Instant; readonly before: number }>;
  /** Where the machine's time counts. */
  readonly numberReturns: NumberReturns;
  /** Somebody was told that values lie ahead of the machine's time line. */
  isAheadNoted: boolean;
  /** Source time from which the watched items are covered; null while nothing is known. */
  watchedFrom: Instant | null;
}

/**
 * Appends, and again until it is durable or the feed closes: the disk may be full for hours.
 * Meanwhile the queue is bounded, and what it must drop is read again from the machine.
 */
export async function appendDurably(
  context: FeedContext,
  content: BatchContent,
  options: AppendOptions = {},
): Promise<boolean> {
  const { buffer, source } = context.settings;
  for (let attempt = 0; ; attempt += 1) {
    const appended = await buffer.append(source, content, options);
    if (appended.ok) {
      if (attempt > 0) context.state.fault = null;
      return true;
    }
    if (attempt === 0)
      context.settings.log.warn(`Samples of ${source} wait: ${appended.fault.message}`, appended.fault);
    context.state.fault = appended.fault;
    if (context.closing.aborted) return false;
    await context.clock.sleep(backoffMs(attempt, diskBackoff, context.settings.spread?.()), context.closing);
  }
}

/** Items whose history is asked for: those too that had none the last time, because they may have been away. */
export function itemsWithHistory(context: SessionContext, items: Iterable<string> = context.items): readonly string[] {
  return [...items].filter((item) => context.hasHistory(item));
}

/** Whether a sample can be had again from the machine. */
export function canBeReadAgain(context: SessionContext): (sample: Sample) => boolean {
  return (sample) => context.hasHistory(sample.item) && !context.withoutHistory.has(sample.item);
}
