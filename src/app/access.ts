/** What commands do with accounts and the audit of a data directory, whether a process runs on it or not. */
import { resolve } from "node:path";
import { passwords } from "../access/password.ts";
import type { AuditHead } from "../access/audit.ts";
import { systemClock } from "../base/clock.ts";
import { ok, type Result } from "../base/result.ts";
import type { FreshPassword } from "../flows/account.ts";
import { rescueAccount, type Rescue } from "../flows/account-rescue.ts";
import type { Store } from "../flows/ports.ts";
import { verifyAudit, type AuditVerdict } from "../flows/verify-audit.ts";
import { openDatabase } from "../store/connection.ts";
import { prepareSchema } from "../store/schema.ts";
import { postgresStore } from "../store/store.ts";
import { askStatus } from "./ask.ts";
import { reachDatabase, reachKept, type OpenedDatabase } from "./database.ts";
import { jsonLog, type Log } from "./log.ts";
import { readRuntime } from "./runtime-file.ts";

/** Further faults: `reachDatabase`. */
export function resetAccount(data: string, rescue: Rescue): Promise<Result<FreshPassword>> {
  return withStore(data, reachDatabase, (store) =>
    rescueAccount({ store, clock: systemClock, passwords: passwords() }, rescue),
  );
}

/** Further faults: `reachKept`. */
export function checkAudit(data: string, known: AuditHead | null): Promise<Result<AuditVerdict>> {
  return withStore(data, reachKept, async (store) => ok(await verifyAudit(store, known)));
}

async function withStore<T>(
  data: string,
  open: typeof reachDatabase,
  work: (store: Store) => Promise<Result<T>>,
): Promise<Result<T>> {
  const log = jsonLog(systemClock, () => undefined);
  const reached = await reach(resolve(data), open, log);
  if (!reached.ok) return reached;
  const { connectionString, stop } = reached.value;
  try {
    const prepared = await prepareSchema(connectionString, () => undefined);
    if (!prepared.ok) return prepared;
    const database = openDatabase({ connectionString, connectionsMax: 1, log: log.warn });
    try {
      return await work(postgresStore(database));
    } finally {
      await database.close();
    }
  } finally {
    await stop();
  }
}

/** The database of the process that runs there; without one it is started for the while. */
async function reach(dataDir: string, open: typeof reachDatabase, log: Log): Promise<Result<OpenedDatabase>> {
  const running = await askStatus(dataDir);
  const record = await readRuntime(dataDir);
  if (running.ok && record.ok) {
    return ok({ connectionString: record.value.connectionString, stop: () => Promise.resolve() });
  }
  return open({ dataDir, environment: process.env, clock: systemClock, log, onFault: () => undefined });
}
