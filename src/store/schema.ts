/** The schema of Millrace in a database: brought up to date at start, and marked after a restore. */
import { join } from "node:path";
import pg from "pg";
import { fail, ok, type Result } from "../base/result.ts";
import { migrate } from "./migration.ts";

export const migrationsDirectory = join(import.meta.dirname, "migrations");

/** @fault transient store/unreachable   the database does not answer; further faults: `migrate` */
export async function prepareSchema(connectionString: string, log: (line: string) => void): Promise<Result<void>> {
  const client = new pg.Client({ connectionString });
  try {
    await client.connect();
  } catch (error) {
    const text = "The database does not answer. Check that it runs and that DATABASE_URL is right.";
    return fail("transient", "store/unreachable", text, error);
  }
  try {
    const migrated = await migrate(client, { directory: migrationsDirectory, log });
    return migrated.ok ? ok(undefined) : migrated;
  } finally {
    await client.end();
  }
}

/** The migration that brought `instruction.read_back`. */
const readBackSince = 9;

/**
 * Marks restored data as recovering, in the transaction that loaded it: what was on its way when the backup was taken
 * may have arrived since, and what was planned may have been sent since. Nothing is sent before the ERP was asked.
 *
 * @param backup  number of the last migration at the time of the backup: newer ones have not run yet
 */
export async function markRecovering(client: pg.ClientBase, backup: { readonly migration: number }): Promise<void> {
  await client.query(
    `insert into site_state (id, site, recovering_since, restored_at) values (true, '', now(), now())
     on conflict (id) do update set recovering_since = now(), restored_at = now()`,
  );
  await client.query(
    `update posting set state = 'in-doubt', sent_at = coalesce(sent_at, now()), due_at = now(), asked_absent = 0, parked = false,
     version = version + 1 where state in ('planned', 'sending') or (state = 'refused' and parked)`,
  );
  await client.query(
    "update instruction set state = 'in-doubt', version = version + 1 where state in ('planned', 'writing', 'verified')",
  );
  if (backup.migration >= readBackSince) {
    // What a machine held then is older than what was made since: it is no way back.
    await client.query("update instruction set read_back = null where state = 'in-doubt'");
  }
  await client.query("delete from lane");
}
