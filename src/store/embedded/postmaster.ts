/**
 * One run of the server process: starting it, finding one that runs already, and stopping it. When to do which is
 * decided in `supervisor.ts`; all of it happens under the lock.
 */
import { spawn } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../base/clock.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import type { Binaries } from "./binaries.ts";
import { serverEnvironment } from "./cluster.ts";
import type { Endpoint } from "./endpoint.ts";
import { readJson, writeWhole, type Place } from "./place.ts";
import { isServerOf, processMark } from "./process.ts";
import type { ServerLog } from "./server-log.ts";
import { durableFlags } from "./settings.ts";

/** A server process that cannot be mistaken for another one. */
export interface Postmaster {
  readonly pid: number;
  readonly mark: string;
}

/** What we note about the server that we started, and what an orphan must agree with to be adopted. */
export interface RunRecord extends Postmaster {
  readonly cluster: string;
  readonly version: string;
  readonly fingerprint: string;
  readonly socketDir: string | null;
  readonly port: number;
}

export type Running =
  | { readonly kind: "none" }
  /** Every point agrees: it may be adopted. */
  | { readonly kind: "agrees"; readonly record: RunRecord }
  /** A server works on this cluster, but not the one we know. */
  | { readonly kind: "disagrees"; readonly postmaster: Postmaster; readonly why: string };

const pollMs = 10;
const readyLimitMs = 600_000; // recovery after a crash reads all WAL since the last checkpoint
const fastLimitMs = 30_000;
const immediateLimitMs = 10_000;

/** Which server, if any, works on the cluster now. */
export async function findRunning(place: Place, binaries: Binaries): Promise<Running> {
  const file = await readPostmasterFile(place.cluster);
  if (file === null) return { kind: "none" };
  const mark = await processMark(file.pid);
  if (mark === null) return { kind: "none" };
  if (!(await isServerOf(file.pid, place.cluster))) {
    // The pid belongs to a stranger today. PostgreSQL would take it for a running server and refuse to start.
    await rm(join(place.cluster, "postmaster.pid"), { force: true });
    return { kind: "none" };
  }
  const postmaster: Postmaster = { pid: file.pid, mark };
  const record = await readRecord(place);
  const why = disagreement(file, postmaster, record, place, binaries);
  return why === null && record !== null
    ? { kind: "agrees", record }
    : { kind: "disagrees", postmaster, why: why ?? "no record of it" };
}

function disagreement(
  file: PostmasterFile,
  found: Postmaster,
  record: RunRecord | null,
  place: Place,
  binaries: Binaries,
): string | null {
  if (record === null) return "it left no record";
  if (record.pid !== found.pid) return `its pid is ${found.pid}, recorded is ${record.pid}`;
  if (record.mark !== found.mark) return "its start time is not the recorded one";
  if (record.cluster !== place.cluster) return `recorded for the data directory ${record.cluster}`;
  if (file.directory !== place.cluster) return `it works in the data directory ${file.directory}`;
  if (record.version !== binaries.version) return `it is PostgreSQL ${record.version}, ours is ${binaries.version}`;
  if (file.port !== record.port) return `it listens on port ${file.port}, recorded is ${record.port}`;
  return file.status === "ready" ? null : `it is ${file.status || "starting"}`;
}

interface PostmasterFile {
  readonly pid: number;
  readonly directory: string;
  readonly port: number;
  readonly status: string;
}

/** @source PostgreSQL, src/include/utils/pidfile.h: pid, data directory, start, port, socket, address, memory, status */
async function readPostmasterFile(cluster: string): Promise<PostmasterFile | null> {
  const text = await readFile(join(cluster, "postmaster.pid"), "utf8").catch(() => null);
  if (text === null) return null;
  const lines = text.split("\n");
  return {
    pid: Math.abs(Number.parseInt(lines[0] ?? "", 10)) || 0,
    directory: lines[1] ?? "",
    port: Number.parseInt(lines[3] ?? "", 10) || 0,
    status: (lines[7] ?? "").trim(),
  };
}

async function readRecord(place: Place): Promise<RunRecord | null> {
  const found = await readJson(join(place.state, "server.json"));
  if (found === null) return null;
  const { pid, mark, cluster, version, fingerprint, socketDir, port } = found;
  if (typeof pid !== "number" || typeof mark !== "string" || typeof cluster !== "string") return null;
  if (typeof version !== "string" || typeof fingerprint !== "string" || typeof port !== "number") return null;
  return {
    pid,
    mark,
    cluster,
    version,
    fingerprint,
    port,
    socketDir: typeof socketDir === "string" ? socketDir : null,
  };
}

export function writeRecord(place: Place, record: RunRecord): Promise<void> {
  return writeWhole(join(place.state, "server.json"), JSON.stringify(record));
}

export function removeRecord(place: Place): Promise<void> {
  return rm(join(place.state, "server.json"), { force: true });
}

/**
 * Starts the server and waits until it accepts connections, recovery after a crash included. In a session of its
 * own: Ctrl-C at our terminal must not stop it before we have finished with it.
 *
 * @fault transient store/start-failed   it ended or did not become ready; the cause has the end of its log
 */
export async function startPostmaster(run: {
  readonly place: Place;
  readonly binaries: Binaries;
  readonly endpoint: Endpoint;
  readonly fingerprint: string;
  readonly serverLog: ServerLog;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}): Promise<Result<Postmaster>> {
  const { place, binaries, endpoint, clock } = run;
  const log = await run.serverLog.openForServer();
  const child = spawn(binaries.postgres, ["-D", place.cluster, ...durableFlags], {
    ...(place.as && { uid: place.as.uid, gid: place.as.gid }),
    cwd: "/",
    env: { ...serverEnvironment },
    stdio: ["ignore", log.fd, log.fd],
    detached: true,
  });
  const end: { said: string | null } = { said: null };
  child.once("error", (error) => (end.said = error.message));
  child.once("exit", (code, signal) => (end.said ??= `ended with ${signal ?? `exit code ${code}`}`));
  child.unref();
  await log.close();
  const { pid } = child;
  const mark = pid === undefined ? null : await processMark(pid);
  const limit = clock.monotonicMs() + readyLimitMs;
  if (pid !== undefined && mark !== null) {
    const { socketDir, port } = endpoint;
    const { version } = binaries;
    const { fingerprint } = run;
    // Before it is ready: a kill from here on leaves an orphan that is known. Without the record, e.g. because the disk
    // is full, it is not left running: nobody would know it.
    await writeRecord(place, { pid, mark, cluster: place.cluster, version, fingerprint, socketDir, port }).catch(
      (error: unknown) => (end.said ??= `its record could not be written: ${String(error)}`),
    );
    while (end.said === null && clock.monotonicMs() < limit) {
      const file = await readPostmasterFile(place.cluster);
      if (file?.pid === pid && file.status === "ready") return ok({ pid, mark });
      if (run.signal.aborted) break;
      await clock.sleep(pollMs);
    }
    await stopPostmaster({ pid, mark }, clock);
  }
  return fail(
    "transient",
    "store/start-failed",
    `The embedded PostgreSQL in ${place.cluster} did not start (${end.said ?? "not ready in time"}). Its log is ` +
      `${run.serverLog.file}.`,
    await run.serverLog.tail(),
  );
}

/**
 * Stops a server: fast shutdown (sessions are ended, a checkpoint is written), and when that takes too long, immediate
 * shutdown, after which the next start recovers from the WAL. Nothing committed is lost either way.
 *
 * @fault refused store/stop-failed   it still runs, or it is not ours to stop
 */
export async function stopPostmaster(postmaster: Postmaster, clock: Clock): Promise<Result<void>> {
  const steps = [
    { signal: "SIGINT", limitMs: fastLimitMs },
    { signal: "SIGQUIT", limitMs: immediateLimitMs },
  ] as const;
  let cause: unknown;
  for (const { signal, limitMs } of steps) {
    if (!(await isRunning(postmaster))) return ok(undefined);
    try {
      process.kill(postmaster.pid, signal);
    } catch (error) {
      cause = error;
      break;
    }
    const limit = clock.monotonicMs() + limitMs;
    while (clock.monotonicMs() < limit) {
      if (!(await isRunning(postmaster))) return ok(undefined);
      await clock.sleep(pollMs);
    }
  }
  if (!(await isRunning(postmaster))) return ok(undefined);
  return fail(
    "refused",
    "store/stop-failed",
    `The PostgreSQL server with pid ${postmaster.pid} does not stop. Stop it by hand (kill -INT ${postmaster.pid}), ` +
      `then start Millrace again.`,
    cause,
  );
}

export async function isRunning(postmaster: Postmaster): Promise<boolean> {
  return (await processMark(postmaster.pid)) === postmaster.mark;
}
