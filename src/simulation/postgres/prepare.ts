/**
 * What a database of a simulated world has beside Millrace's schema, in a schema of its own: a clock that shows the
 * world's time, a book of what each transaction has written, and a disk that can be full. Millrace's SQL stays as it is.
 */
import { defaultSchema } from "../../store/migration.ts";
import type { Query } from "../../store/connection.ts";
import { shown } from "./row.ts";

/**
 * The first of each transaction. Before `pg_catalog`, so that `now()` and `clock_timestamp()` are those of the world.
 *
 * @param now  milliseconds since 1970
 */
export function beginning(now: number, isFull: boolean): string {
  return `set local search_path = simulation, pg_catalog, ${defaultSchema};
    set local simulation.began = '${isoOf(now)}'; ${meanwhile(now, isFull)}`;
}

/** The same, later in the transaction. */
export function meanwhile(now: number, isFull: boolean): string {
  return `set local simulation.now = '${isoOf(now)}'; set local simulation.no_room = '${isFull ? "on" : "off"}'`;
}

function isoOf(now: number): string {
  return new Date(now).toISOString();
}

/** What the open transaction has written, oldest first; nothing when it has only read. */
export const written = `select name, gone, line::text as line from simulation.book
  where xid = pg_current_xact_id_if_assigned() order by number`;

/** Once, on the schema of Millrace. */
export async function prepareSimulation(query: Query): Promise<void> {
  // A deadlock is seen at once: meanwhile the world goes on, and much of its time may pass.
  await query.run("", "alter role current_user set deadlock_timeout = '2ms'");
  await query.run("", clock);
  await query.run("", book);
  for (const { name } of shown) {
    const of = `on ${defaultSchema}.${name} referencing`;
    await query.run(
      "",
      `create trigger simulated_insert after insert ${of} new table as lines for each statement execute function simulation.note();
       create trigger simulated_update after update ${of} new table as lines for each statement execute function simulation.note();
       create trigger simulated_delete after delete ${of} old table as lines for each statement execute function simulation.note()`,
    );
  }
  await query.run("", disk);
}

/** Where nobody has set the time, they fail: nothing of Millrace may ask the computer's clock in a world. */
const clock = `create schema simulation;
create function simulation.now() returns timestamptz language sql stable
  as $$ select pg_catalog.current_setting('simulation.began')::timestamptz $$;
create function simulation.clock_timestamp() returns timestamptz language sql volatile
  as $$ select pg_catalog.current_setting('simulation.now')::timestamptz $$`;

const book = `create unlogged table simulation.book (
  number bigint generated always as identity primary key,
  xid xid8 not null default pg_current_xact_id(),
  name text not null,
  gone boolean not null,
  line jsonb not null
);
create index on simulation.book (xid);
create function simulation.note() returns trigger language plpgsql as $$
begin
  insert into simulation.book (name, gone, line) select tg_table_name, tg_op = 'DELETE', to_jsonb(l) from lines l;
  return null;
end $$`;

const disk = `create function simulation.refuse_when_full() returns trigger language plpgsql as $$
begin
  if current_setting('simulation.no_room', true) = 'on' then
    raise exception 'could not extend file: No space left on device' using errcode = 'disk_full';
  end if;
  return null;
end $$;
do $$ declare
  name text;
begin
  for name in select relname from pg_class where relnamespace = '${defaultSchema}'::regnamespace
    and relkind in ('r', 'p') and not relispartition
  loop
    execute format('create trigger simulated_disk before insert or update on ${defaultSchema}.%I
      for each statement execute function simulation.refuse_when_full()', name);
  end loop;
end $$`;
