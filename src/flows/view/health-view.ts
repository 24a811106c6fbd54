/** How the connections of the running process do. Fed by app from its gateway and exchanges; nothing here is stored. */
import type { Instant } from "../../base/instant.ts";
import type { Fault } from "../../base/result.ts";

export interface MachineHealth {
  readonly id: string;
  readonly connected: boolean;
  readonly backfilling: boolean;
  readonly lastSampleAt: Instant | null;
  readonly samplesPerSecond: number;
  /** Samples in memory that are not durable yet. */
  readonly waitingSamples: number;
  /** From the machine's event to us, median of the last minute; null without samples. */
  readonly lagMs: number | null;
  readonly fault: FaultSince | null;
}

export interface ErpHealth {
  readonly id: string;
  /** Orders have been pulled completely at least once since the start. */
  readonly ready: boolean;
  readonly fault: FaultSince | null;
}

export interface FaultSince {
  readonly fault: Fault;
  readonly at: Instant;
}

export interface Health {
  machines(): readonly MachineHealth[];
  erps(): readonly ErpHealth[];
  /** Batches that are durable and not yet facts. */
  waitingBatches(): number;
}
