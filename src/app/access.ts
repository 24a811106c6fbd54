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
import { reachBeside } from "./beside.ts";
import { reachDatabase, reachKept } from "./database.ts";
import { jsonLog } from "./log.ts";

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
  const reached = await reachBeside(resolve(data), log, open);
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
