/** The database of a data directory, for a command that is given beside the process that may run there. */
import { systemClock } from "../base/clock.ts";
import { ok, type Result } from "../base/result.ts";
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
  if (running.ok && record.ok) {
    const { connectionString } = record.value;
    return ok({ connectionString, stop: () => Promise.resolve(), isRunning: true });
  }
  const opened = await open({ dataDir, environment: process.env, clock: systemClock, log, onFault: () => undefined });
  return opened.ok ? ok({ ...opened.value, isRunning: false }) : opened;
}
