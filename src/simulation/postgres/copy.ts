/**
 * A backup inside the database, and its return: all rows of Millrace's tables as one snapshot shows them, beside them. How
 * Millrace's own backup is written and read is not simulated; how what was put back is marked is.
 */
import { defaultSchema } from "../../store/migration.ts";
import { text, type Query } from "../../store/connection.ts";
import { markRecovering } from "../../store/schema.ts";

const place = "simulation_backup";

export async function keepCopy(query: Query): Promise<void> {
  await query.run("", "set transaction isolation level repeatable read");
  await query.run("", `drop schema if exists ${place} cascade; create schema ${place}`);
  for (const name of await tables(query))
    await query.run("", `create table ${place}.${name} as table ${defaultSchema}.${name}`);
}

/** Nobody else may be connected: who has a row would be waited for. */
export async function putCopyBack(query: Query): Promise<void> {
  const names = await tables(query);
  // What guards the record, and every reference, is off for rows that were there together already.
  await query.run("", "set local session_replication_role = replica");
  await query.run("", `truncate ${names.map((name) => `${defaultSchema}.${name}`).join(", ")} restart identity`);
  for (const name of names) {
    await query.run("", `insert into ${defaultSchema}.${name} overriding system value table ${place}.${name}`);
    await query.run("", renumber(name));
  }
  const client: unknown = { query: (statement: string) => query.run("", statement) };
  await markRecovering(client as Parameters<typeof markRecovering>[0]); // it gives it whole statements and nothing else
}

/** The next number of a table is after those that were put back. */
function renumber(name: string): string {
  return `do $$ declare
    own record;
  begin
    for own in select attname from pg_attribute where attrelid = '${defaultSchema}.${name}'::regclass and attidentity <> ''
    loop
      execute format('select setval(pg_get_serial_sequence(%L, %L), (select coalesce(max(%I), 0) + 1 from ${defaultSchema}.${name}), false)',
        '${defaultSchema}.${name}', own.attname, own.attname);
    end loop;
  end $$`;
}

async function tables(query: Query): Promise<readonly string[]> {
  const rows = await query.run(
    "simulation.tables",
    `select relname::text as name from pg_class where relnamespace = $1::text::regnamespace
     and relkind in ('r', 'p') and not relispartition and relname <> 'migration' order by 1`,
    [defaultSchema],
  );
  return rows.map((row) => text(row["name"]));
}
