/** The operations role: consumes the buffer and turns samples into facts, postings and ledger, batch by batch. */
import type { Clock } from "../base/clock.ts";
import type { Fault } from "../base/result.ts";
import type { CollectorBook } from "../flows/collector-book.ts";
import { collect, type CollectReport } from "../flows/collect.ts";
import type { CollectPorts, DispatchMemory } from "../flows/collect-ports.ts";
import { KeptUnreadable } from "../flows/kept-unreadable.ts";
import type { Store } from "../flows/ports.ts";
import type { SampleBuffer } from "../gateway/sample-buffer.ts";
import type { SampleBatch } from "../record/sample-batch.ts";
import type { Site } from "../site/site.ts";
import { isolate } from "../flows/isolate.ts";
import { databaseTrouble } from "./database-trouble.ts";
import { heldSources, type Commit, type HeldSources } from "./held-source.ts";
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
  /** Why what a machine says waits while others go on; null when it does not. */
  fault(source: string): Fault | null;
  /** A machine that is held is looked at within ten seconds. */
  lookAgain(source: string): void;
  close(): Promise<void>;
}

/** Samples that one transaction takes at most. */
const samplesPerTransaction = 20_000;
const releaseEveryMs = 10_000;

interface Place {
  /** Rows up to here are read, but those of machines that are held. */
  read: number;
  readonly held: HeldSources;
  hasEnded: boolean;
}

export function startOperations(settings: OperationsSettings): Operations {
  const stop = new AbortController();
  const place: Place = { read: settings.after, held: heldSources(settings), hasEnded: false };
  void settings.buffer.ended.then(() => (place.hasEnded = true));
  const running = run(settings, place, stop.signal);
  return {
    consumed: () => consumedOf(place),
    fault: place.held.fault,
    lookAgain: place.held.lookAgain,
    close: async () => {
      stop.abort();
      await running;
    },
  };
}

function consumedOf({ read, held }: Place): number {
  return Math.min(read, ...held.places().values());
}

async function run(settings: OperationsSettings, place: Place, signal: AbortSignal): Promise<void> {
  const { buffer, clock, site } = settings;
  const { held } = place;
  const commit: Commit = (batches) => untilCommitted(settings, batches, signal);
  const keepMs = site.policies.buffer.retentionDays * 86_400_000;
  let releasedAt = clock.monotonicMs();
  const release = async (isDue: boolean): Promise<void> => {
    if (!isDue && clock.monotonicMs() - releasedAt <= releaseEveryMs) return;
    releasedAt = clock.monotonicMs();
    await buffer.release(place.read, keepMs, held.places());
  };
  while (!signal.aborted && !place.hasEnded) {
    const isHeld = held.isAny();
    const turn = isHeld ? abortedAfter(clock, held.nextMs(), signal) : signal;
    for await (const batches of buffer.consume(place.read, turn, { maxSamples: samplesPerTransaction })) {
      if (!(await readOn(settings, place, commit, batches))) return;
      await release(false);
      if (held.isAny() !== isHeld) break;
    }
    if (signal.aborted || place.hasEnded) return;
    if (isHeld) await held.catchUp(place.read, samplesPerTransaction, commit);
    // What is not taken any more because the buffer is full would bring no further batch.
    await release(held.isAny() !== isHeld);
  }
}

/** Reads what comes next of all machines that are not held. @returns false when we stop */
async function readOn(
  { onCollected }: OperationsSettings,
  place: Place,
  commit: Commit,
  batches: readonly SampleBatch[],
): Promise<boolean> {
  const others = (): readonly SampleBatch[] => batches.filter(({ source }) => !place.held.has(source));
  for (let own = others(); own.length > 0; own = others()) {
    const done = await commit(own);
    if (done === null) return false;
    if (!(done instanceof KeptUnreadable)) {
      onCollected(done);
      break;
    }
    await place.held.hold(done, own);
  }
  place.read = batches.at(-1)?.seq ?? place.read;
  return true;
}

function abortedAfter(clock: Clock, ms: number, signal: AbortSignal): AbortSignal {
  const over = new AbortController();
  void clock.sleep(ms, signal).then(() => over.abort());
  return over.signal;
}

/** A database that is away is waited for; a batch that cannot be read is taken apart. */
async function untilCommitted(
  settings: OperationsSettings,
  batches: readonly SampleBatch[],
  signal: AbortSignal,
): ReturnType<Commit> {
  const { buffer, log, store, site, clock, dispatched, book } = settings;
  const ports: CollectPorts = { store, site, clock, dispatched, book };
  for (let failures = 0; !signal.aborted;) {
    try {
      const isPoisoned = failures >= 3 && (await isAnswering(settings));
      return await (isPoisoned ? isolate(ports, buffer.id, batches, log.error) : collect(ports, buffer.id, batches));
    } catch (error) {
      if (error instanceof KeptUnreadable) return error;
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
