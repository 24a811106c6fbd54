/** What a running process says of itself, for `millrace status` and for whoever waits until nothing waits. */
import { formatInstant } from "../base/instant.ts";
import type { OutboxCounts, Store } from "../flows/ports.ts";
import type { SampleBuffer } from "../gateway/sample-buffer.ts";
import type { Site } from "../site/site.ts";
import type { Exchange } from "./exchange.ts";
import type { Gateway } from "./gateway.ts";
import type { Operations } from "./operations.ts";

export interface MachineStatus {
  readonly id: string;
  readonly connected: boolean;
  readonly lastSampleAt: string | null;
  readonly samplesPerSecond: number;
  readonly backfilling: boolean;
  readonly fault: string | null;
}

export interface ErpStatus {
  readonly id: string;
  readonly fault: string | null;
}

export interface Status {
  /** Every ERP's orders have been pulled and every machine is connected. */
  readonly ready: boolean;
  readonly machines: readonly MachineStatus[];
  readonly erps: readonly ErpStatus[];
  readonly outbox: OutboxCounts;
  /** Batches that are durable and not yet facts. */
  readonly buffered: number;
  readonly instructions: number;
  readonly quarantine: number;
  readonly questions: number;
  /** After a restore, until everything was read again and the ERP was asked. */
  readonly recovering: boolean;
  /** Nothing is waiting anywhere. */
  readonly idle: boolean;
}

export interface StatusSources {
  readonly site: Site;
  readonly store: Store;
  readonly buffer: SampleBuffer;
  readonly gateway: Gateway;
  readonly operations: Operations;
  readonly exchanges: readonly Exchange[];
}

export async function statusOf(sources: StatusSources): Promise<Status> {
  const { site, store, buffer, gateway, operations, exchanges } = sources;
  // Taken before the database is asked: what is committed meanwhile can only make less wait.
  const buffered = buffer.head() - operations.consumed();
  const feeds = gateway.feeds();
  const { outbox, attention, recovering } = await store.transaction(async (tx) => ({
    outbox: await tx.status.outbox(),
    attention: await tx.status.attention(),
    recovering: await tx.site.isRecovering(),
  }));
  const machines = feeds.map((feed) => ({
    id: feed.source,
    connected: feed.connected,
    lastSampleAt: feed.lastSampleAt === null ? null : formatInstant(feed.lastSampleAt),
    samplesPerSecond: Math.round(feed.samplesPerSecond),
    backfilling: feed.backfilling !== null,
    fault: feed.fault?.message ?? null,
  }));
  const isQuiet = feeds.every((f) => f.connected && f.backfilling === null && f.waitingSamples === 0);
  const isSent = outbox.pending + outbox.inDoubt + outbox.parked === 0;
  return {
    ready:
      exchanges.length === site.erps.length && exchanges.every((e) => e.isReady()) && feeds.every((f) => f.connected),
    machines,
    erps: exchanges.map((e) => ({ id: e.erp, fault: e.fault()?.message ?? null })),
    outbox,
    buffered,
    ...attention,
    recovering,
    idle: isQuiet && isSent && buffered === 0 && attention.instructions === 0 && !recovering,
  };
}
