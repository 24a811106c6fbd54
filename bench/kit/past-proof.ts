/**
 * Proof that copied days are as production code would have written them: table by table the rows of a copied day against those
 * of a written one, without what is a day's own (its date, its order numbers, identities) and without what depends on which
 * samples were committed together. And what is kept beside the rows says the same as the rows.
 */
import type { Ask } from "./bulk.ts";
import { startOfDay } from "./past-day.ts";

/** Rows of each table. */
export type Counts = ReadonlyMap<string, number>;

export async function countsOf(ask: Ask): Promise<Counts> {
  const tables = await ask(
    `select relname as name from pg_class c where relnamespace = 'millrace'::regnamespace and relkind in ('r', 'p')
     and not relispartition order by 1`,
  );
  const counts = new Map<string, number>();
  for (const { name } of tables) {
    const [row] = await ask(`select count(*) as rows from ${String(name)}`);
    counts.set(String(name), Number(row?.["rows"]));
  }
  return counts;
}

export function changes(before: Counts, after: Counts): Counts {
  return new Map([...after].map(([table, rows]) => [table, rows - (before.get(table) ?? 0)]));
}

/** @returns tables whose rows of these days are not the same, in words */
export async function differences(ask: Ask, written: number, copied: number): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const [table, text] of Object.entries(rowsOfDay)) {
    const of = (day: number): string =>
      text
        .replaceAll("$day", String(day))
        .replaceAll("$start", startText(day))
        .replaceAll("$ms", String(startOfDay(day)));
    const rows = await ask(
      `with written as (${of(written)}), copied as (${of(copied)})
       select (select count(*) from written) as rows,
         array(select w::text from (select * from written except all select * from copied) w limit 1) as missing,
         array(select c::text from (select * from copied except all select * from written) c limit 1) as more`,
    );
    const { rows: count, missing, more } = rows[0] ?? {};
    if (!(Number(count) > 0)) wrong.push(`${table}: day ${written} has no rows`);
    const [only, instead] = [missing, more].map((list) => (Array.isArray(list) ? list[0] : undefined));
    if (only !== undefined || instead !== undefined)
      wrong.push(`${table}: day ${written} has ${String(only)}, day ${copied} has ${String(instead)}`);
  }
  return wrong;
}

const startText = (day: number): string => `timestamptz '${new Date(startOfDay(day)).toISOString()}'`;

/** Without the day in order numbers: `2014003` is order 3 of day 14. */
const plain = (column: string): string =>
  `regexp_replace((${column})::text, '(?<![0-9])(0*)2[0-9]{3}([0-9]{3})(?![0-9])', '\\1#\\2', 'g')`;
const since = (column: string): string => `${column} - $start as ${column.split(".").at(-1)}`;
const asOfFirst = (jsonb: string): string => `past.dates(${jsonb}, 1 - $day)`;
const isOf = (column: string): string => `${column} ~ ('(^|/)' || (2000 + $day) || '[0-9]{3}(-|$)')`;

/** A run is known by its machine and its beginning; a fact by its run, time and rule; a posting by its run and kind. */
const run = `(select id, source || ' ' || (started_at - $start) as run_name from run where ${isOf("job")}) u`;
const factName = `u.run_name || ' ' || (f.event_at - $start) || ' ' || f.kind || ' ' || ${plain("replace(f.rule, f.run, 'run')")}`;
const postingName = "u.run_name || ' ' || p.kind";

const rowsOfDay: Readonly<Record<string, string>> = {
  operations_request: `select ${plain("id")}, erp, company, ${plain("number")}, state, ${plain("body")}, ${since("accepted_at")}, reconciled, version
    from operations_request where ${isOf("number")}`,
  erp_message: `select erp, noun, ${plain("number")}, media_type, ${plain("convert_from(bytes, 'UTF8')")}, ${since("received_at")}, verdict, fault, decision
    from erp_message where ${isOf("number")}`,
  job_order: `select ${plain("request")}, segment, work_center, work_unit, material, quantity_micro, uom, state, ${plain("dispatch_key")}, earliest_start,
      ${plain("machine_order")}, ${plain("machine_job")}, machine_article, setup, good_micro, scrap_micro, rework_micro, runs_ended
    from job_order where ${isOf("request")}`,
  order_row: `select ${plain("request")}, erp, ${plain("number")}, ${plain("subject")}, material, progress, work_centers, ${plain("sort_dispatch")},
      ${plain("sort_end")}, ${plain("sort_number")} from order_row where ${isOf("request")}`,
  run: `select r.source, r.work_unit, ${plain("r.job")}, article, outside, ${plain("j.request")}, ${since("started_at")}, ${since("ended_at")}, result, was_stored,
      unstored_because, decided, assignment, heir, planned_before from run r join job_order j on j.id = r.job_order where ${isOf("r.job")}`,
  run_sum: `select u.run_name, what, material, uom, micro, facts, ${since("first_at")}, ${since("last_at")} from run_sum s join ${run} on u.id = s.run`,
  fact: `select source, work_unit, u.run_name, kind, ${since("event_at")}, recorded_at between event_at and $start + interval '24 hours', ${plain("replace(rule, run, 'run')")}, map_version,
      revision, said_by, ${plain("body")}, (select array_agg((e ->> 'item', (e ->> 'at')::bigint - $ms, length(e ->> 'id'))::text order by n)
        from jsonb_array_elements(evidence) with ordinality x (e, n)) from fact f join ${run} on u.id = f.run`,
  movement: `select ${factName}, material, lot, micro, uom, from_account, to_account, m.event_at - f.event_at, m.recorded_at - f.recorded_at, corrects
    from movement m join fact f on f.id = m.fact join ${run} on u.id = f.run`,
  posting: `select ${postingName}, erp, kind, ${plain("request")}, segment, state, ${plain("sequence_key")}, sequence_number, ${plain("lanes")},
      ${plain("content #- '{response,dates}'")}, ${asOfFirst("content #> '{response,dates}'")} - 'recordedAt',
      ${plain("(convert_from(envelope, 'UTF8')::jsonb #- '{response,dates}') - 'key'")},
      ${asOfFirst("convert_from(envelope, 'UTF8')::jsonb #> '{response,dates}'")} - 'recordedAt', convert_from(envelope, 'UTF8')::jsonb ->> 'key' = key,
      convert_from(envelope, 'UTF8')::jsonb -> 'response' = content -> 'response', length(key), attempts, fault, parked, asked_absent, ${since("asked_at")}, length(document),
      epoch, ${since("settled_at")}, settled_at = sent_at, due_at = planned_at and planned_at <= settled_at, version, closes, supersedes, dismissed_from, command,
      stands_back_for, reverses, trace_id = md5(p.id) from posting p join ${run} on u.id = p.run`,
  posting_attempt: `select ${postingName}, a.number, ${since("a.started_at")}, ${since("a.ended_at")}, outcome, a.fault
    from posting_attempt a join posting p on p.id = a.posting join ${run} on u.id = p.run`,
  posting_line: `select ${postingName}, ${factName}, l.kind, active
    from posting_line l join posting p on p.id = l.posting join fact f on f.id = l.fact join ${run} on u.id = p.run`,
  issued: `select ${plain("request")}, ${plain("requirement")}, uom, micro from issued where ${isOf("request")}`,
  posted_material: `select material, ${plain("request")} from posted_material where ${isOf("request")}`,
  sample_batch: `select source, from_at - $start as from_at, to_at - $start as to_at, samples from sample_batch
    where from_at >= $start and from_at < $start + interval '24 hours' and source like 'past-%'`,
  collector_day: `select source, map from collector_day where day = ($start at time zone 'UTC')::date and source like 'past-%'`,
};

/** @returns what is kept beside the rows and does not follow from them, in words */
export async function unkept(ask: Ask): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const [what, [kept, follows]] of Object.entries(sums)) {
    const [row] = await ask(`with kept as (${kept}), follows as (${follows}) select count(*) as rows from
      ((select * from kept except all select * from follows) union all (select * from follows except all select * from kept)) x`);
    if (Number(row?.["rows"]) !== 0)
      wrong.push(`${what}: ${Number(row?.["rows"])} rows are not as they follow from the record`);
  }
  return wrong;
}

const materials = "jsonb_array_elements(p.content #> '{response,segment,materials}') m";
const sums: Readonly<Record<string, readonly [kept: string, follows: string]>> = {
  balance: [
    "select account, material, lot, uom, micro::numeric from balance where micro <> 0",
    `select account, material, lot, uom, sum(micro) from (
       select to_account as account, material, coalesce(lot, '') as lot, uom, micro from movement
       union all select from_account, material, coalesce(lot, ''), uom, -micro from movement) x
     group by 1, 2, 3, 4 having sum(micro) <> 0`,
  ],
  issued: [
    "select request, requirement, uom, micro::numeric from issued",
    `select p.request, m ->> 'requirement', m #>> '{stock,quantity,uom}', sum((m #>> '{stock,quantity,micro}')::bigint)
     from posting p, ${materials} where p.kind = 'goods-issue' and p.state not in ('dismissed', 'reversed') and m ->> 'requirement' is not null group by 1, 2, 3`,
  ],
  posted_material: [
    "select material, request from posted_material",
    `select distinct m #>> '{stock,material}', p.request from posting p, ${materials} where m #>> '{stock,material}' is not null`,
  ],
  order_row: ["select * from order_row", "select * from order_row_now"],
  unit_state: [
    "select work_unit, last_event_at from unit_state",
    "select work_unit, max(event_at) from fact group by 1",
  ],
  run_sum: [
    "select run, what, material, micro::numeric, facts, first_at, last_at from run_sum",
    `select run, case kind when 'UnitsCounted' then body ->> 'grade' when 'EnergyUsed' then 'energy'
         else case when rule ~ '^(corrected:)?bill:' then 'used' else 'counted' end end, coalesce(body ->> 'material', ''),
       sum((body #>> '{quantity,micro}')::bigint), count(*)::integer, min(event_at), max(event_at)
     from fact where kind in ('UnitsCounted', 'MaterialConsumed', 'EnergyUsed') and run is not null group by 1, 2, 3`,
  ],
};
