/** Backup and restore of a data directory, and a look at its health. */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { systemClock } from "../base/clock.ts";
import { fail, type Result } from "../base/result.ts";
import { backup, type BackupReport } from "../store/backup.ts";
import { restore, type RestoreReport } from "../store/restore.ts";
import { markRecovering, migrationsDirectory } from "../store/schema.ts";
import { reachBeside } from "./beside.ts";
import { reachDatabase, reachKept } from "./database.ts";
import type { Log } from "./log.ts";

const bufferFile = "buffer.sqlite";

/**
 * Everything of the database in one file. A process that runs goes on; its buffer is then left out, because what it
 * holds beyond the database is read again from the machines.
 */
export async function backupTo(options: {
  readonly data: string;
  readonly out: string;
  readonly log: Log;
  readonly progress: (line: string) => void;
}): Promise<Result<BackupReport>> {
  const dataDir = resolve(options.data);
  const database = await reachBeside(dataDir, options.log, reachKept);
  if (!database.ok) return database;
  const buffer = join(dataDir, bufferFile);
  try {
    return await backup({
      connectionString: database.value.connectionString,
      buffers: !database.value.isRunning && existsSync(buffer) ? [buffer] : [],
      out: resolve(options.out),
      clock: systemClock,
      progress: ({ kind, name, amount }) => options.progress(`${kind} ${name}: ${amount}`),
    });
  } finally {
    await database.value.stop();
  }
}

/** Into a data directory that holds nothing yet. Starts in recovery: nothing is sent before the ERP was asked. */
export async function restoreFrom(options: {
  readonly file: string;
  readonly data: string;
  readonly log: Log;
  readonly progress: (line: string) => void;
}): Promise<Result<RestoreReport>> {
  const dataDir = resolve(options.data);
  if (existsSync(join(dataDir, bufferFile))) {
    return fail("refused", "app/restore-target", `${dataDir} is in use already. Restore into an empty data directory.`);
  }
  const file = resolve(options.file);
  // Before anything is made for it.
  if (!existsSync(file)) return fail("invalid", "store/backup-unreadable", `${file} is not there. Check its name.`);
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
    return await restore({
      file,
      connectionString: database.value.connectionString,
      buffersDir: dataDir,
      migrations: migrationsDirectory,
      afterLoad: markRecovering,
      progress: ({ kind, name, amount }) => options.progress(`${kind} ${name}: ${amount}`),
    });
  } finally {
    await database.value.stop();
  }
}
