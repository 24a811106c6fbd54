/**
 * Temporary PostgreSQL clusters for tests: made in a second, thrown away whole. They do not sync to disk and
 * trust everybody, so nothing else may use them. The server that keeps data is in `embedded/`.
 *
 * Each is a copy of one that `initdb` has made once for this account and stays in the folder for temporary files: the
 * copy takes a tenth of the time. It lies in memory where there is room: half of what a cluster on a disk takes of the
 * processor is the disk's.
 *
 * ```ts
 * const skip = clusterUnavailable({ major: 15 });
 * describe("…", { skip }, () => {
 *   let cluster: TestCluster;
 *   before(async () => { cluster = await withCluster({ major: 15 }); });
 *   after(() => cluster.close());
 *   test("…", async () => { const client = new Client(await freshDatabase(cluster)); … });
 * });
 * ```
 */
import { spawn, type ChildProcess } from "node:child_process";
import { hash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, chown, lstat, mkdtemp, readFile, rename, rm, statfs } from "node:fs/promises";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Client } from "pg";
import { assert, unwrap } from "../../base/result.ts";
import { machineAccounts, serviceAccount } from "../embedded/account.ts";
import { packagedDirectory, reachableBinaries } from "../embedded/binaries.ts";
import { runProgram, type Identity } from "../embedded/program.ts";

export type TestedMajor = 15 | 18;

export interface TestCluster {
  readonly major: TestedMajor;
  /** The superuser's connection string for one of its databases; a Unix socket in a directory of its own. */
  connectionString(database: string): string;
  /** Stops the server and removes every trace of it. Idempotent. */
  close(): Promise<void>;
}

/** Not the schema's name, which would put the schema on the search path by itself. */
const superuser = "tester";

const systemPrograms: Readonly<Record<TestedMajor, string | null>> = {
  15: "/usr/lib/postgresql/15",
  18: null,
};

/** Why a cluster of this major cannot be made here, or false: fits `skip` of `node:test`. */
export function clusterUnavailable(options: { readonly major: TestedMajor }): string | false {
  const system = systemPrograms[options.major];
  if (system !== null) {
    return existsSync(join(system, "bin", "initdb"))
      ? false
      : `PostgreSQL ${options.major} is not installed in ${system}`;
  }
  const packaged = packagedDirectory();
  return packaged.ok ? false : packaged.fault.message;
}

/** A fresh cluster, running. Two processes may each have their own. Stops by itself when this process dies. */
export async function withCluster(options: { readonly major: TestedMajor }): Promise<TestCluster> {
  const { major } = options;
  const account = unwrap(await serviceAccount(machineAccounts));
  const directory = await folderFor(account, tmpdir(), `millrace-test-${major}-`);
  const place = await folderFor(account, await dataRoot(), `millrace-data-${major}-`);
  const forget = (): Promise<unknown> =>
    Promise.all([directory, place].map((folder) => rm(folder, { recursive: true, force: true })));
  try {
    const bin = join(await programs(major, account, directory), "bin");
    const data = join(place, "data");
    await makeData(major, bin, data, account);
    const guardian = startGuarded({
      postgres: join(bin, "postgres"),
      data,
      directory,
      place,
      as: account,
    });
    await ready(guardian, { directory, data });
    return {
      major,
      connectionString: (database) => `postgres://${superuser}@${encodeURIComponent(directory)}:5432/${database}`,
      close: async () => {
        guardian.ref();
        guardian.stdin?.end();
        if (guardian.exitCode === null && guardian.signalCode === null) await once(guardian, "exit");
        await forget();
      },
    };
  } catch (error) {
    await forget();
    throw error;
  }
}

/** Only the server's account gets in. */
async function folderFor(account: Identity | undefined, root: string, prefix: string): Promise<string> {
  const folder = await mkdtemp(join(root, prefix));
  if (account) await chown(folder, account.uid, account.gid);
  await chmod(folder, 0o700);
  return folder;
}

/** Linux keeps what lies here in memory. */
const memoryRoot = "/dev/shm";
const tmpfsType = 0x01021994;
/** Ten times what the files of any test have taken. */
const roomBytesMin = 2 * 1024 ** 3;

async function dataRoot(): Promise<string> {
  const found = await statfs(memoryRoot).catch(() => undefined);
  const isRoomy = found?.type === tmpfsType && found.bavail * found.bsize >= roomBytesMin;
  return isRoomy && process.availableMemory() >= roomBytesMin ? memoryRoot : tmpdir();
}

/** Data of a cluster, as `initdb` makes them: copied from those that were made before, where nothing of it has changed. */
async function makeData(major: TestedMajor, bin: string, data: string, as: Identity | undefined): Promise<void> {
  const locale = major >= 17 ? ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"] : ["--locale=C"];
  const args = ["-U", superuser, "-A", "trust", "-E", "UTF8", "--no-sync", "--no-instructions", ...locale];
  const cwd = dirname(data);
  const run = (file: string, ...more: readonly string[]): ReturnType<typeof runProgram> =>
    runProgram({ file, args: more, as, env: { LC_ALL: "C", PATH: "/usr/bin:/bin" }, cwd });
  const owner = as?.uid ?? process.getuid?.() ?? 0;
  const version = (await run(join(bin, "initdb"), "--version")).stdout;
  const made = hash("sha256", version + args.join(" "), "hex").slice(0, 12);
  const kept = join(tmpdir(), `millrace-initdb-${owner}-${made}`);
  // Whose folder it is nobody else can feign.
  const isOurs = await lstat(kept).then(
    (found) => found.isDirectory() && found.uid === owner,
    () => false,
  );
  if (isOurs && (await run("cp", "-a", kept, data)).code === 0) return;
  await rm(data, { recursive: true, force: true });
  const end = await run(join(bin, "initdb"), "-D", data, ...args);
  assert(end.code === 0, `initdb of PostgreSQL ${major} works: ${end.errno ?? end.stderr}`);
  // Of several at once one becomes the kept one; a folder is there whole or not at all.
  const own = `${kept}-${randomBytes(6).toString("hex")}`;
  const copied = await run("cp", "-a", data, own);
  await (copied.code === 0 ? rename(own, kept) : Promise.reject(new Error(copied.stderr))).catch(() =>
    rm(own, { recursive: true, force: true }),
  );
}

/** A new database of the cluster, empty or a copy of another one, as a connection string. Each call gives another one. */
export async function freshDatabase(cluster: TestCluster, template = "template0"): Promise<string> {
  const name = `test_${randomBytes(6).toString("hex")}`;
  const client = new Client({ connectionString: cluster.connectionString("postgres") });
  await client.connect();
  try {
    await client.query(`create database ${name} template ${template}`);
  } finally {
    await client.end();
  }
  return cluster.connectionString(name);
}

async function programs(major: TestedMajor, as: Identity | undefined, copyRoot: string): Promise<string> {
  const system = systemPrograms[major];
  if (system !== null) return system;
  const directory = unwrap(packagedDirectory());
  return unwrap(await reachableBinaries({ directory, as, copyRoot })).directory;
}

/**
 * The server under a shell that reads a pipe from us: when we close it, or die in whatever way, the shell stops the
 * server at once and removes its folders. So a killed test leaves nothing behind.
 */
function startGuarded(server: {
  readonly postgres: string;
  readonly data: string;
  /** For its socket and its log. */
  readonly directory: string;
  /** What `data` lies in. */
  readonly place: string;
  readonly as: Identity | undefined;
}): ChildProcess {
  // Signals are heeded from the moment postmaster.pid exists, not before.
  const script = `"$@" </dev/null >"$DIRECTORY/log" 2>&1 & pid=$!
    while kill -0 $pid 2>/dev/null && [ ! -e "$PLACE/data/postmaster.pid" ]; do sleep 0.02; done
    read -r line; kill -QUIT $pid 2>/dev/null; wait $pid; rm -rf "$PLACE" "$DIRECTORY"`;
  const settings = {
    listen_addresses: "",
    unix_socket_directories: server.directory,
    fsync: "off",
    synchronous_commit: "off",
    full_page_writes: "off",
    shared_buffers: "64MB",
    max_connections: "100",
    max_wal_size: "1GB",
    autovacuum: "off",
    timezone: "UTC",
    jit: "off",
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const guardian = spawn("/bin/sh", ["-c", script, "guardian", server.postgres, "-D", server.data, ...flags], {
    ...(server.as && { uid: server.as.uid, gid: server.as.gid }),
    env: { DIRECTORY: server.directory, PLACE: server.place, PATH: "/usr/bin:/bin", LC_ALL: "C" },
    cwd: server.directory,
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  // A test file that forgets `close` ends all the same; its end is what the shell waits for.
  guardian.unref();
  // A pipe to a child is a socket, which can be unreferenced; the general stream type does not say so.
  (guardian.stdin as Socket | null)?.unref();
  return guardian;
}

async function ready(
  guardian: ChildProcess,
  { directory, data }: { readonly directory: string; readonly data: string },
): Promise<void> {
  const limit = performance.now() + 30_000;
  while (performance.now() < limit) {
    const lines = (await readFile(join(data, "postmaster.pid"), "utf8").catch(() => "")).split("\n");
    if (lines[7]?.trim() === "ready") return;
    if (guardian.exitCode !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const log = await readFile(join(directory, "log"), "utf8").catch(() => "no log");
  guardian.stdin?.end();
  throw new Error(`The test cluster did not become ready: ${log.slice(-2000)}`);
}
