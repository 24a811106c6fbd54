/** The database of a data directory, for a command that is given beside the process that may run there. */
import { systemClock } from "../base/clock.ts";
import { ok, type Result } from "../base/result.ts";
import { holderOf } from "../store/embedded/lock.ts";
import { askStatus } from "./ask.ts";
import type { OpenedDatabase, reachDatabase } from "./database.ts";
import type { Log } from "./log.ts";
import { readRuntime } from "./runtime-file.ts";

export interface BesideDatabase extends OpenedDatabase {
  /** It is that of a running process, and stays when it is stopped here. */
  readonly isRunning: boolean;
}

/** @param open how it is reached for the while where no process runs; its faults are ours */
export async function reachBeside(
  dataDir: string,
  log: Log,
  open: typeof reachDatabase,
): Promise<Result<BesideDatabase>> {
  const running = await askStatus(dataDir);
  const record = await readRuntime(dataDir);
  const itsOwn = record.ok
    ? ok({ connectionString: record.value.connectionString, stop: () => Promise.resolve(), isRunning: true })
    : record;
  if (running.ok && itsOwn.ok) return itsOwn;
  const opened = await open({ dataDir, environment: process.env, clock: systemClock, log, onFault: () => undefined });
  if (opened.ok) return ok({ ...opened.value, isRunning: false });
  // It runs, and has no time to say how it is. A backup is wanted above all when it does badly. Whoever else holds the
  // database may be making its schema, and what is left of a process that was killed says nothing about that.
  const holder = holderOf(opened.fault);
  const isHolder = holder !== null && record.ok && record.value.pid === holder.pid && record.value.mark === holder.mark;
  return isHolder && itsOwn.ok ? itsOwn : opened;
}
