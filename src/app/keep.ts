/** Backup and restore of a data directory, and a look at its health. */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { systemClock } from "../base/clock.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { backup, type BackupReport } from "../store/backup.ts";
import { restore, type RestoreReport } from "../store/restore.ts";
import { markRecovering, migrationsDirectory } from "../store/schema.ts";
import { besideBackup, type Beside } from "./beside-backup.ts";
import { reachBeside } from "./beside.ts";
import { isKept, makingDatabase, reachDatabase, reachKept } from "./database.ts";
import { ownFingerprint } from "./evidence-key.ts";
import type { Log } from "./log.ts";

const bufferFile = "buffer.sqlite";

export interface KeptBackup extends BackupReport {
  /** Fingerprint of the key that signs evidence; null: there is none yet. */
  readonly evidenceKey: string | null;
  /** What is to be kept beside it. */
  readonly beside: readonly Beside[];
}

export interface Restored extends Omit<RestoreReport, "evidenceKey"> {
  /** Fingerprints of the key that signed evidence before the backup, and of the one that lies in the data directory now. */
  readonly evidenceKey: { readonly before: string | null; readonly now: string | null };
}

/**
 * Everything of the database in one file. A process that runs goes on; its buffer is then left out, because what it
 * holds beyond the database is read again from the machines.
 */
export async function backupTo(options: {
  readonly data: string;
  readonly out: string;
  readonly log: Log;
  readonly progress: (line: string) => void;
}): Promise<Result<KeptBackup>> {
  const dataDir = resolve(options.data);
  const database = await reachBeside(dataDir, options.log, reachKept);
  if (!database.ok) return database;
  const buffer = join(dataDir, bufferFile);
  try {
    const evidenceKey = await knownKey(dataDir);
    const made = await backup({
      evidenceKey,
      connectionString: database.value.connectionString,
      buffers: !database.value.isRunning && existsSync(buffer) ? [buffer] : [],
      out: resolve(options.out),
      clock: systemClock,
      progress: (step) => tellStep(step, options.progress),
    });
    return made.ok ? ok({ ...made.value, evidenceKey, beside: besideBackup(dataDir) }) : made;
  } finally {
    await database.value.stop();
  }
}

/** One that is empty took no time, and there are dozens. */
function tellStep(
  { kind, name, amount }: { readonly kind: string; readonly name: string; readonly amount: number },
  progress: (line: string) => void,
): void {
  if (amount > 0) progress(`${kind} ${name}: ${amount}`);
}

/** One that cannot be read is told by whoever signs with it, and keeps nobody from a backup. */
function knownKey(dataDir: string): Promise<string | null> {
  return ownFingerprint(dataDir).catch(() => null);
}

/** Into a data directory that holds nothing yet. Starts in recovery: nothing is sent before the ERP was asked. */
export async function restoreFrom(options: {
  readonly file: string;
  readonly data: string;
  readonly log: Log;
  readonly progress: (line: string) => void;
}): Promise<Result<Restored>> {
  const dataDir = resolve(options.data);
  if (existsSync(join(dataDir, bufferFile))) {
    return fail("refused", "app/restore-target", `${dataDir} is in use already. Restore into an empty data directory.`);
  }
  const file = resolve(options.file);
  // Before anything is made for it.
  if (!existsSync(file)) return fail("invalid", "store/backup-unreadable", `${file} is not there. Check its name.`);
  if (!isKept({ dataDir, environment: process.env })) options.progress(makingDatabase(dataDir));
  await mkdir(dataDir, { recursive: true });
  const database = await reachDatabase({
    dataDir,
    environment: process.env,
    clock: systemClock,
    log: options.log,
    onFault: () => undefined,
  });
  if (!database.ok) return database;
  try {
    const done = await restore({
      file,
      connectionString: database.value.connectionString,
      buffersDir: dataDir,
      migrations: migrationsDirectory,
      afterLoad: markRecovering,
      progress: (step) => tellStep(step, options.progress),
    });
    if (!done.ok) return done;
    const evidenceKey = { before: done.value.evidenceKey, now: await knownKey(dataDir) };
    return ok({ ...done.value, evidenceKey });
  } finally {
    await database.value.stop();
  }
}
