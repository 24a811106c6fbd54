/** The schema of Millrace in a database: brought up to date at start, and marked after a restore. */
import { join } from "node:path";
import pg from "pg";
import { fail, ok, type Result } from "../base/result.ts";
import { named } from "./connection.ts";
import { migrate } from "./migration.ts";

export const migrationsDirectory = join(import.meta.dirname, "migrations");

const answerMs = 10_000;

/** Asks whether the database answers and lets us in; writes nothing. @returns the error when it does not */
export async function knock(connectionString: string): Promise<unknown> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: answerMs });
  // It is told below, or by nobody: without a listener it would end the process.
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("select 1");
    return null;
  } catch (error) {
    return named(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

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

/**
 * Marks restored data as recovering, in the transaction that loaded it: what was on its way when the backup was taken
 * may have arrived since, and what was planned may have been sent since. Nothing is sent before the ERP was asked. Who was
 * signed in then may have been locked out since: everybody signs in again. The schema is that of the backup.
 */
export async function markRecovering(client: pg.ClientBase): Promise<void> {
  await client.query(
    `insert into site_state (id, site, recovering_since) values (true, '', now())
     on conflict (id) do update set recovering_since = now()`,
  );
  await client.query(
    "update instruction set state = 'in-doubt', version = version + 1 where state in ('planned', 'writing', 'verified')",
  );
  // Older backups have none of these; the migration that adds `restored_at` takes it from `recovering_since`. What a
  // machine held when the backup was taken is older than what was made since: it is no way back.
  await client.query(`do $$ begin
    if exists (select 1 from pg_attribute where attrelid = 'site_state'::regclass and attname = 'restored_at') then
      update site_state set restored_at = recovering_since;
    end if;
    if to_regclass('session') is not null then
      delete from session;
    end if;
    if exists (select 1 from pg_attribute where attrelid = 'instruction'::regclass and attname = 'read_back') then
      update instruction set read_back = null where state = 'in-doubt';
    end if;
    -- For us each ERP was away since the backup; of older ones the migration that adds the column says so.
    if exists (select 1 from pg_attribute where attrelid = to_regclass('erp_outage') and attname = 'restored') then
      insert into erp_outage (erp, lost_at, back_at, restored)
      select c.erp, least(c.seen_at, now()), now(), true from (select erp, seen_at from erp_contact union all
        select r.erp, min(r.accepted_at) from operations_request r
        where not exists (select 1 from erp_contact c where c.erp = r.erp) group by r.erp) c;
    end if;
  end $$`);
  await client.query(
    `update posting set state = 'in-doubt', sent_at = coalesce(sent_at, now()), due_at = now(), asked_absent = 0, parked = false,
     version = version + 1 where state in ('planned', 'sending') or (state = 'refused' and parked)`,
  );
  await client.query("delete from lane");
}
