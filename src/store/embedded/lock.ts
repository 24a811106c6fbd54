/**
 * The exclusive lock on an embedded server's state: one supervisor at a time.
 *
 * It is an exclusive SQLite transaction on an empty file. SQLite takes a lock of the operating system for it, which
 * ends with the process in whatever way that ends: there is no stale lock and nobody ever has to remove one. The file
 * beside it that says who holds it decides nothing about that: it is for people, and for commands that want that process.
 *
 * POSIX drops such a lock when *any* descriptor of the file is closed in the process: nobody may open `lock` but this.
 */
import { chmod, chown, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Clock } from "../../base/clock.ts";
import { formatInstant } from "../../base/instant.ts";
import { fail, ok, type Fault, type Result } from "../../base/result.ts";
import { processMark } from "./process.ts";

export interface HeldLock {
  /** Idempotent. */
  release(): void;
}

/** The process that holds it. */
export interface Holder {
  readonly pid: number;
  readonly since: string;
  /** See `processMark`. */
  readonly mark: string | null;
}

const attemptMax = 20;
const attemptDelayMs = 50;
const sqliteBusy = 5;

/**
 * Takes the lock or says who has it. Does not wait for it to become free; only for a holder that has just taken it to
 * say who it is.
 *
 * @param directory  the state directory
 * @param subject    what is locked, for the message
 * @fault conflict store/in-use   another process (or another server in this one) holds it: see `holderOf`
 */
export async function takeLock(options: {
  readonly directory: string;
  readonly subject: string;
  readonly clock: Clock;
}): Promise<Result<HeldLock>> {
  const { directory, subject, clock } = options;
  const holderFile = join(directory, "lock.json");
  let who = "another process that has not said who it is";
  let known: Holder | undefined;
  for (let attempt = 0; attempt < attemptMax; attempt++) {
    const database = tryLock(join(directory, "lock"));
    if (database) {
      const holder: Holder = {
        pid: process.pid,
        since: formatInstant(clock.now()),
        mark: await processMark(process.pid),
      };
      await writeFile(holderFile, JSON.stringify(holder), { mode: 0o600 });
      // Who can read a file can hold a lock on it that keeps us out.
      await chmod(join(directory, "lock"), 0o600);
      await shareOwner(directory);
      return ok({ release: () => void (database.isOpen && database.close()) });
    }
    const holder = await readHolder(holderFile);
    // What a former holder left behind must not accuse a process that has its pid today.
    if (holder && (await processMark(holder.pid)) === holder.mark) {
      who = `process ${holder.pid} since ${holder.since}`;
      known = holder;
      break;
    }
    await clock.sleep(attemptDelayMs);
  }
  return fail(
    "conflict",
    "store/in-use",
    `${subject} is in use by ${who}. Stop that Millrace first, or start this one with a data directory of its own.`,
    known,
  );
}

/** Who holds what could not be taken; null when that is not known, or it is another fault. */
export function holderOf(fault: Fault): Holder | null {
  // Given above, and by nobody else under this code.
  return fault.code === "store/in-use" ? ((fault.cause as Holder | undefined) ?? null) : null;
}

function tryLock(file: string): DatabaseSync | null {
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    // Without it SQLite would write a journal file beside the lock.
    database.exec("pragma journal_mode = memory");
    database.exec("begin exclusive");
    return database;
  } catch (error) {
    database.close();
    if (error instanceof Error && "errcode" in error && error.errcode === sqliteBusy) return null;
    throw error;
  }
}

async function readHolder(file: string): Promise<Holder | null> {
  try {
    const found: unknown = JSON.parse(await readFile(file, "utf8"));
    if (typeof found !== "object" || found === null) return null;
    const { pid, since, mark } = found as Partial<Record<keyof Holder, unknown>>; // every field is checked below
    if (typeof pid !== "number" || typeof since !== "string") return null;
    return { pid, since, mark: typeof mark === "string" ? mark : null };
  } catch {
    return null;
  }
}

/** Root that starts the server of a normal user must leave files which that user can open again. */
async function shareOwner(directory: string): Promise<void> {
  if (process.geteuid?.() !== 0) return;
  const owner = await stat(directory);
  for (const name of ["lock", "lock.json"]) await chown(join(directory, name), owner.uid, owner.gid);
}
