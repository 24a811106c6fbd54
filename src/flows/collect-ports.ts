/** What reading samples needs from outside: store, site, clock and the collectors in memory. */
import type { Clock } from "../base/clock.ts";
import type { Site } from "../site/site.ts";
import type { CollectorBook } from "./collector-book.ts";
import type { Store } from "./ports.ts";

export interface CollectPorts {
  readonly store: Store;
  readonly site: Site;
  readonly clock: Clock;
  readonly book: CollectorBook;
  /** Which connections' work units keep job orders now; see dispatching. */
  readonly dispatched: DispatchMemory;
}

/** What the machines hold at this moment, for explaining why a run's order was not stored. */
export interface DispatchMemory {
  /** Null when the job order is in the machine; else why not. */
  whyNotStored(connection: string, jobOrder: string): string | null;
}
