/**
 * Where an embedded server lives: its state directory (cluster, log, lock) and, for root, the pointer that the data
 * directory holds. The socket's directory is chosen in `endpoint.ts`.
 *
 * - Normal user: the data directory is the state directory, the cluster is `<dataDir>/postgres`.
 * - Root: PostgreSQL runs as another account, which may not reach the data directory (a home with mode 0700). The
 *   state lives in `/var/lib/millrace/<hash of the data directory>`, and `<dataDir>/postgres.json` points to it.
 * - An existing cluster's owner decides who runs it, so that an account made later changes nothing.
 */
import { hash } from "node:crypto";
import { chmod, mkdir, open, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { fail, ok, type Result } from "../../base/result.ts";
import { serviceAccount, type AccountSystem } from "./account.ts";
import type { Identity } from "./program.ts";

export interface Place {
  /** The data directory, as a real path. */
  readonly dataDir: string;
  readonly state: string;
  /** PostgreSQL's own data directory. May not exist yet. */
  readonly cluster: string;
  /** The account that runs the server; undefined: our own. */
  readonly as: Identity | undefined;
  /** The file in the data directory that names the state; null when the state is the data directory. */
  readonly pointer: string | null;
}

interface Pointer {
  readonly state: string;
  /** True once a cluster has been made there. */
  readonly ready: boolean;
}

export const defaultStateRoot = "/var/lib/millrace";

/**
 * Finds the place of a data directory, and makes its directories when they are not there.
 *
 * @fault refused store/no-account      root, and no account to run PostgreSQL as
 * @fault refused store/foreign-cluster a normal user, and the cluster belongs to another account
 */
export async function findPlace(options: {
  readonly dataDir: string;
  readonly stateRoot: string;
  readonly accounts: AccountSystem;
}): Promise<Result<Place>> {
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
  const dataDir = await realpath(options.dataDir);
  const pointer = join(dataDir, "postgres.json");
  const pointed = await readPointer(pointer);
  const inside = join(dataDir, "postgres");
  const owner = await ownerOf(inside);
  const uid = options.accounts.uid();

  if (uid !== 0) {
    if (pointed || (owner && owner.uid !== uid)) return foreignCluster(dataDir, pointed?.state ?? inside);
    return ok({ dataDir, state: dataDir, cluster: inside, as: undefined, pointer: null });
  }
  if (owner && owner.uid !== 0) return ok({ dataDir, state: dataDir, cluster: inside, as: owner, pointer: null });

  const state = pointed?.state ?? join(options.stateRoot, hash("sha256", dataDir, "hex").slice(0, 16));
  const cluster = join(state, "postgres");
  const account = (await ownerOf(cluster)) ?? (await serviceAccount(options.accounts));
  if ("ok" in account && !account.ok) return account;
  await makeTraversable(options.stateRoot);
  await makeTraversable(state);
  return ok({ dataDir, state, cluster, as: "ok" in account ? account.value : account, pointer });
}

function foreignCluster(dataDir: string, cluster: string): Result<never> {
  return fail(
    "refused",
    "store/foreign-cluster",
    `The database of ${dataDir} (in ${cluster}) was made by another account. Start Millrace as that account or as ` +
      `root, or use another data directory and move the data with "millrace backup" and "millrace restore".`,
  );
}

/**
 * Binds data directory and state to each other, both ways, before a cluster is made. Only under the lock.
 *
 * @fault conflict store/pointer-missing  a cluster stands there, but the data directory does not point to it
 * @fault invalid  store/cluster-missing  the data directory points to a cluster that is gone
 * @fault conflict store/cluster-shared   the data directory is a copy; its original points to the same cluster
 */
export async function bindPlace(place: Place): Promise<Result<void>> {
  if (place.pointer === null) return ok(undefined);
  const pointed = await readPointer(place.pointer);
  const hasCluster = (await ownerOf(place.cluster)) !== null;
  if (!pointed && hasCluster) {
    return fail(
      "conflict",
      "store/pointer-missing",
      `${place.cluster} holds a database of ${place.dataDir}, but the pointer ${place.pointer} is gone. To use that ` +
        `database again, write {"state":"${place.state}","ready":true} to the pointer; to begin anew, move ${place.state} away.`,
    );
  }
  if (pointed?.ready && !hasCluster) {
    return fail(
      "invalid",
      "store/cluster-missing",
      `${place.pointer} points to the database in ${place.cluster}, which is not there. Bring it back, or remove the ` +
        `pointer and restore a backup with "millrace restore".`,
    );
  }
  const back = join(place.state, "place.json");
  const former = await readJson(back);
  const formerDir = typeof former?.["dataDir"] === "string" ? former["dataDir"] : place.dataDir;
  if (formerDir !== place.dataDir) {
    const other = await readPointer(join(formerDir, "postgres.json"));
    if (other?.state === place.state) {
      return fail(
        "conflict",
        "store/cluster-shared",
        `${place.dataDir} is a copy of ${formerDir}, and both point to the database in ${place.state}. Remove ` +
          `postgres.json from one of them; a copy of the data is made with "millrace backup" and "millrace restore".`,
      );
    }
  }
  await writeWhole(back, JSON.stringify({ dataDir: place.dataDir }));
  if (!pointed) await writePointer(place, false);
  return ok(undefined);
}

/** Says in the data directory that a cluster has been made. */
export async function markReady(place: Place): Promise<void> {
  if (place.pointer !== null) await writePointer(place, true);
}

/** Replaces a small file as a whole, and on disk: after a crash it holds the old text or the new one. */
export async function writeWhole(file: string, text: string, as?: Identity, mode = 0o600): Promise<void> {
  const partial = `${file}.partial`;
  await rm(partial, { force: true });
  const handle = await open(partial, "wx", mode);
  try {
    if (as) await handle.chown(as.uid, as.gid);
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(partial, file);
  await syncDirectory(join(file, ".."));
}

/** Makes a rename inside a directory last through a power cut. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function readJson(file: string): Promise<Readonly<Record<string, unknown>> | null> {
  try {
    const found: unknown = JSON.parse(await readFile(file, "utf8"));
    // An object, and every field of it is unknown to the caller.
    return typeof found === "object" && found !== null ? (found as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

async function readPointer(file: string): Promise<Pointer | null> {
  const found = await readJson(file);
  const state = found?.["state"];
  return typeof state === "string" && isAbsolute(state) ? { state, ready: found?.["ready"] === true } : null;
}

function writePointer(place: Place, ready: boolean): Promise<void> {
  const pointer: Pointer = { state: place.state, ready };
  // Readable for everybody: a normal user who comes later is to be told where the database is.
  return writeWhole(join(place.dataDir, "postgres.json"), `${JSON.stringify(pointer)}\n`, undefined, 0o644);
}

async function ownerOf(path: string): Promise<Identity | null> {
  const found = await stat(path).catch(() => null);
  return found && { uid: found.uid, gid: found.gid };
}

/** The umask must not close the way for the account that runs the server. */
async function makeTraversable(directory: string): Promise<void> {
  if ((await mkdir(directory, { recursive: true })) !== undefined) await chmod(directory, 0o711);
}
