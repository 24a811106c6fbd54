/** Mistakes of what collection begins with again when a process starts anew. */
import { instant } from "../../src/base/instant.ts";
import type { Store } from "../../src/flows/ports.ts";
import type { CollectorState } from "../../src/operations/collection/state.ts";
import { withRepository } from "./changed.ts";

/** It knows no run that is open. */
export function withoutRuns(store: Store): Store {
  return withCheckpoints(store, { runs: {}, current: null });
}

/** Whatever comes after a restart is newer than all that was heard before. */
export function neverHeard(store: Store): Store {
  return withCheckpoints(store, { soundAt: instant(0) });
}

function withCheckpoints(store: Store, change: Partial<CollectorState>): Store {
  return withRepository(store, "collectors", (collectors) => ({
    checkpoint: async (source) => {
      const kept = await collectors.checkpoint(source);
      return kept && { ...kept, state: { ...Object(kept.state), ...change } };
    },
  }));
}
