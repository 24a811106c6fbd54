/**
 * A PostgreSQL server of one's own, as `DATABASE_URL` names it: durable, in a directory that is given, and killed by a
 * test with all its processes. The clusters of `src/store/testing` do not sync and cannot be killed; this one is for outages.
 */
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { chown, mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { systemClock } from "../../src/base/clock.ts";
import { unwrap } from "../../src/base/result.ts";
import { machineAccounts, serviceAccount } from "../../src/store/embedded/account.ts";
import { runProgram, type Identity } from "../../src/store/embedded/program.ts";

const programs = "/usr/lib/postgresql/15/bin";
const role = "tester";
const port = 5432;
const startMs = 30_000;
const environment = { LC_ALL: "C", PATH: "/usr/bin:/bin" };
/** Durable as PostgreSQL comes; small, for small disks. */
const small = { shared_buffers: "16MB", min_wal_size: "8MB", max_wal_size: "32MB" };

export interface ServerSettings {
  /** Its files; a temporary directory, removed at the end, when left out. */
  readonly directory?: string;
  /** Put before the defaults of PostgreSQL, which are durable. */
  readonly settings?: Readonly<Record<string, string>>;
}

export class OwnServer {
  /** Directory of its Unix socket, and of its log. */
  readonly socket: string;
  readonly #directory: string;
  readonly #isTemporary: boolean;
  readonly #account: Identity | undefined;
  readonly #flags: readonly string[];
  #pid = 0;
  // The processes of a postmaster that is gone end by themselves.
  readonly #killNow = (): void => void (this.#pid > 0 && signal(this.#pid, "SIGKILL"));

  private constructor(
    given: ServerSettings,
    made: { directory: string; socket: string; account: Identity | undefined },
  ) {
    this.socket = made.socket;
    this.#directory = made.directory;
    this.#isTemporary = given.directory === undefined;
    this.#account = made.account;
    const all = { listen_addresses: "", unix_socket_directories: made.socket, ...small, ...given.settings };
    this.#flags = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    process.on("exit", this.#killNow);
  }

  /** Made, where there is none yet, and not started. */
  static async in(given: ServerSettings = {}): Promise<OwnServer> {
    const account = unwrap(await serviceAccount(machineAccounts));
    const directory = given.directory ?? (await mkdtemp(join(tmpdir(), "millrace-outage-db-")));
    const socket = await mkdtemp(join(tmpdir(), "millrace-outage-socket-"));
    const data = join(directory, "cluster");
    await mkdir(data, { recursive: true });
    if (account) for (const path of [directory, data, socket]) await chown(path, account.uid, account.gid);
    if (!(await readdir(data)).includes("PG_VERSION")) {
      const how = ["-U", role, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-instructions", "--wal-segsize=1"];
      const file = join(programs, "initdb");
      const made = await runProgram({ file, args: ["-D", data, ...how], as: account, env: environment });
      if (made.code !== 0) throw new Error(`initdb failed: ${made.errno ?? made.stderr}`);
    }
    return new OwnServer(given, { directory, socket, account });
  }

  /** For `DATABASE_URL`, over the Unix socket. */
  get url(): string {
    return `postgres://${role}@${encodeURIComponent(this.socket)}:${port}/postgres`;
  }

  /** The same over TCP at this port of loopback, where somebody passes the bytes on. */
  urlAt(at: number): string {
    return `postgres://${role}@127.0.0.1:${at}/postgres`;
  }

  get logFile(): string {
    return join(this.socket, "server.log");
  }

  async start(): Promise<this> {
    const log = openSync(this.logFile, "a");
    const child = spawn(join(programs, "postgres"), ["-D", join(this.#directory, "cluster"), ...this.#flags], {
      ...(this.#account && { uid: this.#account.uid, gid: this.#account.gid }),
      env: environment,
      cwd: this.socket,
      stdio: ["ignore", log, log],
    });
    child.on("error", () => undefined);
    child.unref();
    closeSync(log);
    this.#pid = child.pid ?? 0;
    for (const end = Date.now() + startMs; ; await systemClock.sleep(50)) {
      if ((await this.query("select 1").catch(() => [])).length > 0) return this;
      if (Date.now() > end || child.exitCode !== null)
        throw new Error(`PostgreSQL did not start: ${await readFile(this.logFile, "utf8")}`);
    }
  }

  isRunning(): Promise<boolean> {
    return isAlive(this.#pid);
  }

  /** What is committed stays in its memory from now on, when it may answer before it has written (`synchronous_commit`). */
  async stopWriting(): Promise<void> {
    for (const child of await childrenOf(this.#pid)) {
      const title = await readFile(`/proc/${child}/cmdline`, "utf8").catch(() => "");
      if (title.includes("walwriter")) signal(child, "SIGSTOP");
    }
  }

  kill(): Promise<void> {
    return killTree(this.#pid);
  }

  async query(text: string): Promise<readonly Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: this.url, connectionTimeoutMillis: 5_000 });
    client.on("error", () => undefined);
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  }

  async close(): Promise<void> {
    if (this.#pid > 0) await this.kill();
    process.off("exit", this.#killNow);
    if (this.#isTemporary) await rm(this.#directory, { recursive: true, force: true });
    await rm(this.socket, { recursive: true, force: true });
  }
}

/** SIGKILL for a postmaster and every process of it. Resolves when all are gone. */
export async function killTree(postmaster: number): Promise<void> {
  const all = [postmaster, ...(await childrenOf(postmaster))];
  for (const each of all) signal(each, "SIGKILL");
  for (const each of all) while (await isAlive(each)) await systemClock.sleep(10);
}

/** Processes whose parent is this one. A postmaster's are in sessions of their own, so no group holds them. */
async function childrenOf(parent: number): Promise<readonly number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const parents = await Promise.all(pids.map(async (pid) => ({ pid, parent: (await stateOf(pid))?.parent })));
  return parents.filter((one) => one.parent === parent).map(({ pid }) => pid);
}

/** A zombie is no longer alive: whoever started it has not asked for its end yet. */
async function isAlive(pid: number): Promise<boolean> {
  const state = await stateOf(pid);
  return state !== null && state.letter !== "Z";
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone already, which is what was asked for.
  }
}

/** @source proc_pid_stat(5): the name in brackets may hold anything, so the fields are read behind the last one */
async function stateOf(pid: number): Promise<{ readonly letter: string; readonly parent: number } | null> {
  const line = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
  if (line === null) return null;
  const [letter = "", parent = "0"] = line.slice(line.lastIndexOf(")") + 2).split(" ");
  return { letter, parent: Number(parent) };
}
