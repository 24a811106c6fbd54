/**
 * How an embedded server comes to run: place, programs and lock first, then the orphan of a former run or a new
 * start, on a socket or on loopback. Watching it afterwards is the supervisor's.
 */
import { join } from "node:path";
import { Client } from "pg";
import type { Clock } from "../../base/clock.ts";
import { fail, ok, type Fault, type Result } from "../../base/result.ts";
import { machineAccounts, type AccountSystem } from "./account.ts";
import { packagedDirectory, reachableBinaries, type Binaries } from "./binaries.ts";
import { ensureCluster, ensurePassword } from "./cluster.ts";
import {
  connectionString,
  embeddedDatabase,
  loopbackEndpoint,
  readPassword,
  releaseEndpoint,
  socketEndpoint,
  type Endpoint,
} from "./endpoint.ts";
import { takeLock, type HeldLock } from "./lock.ts";
import { defaultStateRoot, findPlace, type Place } from "./place.ts";
import { findRunning, removeRecord, startPostmaster, stopPostmaster, type Postmaster } from "./postmaster.ts";
import type { ServerLog } from "./server-log.ts";
import { settingsFor, writeSettings } from "./settings.ts";

export interface EmbeddedOptions {
  /** Millrace's data directory; made when it is not there. */
  readonly dataDir: string;
  /** The user's runtime directory (`XDG_RUNTIME_DIR`) for the socket; default: the system's temporary directory. */
  readonly runtimeDir?: string | undefined;
  /** Told what happens, a line at a time, PostgreSQL's own log included. */
  readonly log: (line: string) => void;
  readonly clock: Clock;
  /** Called once when the server has died so often that it is given up. `stop` is still to be called. */
  readonly onFault?: (fault: Fault) => void;
  /** For root: where clusters and copies of the programs live. Default `/var/lib/millrace`. */
  readonly stateRoot?: string;
  /** Directory with `bin`, `lib` and `share`; default: those of the installed package. */
  readonly binaries?: string;
  readonly accounts?: AccountSystem;
  /** Do without a socket although there could be one. */
  readonly loopbackOnly?: true;
}

const repeatMax = 10;
const sharedMemoryDelayMs = 500;

export interface Reached {
  readonly place: Place;
  readonly binaries: Binaries;
  readonly lock: HeldLock;
}

export async function prepare(options: EmbeddedOptions): Promise<Result<Reached>> {
  const accounts = options.accounts ?? machineAccounts;
  const stateRoot = options.stateRoot ?? defaultStateRoot;
  const packaged = options.binaries === undefined ? packagedDirectory() : ok(options.binaries);
  if (!packaged.ok) return packaged;
  const place = await findPlace({ dataDir: options.dataDir, stateRoot, accounts });
  if (!place.ok) return place;
  const { as, state, dataDir } = place.value;
  const binaries = await reachableBinaries({ directory: packaged.value, as, copyRoot: stateRoot });
  if (!binaries.ok) return binaries;
  const lock = await takeLock({ directory: state, subject: `The database of ${dataDir}`, clock: options.clock });
  if (!lock.ok) return lock;
  return ok({ place: place.value, binaries: binaries.value, lock: lock.value });
}

export interface Served {
  readonly postmaster: Postmaster;
  readonly endpoint: Endpoint;
  readonly adopted: boolean;
}

/** The orphan of a former run, when every point agrees; else it is stopped, and null says: start anew. */
export async function adopt(options: EmbeddedOptions, { place, binaries }: Reached): Promise<Result<Served | null>> {
  const running = await findRunning(place, binaries);
  if (running.kind === "none") return ok(null);
  let why: string;
  if (running.kind === "agrees") {
    const { pid, mark, socketDir, port, fingerprint } = running.record;
    const password = socketDir === null ? await readPassword(join(place.state, "loopback.secret")) : null;
    const endpoint: Endpoint = { socketDir, port, password };
    if (settingsFor(endpoint).fingerprint !== fingerprint) why = "its settings are not ours";
    else if (!(await answersFor(endpoint, place.cluster))) why = "it does not answer for this data directory";
    else return ok({ postmaster: { pid, mark }, endpoint, adopted: true });
  } else why = running.why;
  const postmaster = running.kind === "agrees" ? running.record : running.postmaster;
  options.log(`a PostgreSQL server (pid ${postmaster.pid}) is left over and is stopped: ${why}`);
  const stopped = await stopPostmaster(postmaster, options.clock);
  if (!stopped.ok) return stopped;
  await removeRecord(place);
  return ok(null);
}

export async function startAnew(
  options: EmbeddedOptions,
  reached: Reached,
  serverLog: ServerLog,
): Promise<Result<Served>> {
  const { place, binaries } = reached;
  const made = await ensureCluster(place, binaries);
  if (!made.ok) return made;
  if (made.value) options.log(`PostgreSQL ${binaries.version}: new database in ${place.cluster}`);
  const { runtimeDir } = options;
  const socket = options.loopbackOnly ? null : await socketEndpoint({ runtimeDir, state: place.state, as: place.as });
  if (socket) {
    const started = await startAt(options, reached, serverLog, socket);
    const unusable =
      !started.ok && /could not (create|bind|set permissions of).*[Uu]nix/.test(String(started.fault.cause));
    if (started.ok) return ok({ postmaster: started.value, endpoint: socket, adopted: false });
    await releaseEndpoint(socket);
    if (!unusable) return started;
    options.log(`no Unix socket can be made in ${socket.socketDir}: loopback is used`);
  }
  const password = await ensurePassword(place, binaries);
  if (!password.ok) return password;
  let last: Result<Postmaster> | null = null;
  for (let attempt = 0; attempt < repeatMax; attempt++) {
    const endpoint = await loopbackEndpoint(password.value);
    last = await startAt(options, reached, serverLog, endpoint);
    if (last.ok) return ok({ postmaster: last.value, endpoint, adopted: false });
    // Somebody took the free port between our asking and the server's: ask for another one.
    if (!/could not bind/.test(String(last.fault.cause))) break;
  }
  return last && !last.ok ? last : fail("transient", "store/start-failed", "No free port on loopback was found.");
}

/** One start, repeated while sessions of a server that was killed still hold its shared memory. */
export async function startAt(
  options: Pick<EmbeddedOptions, "clock">,
  { place, binaries }: Reached,
  serverLog: ServerLog,
  endpoint: Endpoint,
  signal: AbortSignal = new AbortController().signal,
): Promise<Result<Postmaster>> {
  const settings = settingsFor(endpoint);
  await writeSettings(place.cluster, settings, place.as);
  for (let attempt = 0; ; attempt++) {
    const { fingerprint } = settings;
    const { clock } = options;
    const started = await startPostmaster({ place, binaries, endpoint, fingerprint, serverLog, clock, signal });
    const busy = !started.ok && /pre-existing shared memory block/.test(String(started.fault.cause));
    if (started.ok || !busy || attempt >= repeatMax || signal.aborted) return started;
    await clock.sleep(sharedMemoryDelayMs, signal);
  }
}

/** Whether the server behind an endpoint is the one that works in this data directory. */
async function answersFor(endpoint: Endpoint, cluster: string): Promise<boolean> {
  const found = await ask(endpoint, "select current_setting('data_directory') as answer");
  return found.ok && found.value === cluster;
}

export async function ensureDatabase(endpoint: Endpoint): Promise<Result<void>> {
  const found = await ask(
    endpoint,
    `select count(*)::text as answer from pg_database where datname = '${embeddedDatabase}'`,
  );
  if (!found.ok) return found;
  if (found.value === "1") return ok(undefined);
  const made = await ask(endpoint, `create database ${embeddedDatabase}`);
  return made.ok ? ok(undefined) : made;
}

async function ask(endpoint: Endpoint, sql: string): Promise<Result<string | undefined>> {
  const client = new Client({
    connectionString: connectionString(endpoint, "postgres"),
    connectionTimeoutMillis: 10_000,
  });
  client.on("error", () => undefined); // a connection that breaks also fails its query
  try {
    await client.connect();
    const found = await client.query<{ answer: string }>(sql);
    return ok(found.rows[0]?.answer);
  } catch (error) {
    return fail("transient", "store/start-failed", "The embedded PostgreSQL runs but does not answer.", error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The operating system's refusals (no rights, no space, read-only) are a fault; any other throw is a bug. */
export async function orUnusable<T>(subject: string, work: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const isSystemRefusal = "errno" in error || ("code" in error && error.code === "ERR_SQLITE_ERROR");
    if (!isSystemRefusal) throw error;
    return fail(
      "refused",
      "store/place-unusable",
      `The database of ${subject} cannot be kept there: ${error.message}. Mend rights or space, or use another data directory.`,
      error,
    );
  }
}
