/**
 * What a plant has left in its database: runs of five hundred pieces with their facts, movements, postings and sums, written
 * in bulk, with every constraint, index and trigger in force. The plant makes 100,000 facts on each day; more facts are more days.
 */
import type { BenchDatabase } from "./database.ts";
import { plantCode } from "./plant.ts";

/** A run's pieces and what they used; its facts but for its start and end, which are few. */
export const factsPerRun = 1_000;
const runsPerOrder = 10;
const runsAtOnce = 100;
export const runsPerDay = 100;
/** The first of the past days. */
export const firstDay = "2025-01-01";

/** Runs up to this one; what is there already stays. */
export async function addPast(
  database: BenchDatabase,
  runs: { readonly after: number; readonly to: number },
): Promise<void> {
  for (let from = runs.after; from < runs.to; from += runsAtOnce)
    await addRuns(database, from + 1, Math.min(from + runsAtOnce, runs.to));
  await database.ask("vacuum analyze");
  await database.ask("checkpoint");
}

/** Of the run with this number. */
export const pastOrder = (run: number): string => `past//${1 + Math.floor((run - 1) / runsPerOrder)}`;
export const pastMaterial = "PAST-COMPONENT";

/** When the nth fact of run r happens. */
const time = (run: string, nth: string): string =>
  `timestamptz '${firstDay} 00:00Z' + ((${run} - 1) * ${factsPerRun} + ${nth}) * interval '${86_400 / runsPerDay / factsPerRun} seconds'`;

async function addRuns(database: BenchDatabase, from: number, to: number): Promise<void> {
  for (const statement of statements) {
    // What several transactions of the product would commit is one here.
    await database.ask(statement, [from, to]);
  }
}

const order = `(1 + (r - 1) / ${runsPerOrder})`;
const own = "generate_series($1::int, $2::int) r";
const reference = `jsonb_build_object('erp', 'past', 'company', '', 'number', o::text)`;

const statements: readonly string[] = [
  `insert into operations_request (id, erp, company, number, state, body, accepted_at)
   select 'past//' || o, 'past', '', o::text, 'Completed', jsonb_build_object('id', 'past//' || o, 'reference', ${reference}, 'version', '1', 'state', 'Completed',
     'material', 'PAST-PRODUCT', 'materialFactors', '[]'::jsonb, 'quantity', '{"micro": "5000000000", "uom": "C62"}'::jsonb, 'plant', '${plantCode}',
     'receiptLocation', '{"plant": "${plantCode}", "location": "0002"}'::jsonb, 'receiptItem', '1', 'priority', 0, 'earliestStart', null, 'latestEnd', null,
     'segments', jsonb_build_array(jsonb_build_object('id', '0010', 'sequence', '', 'description', 'Assemble', 'workCenter', 'CELL', 'quantity', '{"micro": "5000000000", "uom": "C62"}'::jsonb,
       'rule', '{"confirmation": "required", "automaticReceipt": false, "external": false}'::jsonb, 'earliestStart', null, 'latestEnd', null, 'parameters', '{}'::jsonb,
       'materials', jsonb_build_array('{"id": "1", "material": "${pastMaterial}", "quantity": {"micro": "5000000000", "uom": "C62"}, "at": {"plant": "${plantCode}", "location": "0001"}, "lot": null, "mode": "bill", "fixed": null, "scrapPpm": 0}'::jsonb)))),
     ${time("min(r)", "0")}
   from (select r, ${order} as o from ${own}) x group by o on conflict do nothing`,
  `insert into job_order (id, request, segment, work_center, material, quantity_micro, uom, state, dispatch_key, good_micro, runs_ended)
   select 'past-job-' || o, 'past//' || o, '0010', 'CELL', 'PAST-PRODUCT', 5000000000, 'C62', 'completed', o::text, 5000000000, ${runsPerOrder}
   from (select distinct ${order} as o from ${own}) x on conflict do nothing`,
  `insert into run (id, source, work_unit, job, article, outside, job_order, started_at, ended_at, result, was_stored)
   select 'past-run-' || r, 'past-' || r % 50, 'PAST-' || r % 50, 'past-job-' || ${order}, 'PAST-PRODUCT', false, 'past-job-' || ${order},
     ${time("r", "0")}, ${time("r", String(factsPerRun))}, 'Finished', true from ${own}`,
  `insert into fact (id, source, work_unit, run, kind, event_at, recorded_at, rule, map_version, revision, said_by, evidence, body)
   select md5('past ' || r || ' ' || n), 'past-' || r % 50, 'PAST-' || r % 50, 'past-run-' || r, k.kind, t, t + interval '100 ms',
     k.rule, 1, 0, jsonb_build_object('by', 'machine', 'source', 'past-' || r % 50),
     jsonb_build_array(jsonb_build_object('id', md5('evidence ' || r || ' ' || n), 'item', 'Pieces/Good', 'at', extract(epoch from t)::bigint * 1000)), k.body
   from ${own}, generate_series(1, ${factsPerRun}) n, lateral (select ${time("r", "n")} as t) w,
     lateral (select case n % 2 when 1 then 'UnitsCounted' else 'MaterialConsumed' end as kind, case n % 2 when 1 then 'good-pieces' else 'bill:1' end as rule,
       case n % 2 when 1 then '{"kind": "UnitsCounted", "grade": "good", "reason": null, "quantity": {"micro": "1000000", "uom": "C62"}}'::jsonb
         else '{"kind": "MaterialConsumed", "material": "${pastMaterial}", "lot": null, "quantity": {"micro": "1000000", "uom": "C62"}}'::jsonb end as body) k`,
  `insert into movement (id, fact, material, lot, micro, uom, from_account, to_account, event_at, recorded_at)
   select md5('movement ' || r || ' ' || n), md5('past ' || r || ' ' || n), case n % 2 when 1 then 'PAST-PRODUCT' else '${pastMaterial}' end, null, 1000000, 'C62',
     case n % 2 when 1 then 'world:production' else 'world:erp@${plantCode}/0001' end, case n % 2 when 1 then 'world:erp@${plantCode}/0002' else 'world:production' end,
     t, t + interval '100 ms'
   from ${own}, generate_series(1, ${factsPerRun}) n, lateral (select ${time("r", "n")} as t) w`,
  `insert into balance as b (account, material, lot, uom, micro)
   select a, m, '', 'C62', s * ($2::int - $1::int + 1) * ${factsPerRun / 2} * 1000000::bigint
   from (values ('world:production', 'PAST-PRODUCT', -1), ('world:erp@${plantCode}/0002', 'PAST-PRODUCT', 1),
     ('world:erp@${plantCode}/0001', '${pastMaterial}', -1), ('world:production', '${pastMaterial}', 1)) v (a, m, s)
   on conflict (account, material, lot, uom) do update set micro = b.micro + excluded.micro`,
  `insert into run_sum (run, what, material, uom, micro, facts, first_at, last_at)
   select 'past-run-' || r, w, m, 'C62', ${factsPerRun / 2} * 1000000::bigint, ${factsPerRun / 2}, ${time("r", "1")}, ${time("r", String(factsPerRun))}
   from ${own}, (values ('good', ''), ('used', '${pastMaterial}')) v (w, m)`,
  `insert into posting (id, key, erp, kind, request, segment, run, state, lanes, content, envelope, attempts, due_at, sent_at, document, epoch, planned_at, settled_at)
   select md5('posting ' || r || k), upper(left(md5('key ' || r || k), 16)), 'past', k, 'past//' || o, '0010', 'past-run-' || r, 'confirmed', array['past//' || o],
     jsonb_build_object('kind', k, 'response', jsonb_build_object('reference', ${reference},
       'dates', jsonb_build_object('eventFrom', ms, 'eventTo', ms, 'recordedAt', ms, 'postingDate', t::date, 'documentDate', t::date),
       'segment', jsonb_build_object('segment', '0010', 'sequence', '', 'workCenter', 'CELL', 'good', jsonb_build_object('micro', case k when 'confirmation' then '500000000' else '0' end, 'uom', 'C62'),
         'scrap', '{"micro": "0", "uom": "C62"}'::jsonb, 'rework', '{"micro": "0", "uom": "C62"}'::jsonb, 'final', false,
         'materials', case k when 'confirmation' then '[]'::jsonb else jsonb_build_array(jsonb_build_object('use', case k when 'goods-issue' then 'Consumed' else 'Produced' end,
           'requirement', case k when 'goods-issue' then '1' end, 'stock', jsonb_build_object('material', case k when 'goods-issue' then '${pastMaterial}' else 'PAST-PRODUCT' end,
             'quantity', '{"micro": "500000000", "uom": "C62"}'::jsonb, 'at', jsonb_build_object('plant', '${plantCode}', 'location', case k when 'goods-issue' then '0001' else '0002' end),
             'lot', null, 'stockType', 'free', 'specialStock', null))) end))),
     convert_to(repeat(md5(r || k), 16), 'UTF8'), 1, t, t, (4900000000 + r)::text || k, 1, t, t + interval '1 second'
   from (select r, ${order} as o from ${own}) x, unnest(array['confirmation', 'goods-receipt', 'goods-issue']) k,
     lateral (select ${time("r", String(factsPerRun))} as t) w, lateral (select extract(epoch from t)::bigint * 1000 as ms) e`,
  `insert into posting_line (posting, fact, kind)
   select md5('posting ' || r || k), md5('past ' || r || ' ' || n), k from ${own}, unnest(array['confirmation', 'goods-receipt', 'goods-issue']) k,
     generate_series(1, ${factsPerRun}) n where (n % 2 = 1) = (k <> 'goods-issue')`,
  `insert into unit_state (work_unit, last_event_at) select distinct on (work_unit) work_unit, ended_at from run where id in (select 'past-run-' || r from ${own})
   order by work_unit, ended_at desc on conflict (work_unit) do update set last_event_at = excluded.last_event_at`,
  `insert into order_row select * from order_row_now n where n.request in (select 'past//' || ${order} from ${own}) on conflict do nothing`,
];
