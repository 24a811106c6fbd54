/** The operations role: consumes the buffer and turns samples into facts, postings and ledger, batch by batch. */
import type { Clock } from "../base/clock.ts";
import type { CollectorBook } from "../flows/collector-book.ts";
import { collect, type CollectReport } from "../flows/collect.ts";
import type { CollectPorts, DispatchMemory } from "../flows/collect-ports.ts";
import type { Store } from "../flows/ports.ts";
import type { SampleBuffer } from "../gateway/sample-buffer.ts";
import type { SampleBatch } from "../record/sample-batch.ts";
import type { Site } from "../site/site.ts";
import { isolate } from "../flows/isolate.ts";
import { databaseTrouble } from "./database-trouble.ts";
import type { Log } from "./log.ts";

export interface OperationsSettings {
  readonly site: Site;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly buffer: SampleBuffer;
  readonly dispatched: DispatchMemory;
  /** The collectors of this process; whoever answers a question for them shares it. */
  readonly book: CollectorBook;
  /** Seq after which this process goes on. */
  readonly after: number;
  readonly onCollected: (report: CollectReport) => void;
}

export interface Operations {
  /** Seq up to which everything is committed. */
  consumed(): number;
  close(): Promise<void>;
}

/** Samples that one transaction takes at most. */
const samplesPerTransaction = 20_000;

export function startOperations(settings: OperationsSettings): Operations {
  const stop = new AbortController();
  const state = { consumed: settings.after };
  const running = run(settings, state, stop.signal);
  return {
    consumed: () => state.consumed,
    close: async () => {
      stop.abort();
      await running;
    },
  };
}

async function run(settings: OperationsSettings, state: { consumed: number }, signal: AbortSignal): Promise<void> {
  const { buffer, site, store, clock, dispatched, book } = settings;
  const ports: CollectPorts = { store, site, clock, dispatched, book };
  const keepMs = site.policies.buffer.retentionDays * 86_400_000;
  let releasedAt = clock.monotonicMs();
  for await (const batches of buffer.consume(settings.after, signal, { maxSamples: samplesPerTransaction })) {
    const last = batches.at(-1);
    if (!last) continue;
    const report = await untilCommitted(settings, ports, batches, signal);
    if (!report) return;
    state.consumed = last.seq;
    settings.onCollected(report);
    if (clock.monotonicMs() - releasedAt > 10_000) {
      releasedAt = clock.monotonicMs();
      await buffer.release(last.seq, keepMs);
    }
  }
}

/** A database that is away is waited for; a batch that cannot be read is taken apart. Null when we stop. */
async function untilCommitted(
  settings: OperationsSettings,
  ports: CollectPorts,
  batches: readonly SampleBatch[],
  signal: AbortSignal,
): Promise<CollectReport | null> {
  const { buffer, log, clock } = settings;
  for (let failures = 0; !signal.aborted;) {
    try {
      const isPoisoned = failures >= 3 && (await isAnswering(settings));
      return await (isPoisoned ? isolate(ports, buffer.id, batches, log.error) : collect(ports, buffer.id, batches));
    } catch (error) {
      failures += 1;
      log.error(`Samples wait in the buffer and are tried again. ${databaseTrouble(error)}`, error);
      await clock.sleep(Math.min(10_000, 100 * 2 ** Math.min(7, failures)), signal);
    }
  }
  return null;
}

async function isAnswering(settings: OperationsSettings): Promise<boolean> {
  return settings.store
    .transaction((tx) => tx.site.isRecovering())
    .then(
      () => true,
      () => false,
    );
}
