/** What commands do with accounts and the audit of a data directory, whether a process runs on it or not. */
import { resolve } from "node:path";
import { passwords } from "../access/password.ts";
import type { AuditHead } from "../access/audit.ts";
import { systemClock } from "../base/clock.ts";
import { formatMicro } from "../base/quantity.ts";
import { fail, ok, type Result } from "../base/result.ts";
import type { FreshPassword } from "../flows/account.ts";
import { rescueAccount, type Rescue } from "../flows/account-rescue.ts";
import type { DifferentBalance, Store } from "../flows/ports.ts";
import { verifyAudit, type AuditVerdict } from "../flows/verify-audit.ts";
import { openDatabase } from "../store/connection.ts";
import { prepareSchema } from "../store/schema.ts";
import { postgresStore } from "../store/store.ts";
import { reachBeside } from "./beside.ts";
import { reachKept } from "./database.ts";
import { jsonLog } from "./log.ts";
import { checkSiteFolder } from "./site.ts";

export interface AdministratorOf {
  readonly equipment: string;
  /** Folder of the site that has it. */
  readonly site: string;
}

/**
 * @fault invalid access/unknown-equipment  the site does not have what the account is to be administrator of
 * Further faults: `reachKept`.
 */
export async function resetAccount(
  data: string,
  { login, administratorOf }: { readonly login: string; readonly administratorOf: AdministratorOf | null },
): Promise<Result<FreshPassword>> {
  const known = administratorOf === null ? ok(undefined) : await isOfSite(administratorOf);
  if (!known.ok) return known;
  const rescue: Rescue = { login, administratorOf: administratorOf?.equipment ?? null };
  return withStore(data, (store) => rescueAccount({ store, clock: systemClock, passwords: passwords() }, rescue));
}

async function isOfSite({ equipment, site }: AdministratorOf): Promise<Result<void>> {
  const checked = await checkSiteFolder(resolve(site));
  if (!checked.ok) return checked;
  if (!checked.value.site.ok) return checked.value.site;
  const known = checked.value.site.value;
  if (known.equipmentById(equipment)) return ok(undefined);
  const text = `The site in ${site} has no equipment ${equipment}. Its top is ${known.id}.`;
  return fail("invalid", "access/unknown-equipment", text);
}

export interface CheckedBooks extends AuditVerdict {
  /** Places whose balance is not what their movements add up to, at most so many. */
  readonly balances: readonly string[];
}

const placesTold = 100;

/** The chain of the audit, and whether balances are the sums of their movements. Further faults: `reachKept`. */
export function checkAudit(data: string, known: AuditHead | null): Promise<Result<CheckedBooks>> {
  return withStore(data, async (store) => {
    const verdict = await verifyAudit(store, known);
    const off = await store.transaction((tx) => tx.ledger.different(placesTold));
    return ok({ ...verdict, balances: off.map(balanceText) });
  });
}

function balanceText({ account, material, lot, uom, balanceMicro, movedMicro }: DifferentBalance): string {
  const what = lot === null ? material : `${material}, lot ${lot}`;
  return `${what} at ${account}: the balance is ${formatMicro(balanceMicro)} ${uom}, movements add up to ${formatMicro(movedMicro)}`;
}

async function withStore<T>(data: string, work: (store: Store) => Promise<Result<T>>): Promise<Result<T>> {
  const log = jsonLog(systemClock, () => undefined);
  const reached = await reachBeside(resolve(data), log, reachKept);
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
