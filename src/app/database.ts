/** The database of this process: the embedded server of the data directory, or the one that DATABASE_URL names. */
import { join } from "node:path";
import pg from "pg";
import type { Clock } from "../base/clock.ts";
import { fail, ok, type Fault, type Result } from "../base/result.ts";
import { startEmbedded } from "../store/embedded/supervisor.ts";
import { migrate } from "../store/migration.ts";
import type { Environment } from "./site.ts";
import type { Log } from "./log.ts";

export const migrationsDirectory = join(import.meta.dirname, "../store/migrations");

export interface OpenedDatabase {
  readonly connectionString: string;
  stop(): Promise<void>;
}

export interface DatabasePlace {
  readonly dataDir: string;
  readonly environment: Environment;
  readonly clock: Clock;
  readonly log: Log;
  /** The embedded server was given up after dying again and again. */
  readonly onFault: (fault: Fault) => void;
}

/** Reaches the database without touching its schema. */
export async function reachDatabase(place: DatabasePlace): Promise<Result<OpenedDatabase>> {
  const url = place.environment["DATABASE_URL"];
  if (url) return ok({ connectionString: url, stop: () => Promise.resolve() });
  const started = await startEmbedded({
    dataDir: place.dataDir,
    runtimeDir: place.environment["XDG_RUNTIME_DIR"],
    clock: place.clock,
    log: (line) => place.log.info(line),
    onFault: place.onFault,
  });
  if (!started.ok) return started;
  const { connectionString, stop } = started.value;
  return ok({ connectionString, stop });
}

/** Brings the schema up to date. */
export async function prepareDatabase(connectionString: string, log: Log): Promise<Result<void>> {
  const client = new pg.Client({ connectionString });
  try {
    await client.connect();
  } catch (error) {
    const text = "The database does not answer. Check that it runs and that DATABASE_URL is right.";
    return fail("transient", "app/database", text, error);
  }
  try {
    const migrated = await migrate(client, { directory: migrationsDirectory, log: (line) => log.info(line) });
    return migrated.ok ? ok(undefined) : migrated;
  } finally {
    await client.end();
  }
}
