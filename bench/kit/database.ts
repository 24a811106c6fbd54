/** A database of its own for a bench: the embedded server as it is delivered, durable, in a folder that is gone afterwards. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { systemClock } from "../../src/base/clock.ts";
import { assert, unwrap } from "../../src/base/result.ts";
import type { Store } from "../../src/flows/ports.ts";
import { openDatabase } from "../../src/store/connection.ts";
import type { EmbeddedOptions } from "../../src/store/embedded/startup.ts";
import { removeEmbedded, startEmbedded } from "../../src/store/embedded/supervisor.ts";
import { migrate } from "../../src/store/migration.ts";
import { postgresStore } from "../../src/store/store.ts";

export interface BenchDatabase {
  /** Folder of the bench; the cluster is in it or beside it, see `store/embedded/place.ts`. */
  readonly folder: string;
  readonly store: Store;
  readonly connectionString: string;
  readonly pid: number;
  /** Rows of one statement, on a connection of its own. */
  ask(sql: string, values?: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** The first column of the first row, as a number. */
  count(sql: string, values?: readonly unknown[]): Promise<number>;
  close(): Promise<void>;
}

const migrations = join(import.meta.dirname, "../../src/store/migrations");
const silent = (): void => undefined;

export async function openBenchDatabase(): Promise<BenchDatabase> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-bench-"));
  const options: EmbeddedOptions = { dataDir: folder, runtimeDir: undefined, clock: systemClock, log: silent };
  const server = unwrap(await startEmbedded(options));
  const { connectionString } = server;
  const own = new pg.Client({ connectionString, options: "-c search_path=millrace" });
  await own.connect();
  unwrap(await migrate(own, { directory: migrations, log: silent }));
  const ask: BenchDatabase["ask"] = async (sql, values = []) => (await own.query(sql, [...values])).rows;
  await refuseVolatile(ask);
  const database = openDatabase({ connectionString, log: silent });
  return {
    folder,
    store: postgresStore(database),
    connectionString,
    pid: server.pid(),
    ask,
    count: async (sql, values) => Number(Object.values((await ask(sql, values))[0] ?? {})[0] ?? 0),
    close: async () => {
      await own.end();
      await database.close();
      await server.stop();
      unwrap(await removeEmbedded(options));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** "Committed" in the tables of a bench means: survives a power cut. */
async function refuseVolatile(ask: BenchDatabase["ask"]): Promise<void> {
  for (const setting of ["fsync", "synchronous_commit", "full_page_writes"]) {
    const [row] = await ask(`select current_setting('${setting}') as value`);
    assert(row?.["value"] === "on", `the benched server runs with ${setting} on`);
  }
}
