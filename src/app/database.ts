/** The database of this process: the embedded server of the data directory, or the one that DATABASE_URL names. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import { fail, ok, type Fault, type Result } from "../base/result.ts";
import { startEmbedded } from "../store/embedded/supervisor.ts";
import type { Environment } from "./site.ts";
import type { Log } from "./log.ts";

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

/** Reaches the database without touching its schema. Faults: `databaseAddress`, `startEmbedded`. */
export async function reachDatabase(place: DatabasePlace): Promise<Result<OpenedDatabase>> {
  const address = databaseAddress(place.environment);
  if (!address.ok) return address;
  if (address.value !== null) return ok({ connectionString: address.value, stop: () => Promise.resolve() });
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

/**
 * The database that the environment names; null: none. Its text may hold a password and is not repeated.
 *
 * @fault invalid app/database-address  it is no address
 */
export function databaseAddress(environment: Environment): Result<string | null> {
  const url = environment["DATABASE_URL"];
  if (!url) return ok(null);
  // Without a host, which stands in its query then, it is an address for `pg` all the same.
  const hosted = url.replace("@/", "@host/");
  if (/^(postgres(ql)?:\/\/|socket:|\/)/.test(url) && URL.canParse(hosted, "postgres://host")) return ok(url);
  const text =
    "What DATABASE_URL holds is no address of a database. Write for example postgres://user:password@host:5432/millrace, or unset it for a database in the data directory.";
  return fail("invalid", "app/database-address", text);
}

/** Whether anything was ever kept there. */
export function isKept({ dataDir, environment }: Pick<DatabasePlace, "dataDir" | "environment">): boolean {
  const files = ["postgres.json", "postgres"];
  return Boolean(environment["DATABASE_URL"]) || files.some((name) => existsSync(join(dataDir, name)));
}

/** For whoever waits while a command makes a database where there was none: some seconds. */
export function makingDatabase(dataDir: string): string {
  return `Making a new database for ${dataDir} …`;
}

/**
 * For what only reads, or changes what must be there: a path that is mistyped would be given a new database, in which everything is in order.
 *
 * @fault refused app/no-data  nothing was ever kept there
 */
export async function reachKept(place: DatabasePlace): Promise<Result<OpenedDatabase>> {
  const { dataDir } = place;
  if (isKept(place)) return reachDatabase(place);
  const text = `${dataDir} holds no data of Millrace. Check --data; for a database of your own set DATABASE_URL as for "millrace serve".`;
  return fail("refused", "app/no-data", text);
}
