/**
 * The embedded PostgreSQL: a real server as our child, found again after a crash of ours, started again after a crash
 * of its own. How it is found and started is in `startup.ts`.
 */
import { rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { fail, makeFault, ok, type Result } from "../../base/result.ts";
import { connectionString, embeddedDatabase, releaseEndpoint } from "./endpoint.ts";
import { bindPlace } from "./place.ts";
import { findRunning, isRunning, removeRecord, stopPostmaster, type Postmaster } from "./postmaster.ts";
import { openServerLog, type ServerLog } from "./server-log.ts";
import {
  adopt,
  ensureDatabase,
  orUnusable,
  prepare,
  startAnew,
  startAt,
  type EmbeddedOptions,
  type Reached,
  type Served,
} from "./startup.ts";

export interface EmbeddedServer {
  /** For `pg`: the role that owns everything, in Millrace's own database. Stays the same when the server restarts. */
  readonly connectionString: string;
  /** e.g. `18.4` */
  readonly version: string;
  /** True when a server that outlived its former parent was taken over, false when one was started. */
  readonly adopted: boolean;
  /** The pid of the server at this moment. */
  pid(): number;
  /** PostgreSQL's data directory and the log file of the server. */
  readonly cluster: string;
  readonly logFile: string;
  /** Stops the server and gives everything back. Idempotent, never rejects; what cannot be stopped is logged. */
  stop(): Promise<void>;
}

const watchMs = 250;
const restartDelaysMs = [0, 250, 1000, 2000, 5000] as const;
const noRoomDelayMs = 10_000;
/** PostgreSQL writes its log of changes in files of 16 MiB. */
const roomMin = 16 * 1024 * 1024;
/** A server that has run this long has recovered: its next death counts as the first. */
const healthyMs = 60_000;

/**
 * Adopts or starts the server of a data directory.
 *
 * @fault conflict  store/in-use              another Millrace holds it; the message says which process since when
 * @fault invalid   store/platform            no embedded server on this platform
 * @fault refused   store/place-unusable      a directory or file cannot be made or read
 * @fault transient store/start-failed        PostgreSQL did not start; its log is the cause
 * Further faults: `binaries.ts`, `account.ts`, `place.ts`, `cluster.ts`, `postmaster.ts`.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Result<EmbeddedServer>> {
  if (process.platform === "win32") {
    const message = "Windows has no embedded PostgreSQL in Millrace: set DATABASE_URL to a server of your own.";
    return fail("invalid", "store/platform", message);
  }
  return orUnusable(options.dataDir, async () => {
    const reached = await prepare(options);
    if (!reached.ok) return reached;
    const started = await orUnusable(options.dataDir, () => startOrAdopt(options, reached.value));
    if (!started.ok) reached.value.lock.release();
    return started;
  });
}

/**
 * Removes the database of a data directory for good: stops its server when one runs, then deletes it. For demos and
 * tests; there is no way back. Other files of the data directory stay.
 */
export async function removeEmbedded(options: EmbeddedOptions): Promise<Result<void>> {
  return orUnusable(options.dataDir, async () => {
    const reached = await prepare(options);
    if (!reached.ok) return reached;
    const { place, binaries, lock } = reached.value;
    try {
      const running = await findRunning(place, binaries);
      if (running.kind !== "none") {
        const stopped = await stopPostmaster(
          running.kind === "agrees" ? running.record : running.postmaster,
          options.clock,
        );
        if (!stopped.ok) return stopped;
      }
      if (place.pointer !== null) {
        await rm(place.state, { recursive: true, force: true });
        await rm(place.pointer, { force: true });
      }
      for (const name of [
        "postgres",
        "postgres.new",
        "postgres.log",
        "loopback.secret",
        "server.json",
        "lock.json",
        "lock",
      ]) {
        await rm(join(place.state, name), { recursive: true, force: true });
      }
      return ok(undefined);
    } finally {
      lock.release();
    }
  });
}

async function startOrAdopt(options: EmbeddedOptions, reached: Reached): Promise<Result<EmbeddedServer>> {
  const { place, binaries } = reached;
  const bound = await bindPlace(place);
  if (!bound.ok) return bound;
  const serverLog = await openServerLog(join(place.state, "postgres.log"), (line) => options.log(`postgres: ${line}`));
  const adopted = await adopt(options, reached);
  if (!adopted.ok) return adopted;
  const served = adopted.value === null ? await startAnew(options, reached, serverLog) : ok(adopted.value);
  if (!served.ok) return served;
  const database = await ensureDatabase(served.value.endpoint);
  if (!database.ok) {
    await stopPostmaster(served.value.postmaster, options.clock);
    return database;
  }
  options.log(
    `PostgreSQL ${binaries.version} ${served.value.adopted ? "adopted" : "started"}, pid ${served.value.postmaster.pid}`,
  );
  return ok(supervise(options, reached, serverLog, served.value));
}

/** Undefined: given up. Room is made by people, who take their time: it is waited for, and nobody has to start anything. */
function restartDelayMs(deaths: number, isFull: boolean): number | undefined {
  const known = restartDelaysMs[deaths];
  return isFull && deaths >= restartDelaysMs.length - 1 ? noRoomDelayMs : known;
}

/** What to say when the server's disk is full; null when it is not. */
async function roomLess(state: string, serverLog: ServerLog): Promise<string | null> {
  const found = await statfs(state).catch(() => null);
  const free = found ? found.bavail * found.bsize : roomMin;
  if (free >= roomMin && !/No space left on device/.test(await serverLog.tail())) return null;
  return (
    `The disk under ${state} is full (${Math.floor(free / 1024 / 1024)} MiB free), and PostgreSQL cannot work without room. ` +
    "Make room: it is tried again until there is some, and nothing that was acknowledged is lost."
  );
}

/** Watches the server, starts it again when it dies, and gives up after several deaths in a row. */
function supervise(options: EmbeddedOptions, reached: Reached, serverLog: ServerLog, served: Served): EmbeddedServer {
  const { clock, log } = options;
  const { place } = reached;
  const { endpoint } = served;
  const stopping = new AbortController();
  let postmaster: Postmaster | null = served.postmaster;
  let lastPid = served.postmaster.pid;

  const watch = async (): Promise<void> => {
    let deaths = 0;
    let since = clock.monotonicMs();
    while (!stopping.signal.aborted) {
      await clock.sleep(watchMs, stopping.signal);
      await serverLog.follow().catch(() => undefined);
      if (stopping.signal.aborted || (postmaster && (await isRunning(postmaster)))) continue;
      if (clock.monotonicMs() - since > healthyMs) deaths = 0;
      postmaster = null;
      const full = await roomLess(place.state, serverLog);
      const delayMs = restartDelayMs(deaths, full !== null);
      deaths += 1;
      if (delayMs === undefined) return giveUp(await serverLog.tail());
      if (full) log(full);
      log(`PostgreSQL (pid ${lastPid}) has died; start ${deaths} in ${delayMs} ms`);
      await clock.sleep(delayMs, stopping.signal);
      if (stopping.signal.aborted) return;
      const started = await orUnusable(place.dataDir, () =>
        startAt(options, reached, serverLog, endpoint, stopping.signal),
      );
      since = clock.monotonicMs();
      if (!started.ok) {
        log(`PostgreSQL did not start: ${started.fault.message}`);
        continue;
      }
      postmaster = started.value;
      lastPid = postmaster.pid;
      log(`PostgreSQL started again, pid ${lastPid}`);
    }
  };
  const giveUp = (tail: string): void => {
    const message =
      `The embedded PostgreSQL in ${place.cluster} died ${restartDelaysMs.length + 1} times in a row and is given up. ` +
      `See its log ${serverLog.file}, mend the cause (often a full disk or too little memory) and start Millrace again.`;
    log(message);
    options.onFault?.(makeFault("refused", "store/server-lost", message, tail));
  };

  const watching = watch();
  const stop = async (): Promise<void> => {
    stopping.abort();
    await watching;
    const stopped = postmaster ? await stopPostmaster(postmaster, clock) : ok(undefined);
    await serverLog.follow().catch(() => undefined);
    if (stopped.ok) {
      await removeRecord(place).catch(() => undefined);
      await releaseEndpoint(endpoint);
      log(`PostgreSQL stopped, pid ${lastPid}`);
    } else log(stopped.fault.message);
    reached.lock.release();
  };
  let stopped: Promise<void> | null = null;
  return {
    connectionString: connectionString(endpoint, embeddedDatabase),
    version: reached.binaries.version,
    adopted: served.adopted,
    pid: () => lastPid,
    cluster: place.cluster,
    logFile: serverLog.file,
    stop: () => (stopped ??= stop()),
  };
}
