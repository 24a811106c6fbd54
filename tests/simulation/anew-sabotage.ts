/** Mistakes with what is kept of a machine and cannot be read. */
import type { KeptBatch } from "../../src/flows/collector-ports.ts";
import type { Store } from "../../src/flows/ports.ts";
import type { CollectorState } from "../../src/operations/collection/state.ts";
import type { KeptLink } from "../../src/record/sample-batch.ts";
import { withRepository } from "./changed.ts";

/** What cannot be read is read past, as if nothing had been there: counting goes on from what was shown before it. */
export function readPast(store: Store): Store {
  return withRepository(store, "collectors", (collectors) => {
    const readable = async (source: string, after: number): Promise<readonly (KeptBatch & KeptLink)[]> =>
      (await collectors.readableBatches(source, after, Number.MAX_SAFE_INTEGER)).map((batch) => ({
        ...batch,
        follows: null,
      }));
    return {
      batchesAfter: readable,
      lock: async (sources) =>
        new Map([...(await collectors.lock(sources))].map(([source, cursor]) => [source, { ...cursor, kept: null }])),
    };
  });
}

/** What was counted of open runs before a machine is begun anew is not known to have been: each counter begins as with its run. */
export function countedOnceMore(store: Store): Store {
  const each = <T extends object>(all: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(all).map(([key, one]) => [key, { ...one, anewAt: undefined }]));
  return withRepository(store, "collectors", (collectors) => ({
    saveCheckpoint: (source, { state: kept, ...checkpoint }, at) => {
      // Written by collection alone.
      const state = kept as CollectorState;
      const { runs, stations } = state;
      const changed = { ...state, runs: each(runs), ...(stations && { stations: each(stations) }) };
      return collectors.saveCheckpoint(source, { ...checkpoint, state: changed }, at);
    },
  }));
}
