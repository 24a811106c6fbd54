/** Millrace as `millrace serve` runs it, in this process, on the database of the bench, with an eye on what commits. */
import { inspect } from "node:util";
import { systemClock } from "../../src/base/clock.ts";
import { unwrap } from "../../src/base/result.ts";
import { serve, type Parts, type Running } from "../../src/app/serve.ts";
import type { Store, Tx } from "../../src/flows/ports.ts";
import type { Fact } from "../../src/record/fact.ts";
import type { SampleBatch } from "../../src/record/sample-batch.ts";
import type { Site } from "../../src/site/site.ts";
import type { BenchDatabase } from "./database.ts";

/** What one transaction has committed. */
export interface Committed {
  readonly batches: readonly SampleBatch[];
  readonly facts: readonly Fact[];
}

export interface LineSettings {
  readonly site: Site;
  readonly database: Pick<BenchDatabase, "folder" | "connectionString">;
  readonly parts?: Partial<Parts>;
  /** Called at once after the commit. */
  readonly onCommit: (committed: Committed) => void;
  /** Lines of the log that a person would have to look at. */
  readonly onWarning: (line: string) => void;
}

export async function startLine(settings: LineSettings): Promise<Running> {
  const { site, database, parts, onCommit, onWarning } = settings;
  const warn = (message: string, detail?: unknown): void =>
    onWarning(detail === undefined ? message : `${message} ${inspect(detail, { breakLength: Infinity })}`);
  return unwrap(
    await serve({
      site,
      dataDir: database.folder,
      environment: { DATABASE_URL: database.connectionString },
      clock: systemClock,
      log: { info: () => undefined, warn, error: warn },
      parts: { ...parts, store: (store) => watched(store, onCommit) },
    }),
  );
}

function watched(store: Store, onCommit: (committed: Committed) => void): Store {
  return {
    async transaction(work) {
      let seen: { batches: SampleBatch[]; facts: Fact[] } = { batches: [], facts: [] };
      const result = await store.transaction((tx) => {
        // A transaction that is run again begins anew.
        seen = { batches: [], facts: [] };
        return work(noting(tx, seen));
      });
      if (seen.batches.length > 0 || seen.facts.length > 0) onCommit(seen);
      return result;
    },
  };
}

function noting(tx: Tx, seen: { batches: SampleBatch[]; facts: Fact[] }): Tx {
  const { collectors, facts } = tx;
  return {
    ...tx,
    collectors: {
      ...collectors,
      keepBatches: (batches, at) => {
        for (const { batch } of batches) seen.batches.push(batch);
        return collectors.keepBatches(batches, at);
      },
    },
    facts: {
      ...facts,
      append: (stated, at) => {
        seen.facts.push(...stated);
        return facts.append(stated, at);
      },
    },
  };
}
