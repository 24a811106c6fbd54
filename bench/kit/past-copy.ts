/**
 * Further days of the past, copied from the first one: the same rows with other times, order numbers and identities. Where
 * production code keeps something by triggers, they are in force; keys and indexes of the three largest tables are made anew.
 */
import { instant } from "../../src/base/instant.ts";
import type { BenchDatabase } from "./database.ts";
import { atOnce, withConnections, withoutIndexes, type Ask, type Fullness } from "./bulk.ts";
import { dayMs, startOfDay } from "./past-day.ts";

/** Of a column, as of the day that is `$1` days later. */
type Shift = (column: string) => string;
const id: Shift = (column) => `past.id(${column}, $1::int)`;
const named: Shift = (column) => `past.named(${column}, $1::int)`;
const namedJson: Shift = (column) => `past.named(${column}::text, $1::int)::jsonb`;
const namedBytes: Shift = (column) => `convert_to(past.named(convert_from(${column}, 'UTF8'), $1::int), 'UTF8')`;
const time: Shift = (column) => `${column} + $1::int * interval '24 hours'`;
const day: Shift = (column) => `${column} + $1::int`;
/** Of the order in which the batches of a source have come. */
const place: Shift = (column) => `${column} + $1::int * (select batches from past.day)`;

/** Every column that says which day it is; the others are the same on each. */
export const shifts: Readonly<Record<string, Readonly<Record<string, Shift>>>> = {
  operations_request: { id: named, number: named, body: namedJson, accepted_at: time },
  erp_message: { idempotency_key: id, number: named, bytes: namedBytes, received_at: time },
  job_order: { id, request: named, dispatch_key: named, machine_order: named, machine_job: named },
  run: { id, job: named, job_order: id, started_at: time, ended_at: time },
  order_row: {
    request: named,
    number: named,
    subject: named,
    sort_dispatch: named,
    sort_end: named,
    sort_number: named,
  },
  run_sum: { run: id, first_at: time, last_at: time },
  posting: {
    id,
    key: (column) => `past.key(${column}, $1::int)`,
    request: named,
    run: id,
    sequence_key: named,
    lanes: (column) => `past.named(${column}::text, $1::int)::text[]`,
    content: (column) => `past.content(${column}, $1::int)`,
    envelope: (column) => `past.envelope(${column}, key, content, $1::int)`,
    due_at: time,
    sent_at: time,
    asked_at: time,
    document: (column) => `(split_part(${column}, '/', 1)::bigint + $1::int * 1000) || '/2026'`,
    planned_at: time,
    settled_at: time,
    // by its trigger
    trace_id: () => "null",
  },
  posting_attempt: { posting: id, started_at: time, ended_at: time },
  sample_batch: { recorded_on: day, ordinal: place, follows: place, from_at: time, to_at: time },
  collector_day: { day, ordinal: place, position: time },
  fact: {
    id,
    run: id,
    event_at: time,
    recorded_at: time,
    // It may name the order, by its line, or the run.
    rule: (column) =>
      `case when right(${column}, 32) = run then left(${column}, -32) || past.id(run, $1::int) when kind = 'MaterialConsumed' then past.named(${column}, $1::int) else ${column} end`,
    evidence: (column) => `past.evidence(${column}, $1::int)`,
    body: (column) => `case kind when 'JobStarted' then past.named(${column}::text, $1::int)::jsonb else ${column} end`,
  },
  movement: { id, fact: id, event_at: time, recorded_at: time },
  posting_line: { posting: id, fact: id },
};

/** So large that their indexes and keys are made anew. Nothing but keys is checked of them when rows are put in. */
export const largest = ["fact", "movement", "posting_line"] as const;

const helpers = `
  create schema past;
  create function past.id(of text, days integer) returns text language sql immutable as $$ select case
      when left(of, 1) = 't' and length(of) = 32 then 't'
        || lpad(to_hex(('x' || substr(of, 2, 8))::bit(32)::bigint + days * ${dayMs / 1000}), 8, '0') || left(md5(of || '/' || days), 23)
      else md5(of || '/' || days) end $$;
  create function past.key(of text, days integer) returns text language sql immutable as $$ select upper(left(md5(of || '/' || days), 16)) $$;
  create function past.named(of text, days integer) returns text language sql immutable as
    $$ select regexp_replace(of, '(?<![0-9])(0*)2001([0-9]{3})(?![0-9])', '\\12' || lpad((1 + days)::text, 3, '0') || '\\2', 'g') $$;
  create function past.dates(of jsonb, days integer) returns jsonb language sql immutable as
    $$ select jsonb_object_agg(key, case jsonb_typeof(value) when 'number' then to_jsonb(value::bigint + days * ${dayMs}::bigint)
         else to_jsonb((value #>> '{}')::date + days) end) from jsonb_each(of) $$;
  create function past.content(of jsonb, days integer) returns jsonb language sql immutable as
    $$ select jsonb_set(past.named(of::text, days)::jsonb, '{response,dates}', past.dates(of #> '{response,dates}', days)) $$;
  create function past.sample(of jsonb, days integer) returns jsonb language sql immutable as
    $$ select jsonb_build_object('id', past.id(of ->> 'id', days), 'item', of -> 'item', 'at', (of ->> 'at')::bigint + days * ${dayMs}::bigint) $$;
  create function past.evidence(of jsonb, days integer) returns jsonb language sql immutable as
    $$ select case jsonb_array_length(of) when 1 then jsonb_build_array(past.sample(of -> 0, days))
         else (select jsonb_agg(past.sample(e, days) order by n) from jsonb_array_elements(of) with ordinality x (e, n)) end $$;
  create function past.envelope(bytes bytea, key text, content jsonb, days integer) returns bytea language plpgsql immutable as $$
    declare
      says text := replace(past.named(convert_from(bytes, 'UTF8'), days), key, past.key(key, days));
      one record;
    begin
      for one in select d.value #>> '{}' as before, past.dates(content #> '{response,dates}', days) ->> d.key as after
                 from jsonb_each(content #> '{response,dates}') d loop
        says := replace(says, one.before, one.after);
      end loop;
      return convert_to(says, 'UTF8');
    end $$;`;

/** Keeps the first day to copy from. Nothing else is in the database yet. */
export async function keepFirstDay({ ask }: BenchDatabase, batches: number): Promise<void> {
  await ask(helpers);
  await ask(`create table past.day as select ${batches}::bigint as batches`);
  for (const table of Object.keys(shifts)) {
    const own = table === "sample_batch" ? `where recorded_on >= '${new Date(startOfDay(1)).toISOString()}'` : "";
    await ask(`create unlogged table past.${table} as select * from ${table} ${own}`);
  }
}

/** What of the first day is kept only on the second. @returns rows */
export async function keepEndOfFirstDay({ ask, count }: BenchDatabase): Promise<number> {
  await ask("delete from past.collector_day");
  const at = new Date(startOfDay(1)).toISOString().slice(0, 10);
  await ask("insert into past.collector_day select * from collector_day where day = $1::date", [at]);
  return count("select count(*) from past.collector_day");
}

/** Days after the second one. */
export async function copyDays(
  database: BenchDatabase,
  days: { readonly after: number; readonly to: number },
  full: Fullness,
): Promise<void> {
  const { ask, store } = database;
  const later = Array.from({ length: days.to - days.after }, (_, n) => days.after + n);
  const texts = new Map<string, string>();
  for (const table of Object.keys(shifts)) texts.set(table, await copyText(ask, table));
  const copy = async (own: Ask, tables: readonly string[]): Promise<void> => {
    for (const n of later) for (const table of tables) await own(texts.get(table) ?? "", [n]);
  };
  for (const n of later) await store.transaction((tx) => tx.retention.prepareDays(instant(startOfDay(n + 1)), 0));
  for (const guard of begins) await ask(`alter table ${guard.replace(" ", " disable trigger ")}`);
  await copy(
    ask,
    [...texts.keys()].filter((table) => !isLarge(table)),
  );
  const [facts, ...others] = largest;
  await withConnections(database, 2, (asks) =>
    withoutIndexes(asks, largest, full, () => atOnce(asks, [[facts], others], copy)),
  );
  for (const guard of begins) await ask(`alter table ${guard.replace(" ", " enable trigger ")}`);
  for (const text of moved) await ask(text, [later.length]);
}

/**
 * Tables with the guard of how their rows begin: those of the past are put in as they have ended, and movements beside the facts
 * that they are of, by which they are judged.
 */
const begins = ["posting posting_begins", "posting_line lines_come_first", "movement one_source_moves"] as const;

const isLarge = (table: string): boolean => largest.some((large) => large === table);

async function copyText(ask: Ask, table: string): Promise<string> {
  const rows = await ask(
    `select attname as name from pg_attribute where attrelid = $1::text::regclass and attnum > 0 and not attisdropped
     and attidentity = '' order by attnum`,
    [table],
  );
  const columns = rows.map((row) => String(row["name"]));
  const values = columns.map((column) => shifts[table]?.[column]?.(column) ?? column);
  return `insert into ${table} (${columns.join(", ")}) select ${values.join(", ")} from past.${table}`;
}

/** What stands where the last day has left it; balances are moved by the database, with the movements. */
const moved: readonly string[] = [
  "update unit_state set last_event_at = last_event_at + $1::int * interval '24 hours' where work_unit like 'UNIT-past-%'",
  `update collector set seq = seq + $1::int * (select batches from past.day), ordinal = ordinal + $1::int * (select batches from past.day),
   kept = kept + $1::int * (select batches from past.day),
   position = position + $1::int * interval '24 hours' where source like 'past-%'`,
  `update collector_checkpoint set ordinal = ordinal + $1::int * (select batches from past.day), taken_at = taken_at + $1::int * interval '24 hours'
   where source like 'past-%'`,
];
