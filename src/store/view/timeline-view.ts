/**
 * The time line of an order: one union over everything that is kept of it, cut by event time and id. Each branch is cut
 * by itself, so that a page costs what it shows and not what the order has. What belongs to a run or a posting is read by it, in a
 * lateral part with a limit, which the database cannot turn round: else it would now and then read all facts instead.
 */
import { instant } from "../../base/instant.ts";
import { countedOneByOne, entryKinds, type EntryRow, type TimelineView } from "../../flows/view/timeline-view.ts";
import { at, text, textOrNull, when, type Query, type Row } from "../connection.ts";

/** Before anything that a machine's clock says; PostgreSQL begins in 4713 BC. */
const beginning = instant(Date.parse("0001-01-01T00:00:00Z"));

export function timelineView(query: Query): TimelineView {
  return {
    async page(order, kinds, after, limit) {
      const rows = await query.run("timeline.page", page, [
        order,
        at(after?.at ?? beginning),
        after?.id ?? "",
        limit,
        kinds,
      ]);
      return rows.map(entryOf);
    },
  };
}

/** Kinds of facts that add up; see `run_sum`. */
const counted = "('UnitsCounted', 'MaterialConsumed', 'MaterialReturned', 'MaterialProduced', 'EnergyUsed')";

/** The last two are a run's own entries. */
const notOneByOne =
  "('JobStarted', 'JobEnded', 'UnitsCounted', 'MaterialConsumed', 'MaterialReturned', 'MaterialProduced', 'EnergyUsed')";

/** A fact as an entry; `s.body` is what it says, or what it takes back. The code names what it says. */
const inOwnTime = (code: string): string => `f.event_at as at, 'fact:' || f.id as id, f.recorded_at as recorded,
  case when s.body ->> 'kind' = 'StateEntered' then 'state' when s.body ->> 'kind' like 'Person%' then 'person'
    when s.body ->> 'kind' like 'Material%' then 'material' when f.kind = 'RunAssigned' then 'decision' else 'fact' end as kind,
  r.segment as operation, f.work_unit as unit, ${code} as code,
  (select coalesce(jsonb_object_agg(v.key, v.value #>> '{}'), '{}') from jsonb_each(s.body) v
     where jsonb_typeof(v.value) in ('string', 'number', 'boolean'))
    || case when s.body ? 'quantity' and s.body #>> '{quantity,micro}' is not null
       then jsonb_build_object('micro', s.body #>> '{quantity,micro}', 'uom', s.body #>> '{quantity,uom}') else '{}' end
    || case when f.kind = 'Corrected' then jsonb_build_object('corrects', f.body ->> 'corrects') else '{}' end as values,
  'fact' as opens, f.id as opened`;

const statement = "lateral (select case when f.kind = 'Corrected' then f.body -> 'was' else f.body end as body) s";

/** What was merely counted, and what is taken back of it, has a name of its own. */
const countedCode = `case when s.body ->> 'kind' = 'MaterialConsumed' and f.rule !~ '^(corrected:)?bill:' and s.body ->> 'material' = any (r.counted)
  then case f.kind when 'Corrected' then 'CountCorrected' else 'MaterialCounted' end else f.kind end`;

const noticeOpens = "case when n.posting is null then null else 'posting' end, n.posting";

const noticeRaised = `n.raised_at, 'notice:' || n.id, n.raised_at, 'notification', null::text, n.equipment, n.kind,
  n.said || jsonb_build_object('text', n.text, 'severity', n.severity, 'role', n.role), ${noticeOpens}`;

/** Nobody has taken it over: no time, and left out. */
const noticeTaken = `n.acknowledged_at, 'notice-taken:' || n.id, n.acknowledged_at, 'notification', null::text, n.equipment, 'acknowledged',
  jsonb_build_object('by', n.acknowledged_by, 'notice', n.kind, 'text', n.text), ${noticeOpens}`;

const branches: readonly string[] = [
  // what the ERP asked
  `select m.received_at as at, 'message:' || m.id as id, m.received_at as recorded,
     case when m.verdict = 'quarantined' then 'quarantine'
          when m.id = (select min(n.id) from erp_message n where n.erp = m.erp and n.number = m.number) then 'order' else 'change' end as kind,
     null::text as operation, null::text as unit, coalesce(m.verdict, 'received') as code,
     jsonb_strip_nulls(jsonb_build_object('number', m.number, 'fault', m.fault ->> 'code', 'message', m.fault ->> 'message',
       'decision', m.decision ->> 'decision', 'stage', m.decision ->> 'stage',
       'changed', (select string_agg(w.change, ', ' order by w.at) from jsonb_array_elements_text(m.decision -> 'what') with ordinality w (change, at)))) as values,
     'message' as opens, m.id::text as opened
   from the_order o join erp_message m on m.erp = o.erp and m.number = o.number`,
  // what stood in quarantine, and how that ended
  `select q.opened_at, 'quarantine:' || q.id, q.opened_at, 'quarantine', q.segment, q.work_unit, q.code,
     jsonb_build_object('message', q.message), q.opens, q.opened
   from held q where q.kind = 'production'`,
  `select q.settled_at, 'quarantine-end:' || q.id, q.settled_at, 'quarantine', q.segment, q.work_unit, q.state,
     jsonb_build_object('code', q.code), q.opens, q.opened
   from held q where q.settled_at is not null`,
  `select i.created_at, 'instruction:' || i.id, i.created_at, 'instruction', j.segment, i.work_unit, i.kind,
     jsonb_strip_nulls(jsonb_build_object('state', i.state, 'machineOrder', i.machine_order, 'message', i.fault ->> 'message')), 'instruction', i.id
   from jobs j join instruction i on i.job_order = j.id`,
  `select r.started_at, 'run:' || r.id, r.started_at, 'run', r.segment, r.work_unit, 'started',
     jsonb_strip_nulls(jsonb_build_object('job', r.job, 'article', r.article, 'notStored', r.unstored_because)), 'run', r.id from runs r`,
  `select r.ended_at, 'run-end:' || r.id, r.ended_at, 'run', r.segment, r.work_unit, 'ended',
     jsonb_strip_nulls(jsonb_build_object('job', r.job, 'result', r.result)), 'run', r.id from runs r where r.ended_at is not null`,
  // what a machine or a person said, beside what is counted
  `select f.* from runs r cross join lateral (
     select * from (
       select ${inOwnTime("f.kind")} from fact f, ${statement}
       where f.run = r.id and f.run is not null and f.kind not in ${notOneByOne} and coalesce(f.body #>> '{was,kind}', '') not in ${counted}
         and f.event_at >= $2) x
     where (x.at, x.id collate "C") > ($2, $3) and ($5::text[] is null or x.kind = any ($5))
     order by x.at, x.id collate "C" limit $4) f`,
  // what is counted: one by one where it is little …
  `select f.* from weighed r cross join lateral (
     select * from (
       select ${inOwnTime(countedCode)}
       from fact f, ${statement} where f.run = r.id and s.body ->> 'kind' in ${counted} and f.event_at >= $2) x
     where (x.at, x.id collate "C") > ($2, $3) and ($5::text[] is null or x.kind = any ($5))
     order by x.at, x.id collate "C" limit $4) f
   where r.facts <= ${countedOneByOne}`,
  // … and the sums of the others; see `run_amount`
  `select c.first_at, concat_ws(':', 'sum', c.run, c.what, c.material, c.uom), c.last_at,
     case when c.what in ('used', 'counted', 'produced') then 'material' else 'fact' end, c.segment, c.work_unit, 'sum/' || c.what,
     jsonb_build_object('material', c.material, 'micro', c.micro::text, 'uom', c.uom, 'facts', c.facts::text, 'lastAt', (extract(epoch from c.last_at) * 1000)::bigint::text),
     'run', c.run
   from (select r.segment, r.work_unit, s.run, w.what, s.material, s.uom, sum(s.micro)::bigint as micro, sum(s.facts) as facts,
       min(s.first_at) as first_at, max(s.last_at) as last_at
     from weighed r join run_sum s on s.run = r.id,
       lateral (select case when s.what = 'counted' and s.material <> all (r.counted) then 'used' else s.what end as what) w
     where r.facts > ${countedOneByOne} group by r.segment, r.work_unit, s.run, w.what, s.material, s.uom) c`,
  // who signed on and off while it ran
  `select distinct f.event_at, 'fact:' || f.id, f.recorded_at, 'person', null::text, f.work_unit, f.kind,
     jsonb_build_object('person', f.body ->> 'person'), 'fact', f.id
   from runs r cross join lateral (
     select s.* from fact s where s.work_unit = r.work_unit and s.kind in ('PersonSignedOn', 'PersonSignedOff')
     and s.event_at >= r.started_at and s.event_at <= coalesce(r.ended_at, 'infinity')
     and s.run is null and not exists (select 1 from fact c where c.kind = 'Corrected' and c.body ->> 'corrects' = s.id)
     and (s.event_at, 'fact:' || s.id collate "C") > ($2, $3) order by s.event_at, s.id collate "C" limit $4) f`,
  // the state of a unit that runs several jobs at once: of no run, and it concerns each of them
  `select distinct f.event_at, 'fact:' || f.id, f.recorded_at, 'state', null::text, f.work_unit, f.kind,
     jsonb_build_object('kind', 'StateEntered', 'state', f.body ->> 'state', 'raw', f.body ->> 'raw'), 'fact', f.id
   from runs r cross join lateral (
     select s.* from fact s where s.work_unit = r.work_unit and s.kind = 'StateEntered'
     and s.event_at >= r.started_at and s.event_at < coalesce(r.ended_at, 'infinity')
     and s.run is null and not exists (select 1 from fact c where c.kind = 'Corrected' and c.body ->> 'corrects' = s.id)
     and (s.event_at, 'fact:' || s.id collate "C") > ($2, $3) order by s.event_at, s.id collate "C" limit $4) f`,
  `select p.planned_at, 'posting:' || p.id, p.planned_at, 'posting', nullif(p.segment, ''), null::text, 'planned',
     jsonb_build_object('kind', p.kind, 'key', p.key, 'state', p.state), 'posting', p.id
   from posting p where p.request = $1`,
  `select a.ended_at, concat_ws(':', 'attempt', p.id, a.number), a.ended_at, 'posting', nullif(p.segment, ''), null::text, a.outcome,
     jsonb_strip_nulls(jsonb_build_object('kind', p.kind, 'attempt', a.number::text, 'fault', a.fault ->> 'code', 'message', a.fault ->> 'message')),
     'posting', p.id
   from posting p cross join lateral (
     select t.* from posting_attempt t where t.posting = p.id and t.ended_at is not null and t.outcome <> 'confirmed' and t.ended_at >= $2
     order by t.ended_at, t.number limit 1000) a
   where p.request = $1`,
  `select p.confirmed_at, 'document:' || p.id, p.confirmed_at, 'document', nullif(p.segment, ''), null::text, p.kind,
     jsonb_build_object('document', p.document, 'kind', p.kind), 'posting', p.id
   from posting p where p.request = $1 and p.document is not null and p.confirmed_at is not null`,
  // what was asked about its runs and job orders
  `select q.asked_at, 'question:' || q.id, q.asked_at, 'question', a.segment, null::text,
     case when q.answered_at is null then 'open' else 'answered' end, jsonb_build_object('subject', q.subject, 'text', q.text),
     null::text, null::text
   from (select id, segment from runs union select id, segment from jobs) a join question q on split_part(q.subject, '/', 2) = a.id`,
  `select q.asked_at, 'question:' || q.id, q.asked_at, 'question', r.segment, r.work_unit,
     q.state, jsonb_build_object('subject', q.subject, 'text', q.text), null::text, null::text
   from runs r join question q on q.about ? 'run' and q.about ->> 'run' = r.id and split_part(q.subject, '/', 2) <> r.id`,
  // what people were told, and who has taken it over; each kind by the index that finds it
  ...[noticeRaised, noticeTaken].map(
    (entry) => `select ${entry} from (
     select n.* from notice n where n.request = $1
     union all select n.* from runs r join notice n on n.kind = 'quarantine' and n.subject = 'production/' || r.id and n.request is null
     union all select n.* from the_order o join notice n on n.kind = 'quarantine' and n.subject = 'order/' || o.subject and n.request is null
     union all select n.* from (select id from runs union select id from jobs) a
       join notice n on n.kind = 'question' and split_part(n.subject, '/', 2) = a.id and n.request is null) n`,
  ),
  // what people decided
  `select f.decided_at, 'final:' || f.id, f.decided_at, 'decision', f.segment, null::text, 'final',
     jsonb_strip_nulls(jsonb_build_object('by', coalesce(f.decided_by ->> 'person', 'rule'), 'because',
       coalesce(f.decided_by ->> 'reason', f.decided_by ->> 'rule'), 'covers', array_to_string(f.covers, ', '))), case when f.posting is null then null else 'posting' end, f.posting
   from finality f where f.request = $1`,
  `select f.reopened_at, 'reopened:' || f.id, f.reopened_at, 'decision', f.segment, null::text, 'reopened',
     jsonb_strip_nulls(jsonb_build_object('by', f.reopened_by ->> 'person', 'because', f.reopened_by ->> 'reason', 'state', f.state)),
     case when f.reversal is null then null else 'posting' end, f.reversal
   from finality f where f.request = $1 and f.reopened_at is not null`,
  `select c.at, 'decision:' || c.id || ':' || p.id, c.at, 'decision', nullif(p.segment, ''), null::text, c.name,
     jsonb_build_object('by', c.actor, 'because', c.reason, 'kind', p.kind), 'posting', p.id
   from posting p join command c on c.id = p.command where p.request = $1 and p.command is not null`,
];

const page = `with the_order as materialized (select erp, number, body, erp || '/' || number as subject from operations_request where id = $1),
  jobs as materialized (select id, segment from job_order where request = $1),
  runs as materialized (
    select r.id, j.segment, r.work_unit, r.job, r.article, r.started_at, r.ended_at, r.result, r.unstored_because
    from jobs j join run r on r.job_order = j.id),
  weighed as materialized (select r.*, (select coalesce(sum(c.facts), 0) from run_sum c where c.run = r.id) as facts,
    array(select c.material from the_order o, run_sum c where c.run = r.id and c.what = 'counted' and not is_use(o.body, r.segment, c.material)) as counted
    from runs r),
  held as materialized (
    select q.id, q.kind, q.code, q.message, q.state, q.opened_at, q.settled_at, r.segment, r.work_unit, 'run' as opens, r.id as opened
    from runs r join quarantine q on q.kind = 'production' and q.subject = r.id
    union all
    select q.id, q.kind, q.code, q.message, q.state, q.opened_at, q.settled_at, null, null, 'message', q.detail ->> 'message'
    from the_order o join quarantine q on q.kind = 'order' and q.subject = o.subject)
  select * from (
  ${branches.map(cut).join("\n union all ")}
  ) entries order by at, id collate "C" limit $4`;

function cut(branch: string): string {
  return `(select * from (${branch}) e (at, id, recorded, kind, operation, unit, code, "values", opens, opened)
    where (at, id collate "C") > ($2::timestamptz, $3::text) and ($5::text[] is null or kind = any ($5))
    order by at, id collate "C" limit $4)`;
}

function entryOf(row: Row): EntryRow {
  const kind = entryKinds.find((known) => known === row["kind"]);
  if (!kind) throw new Error(`A time line has the entry "${String(row["kind"])}", which this program does not know.`);
  const opens = opened.find((known) => known === row["opens"]);
  const id = textOrNull(row["opened"]);
  return {
    id: text(row["id"]),
    at: when(row["at"]),
    recordedAt: when(row["recorded"]),
    kind,
    operation: textOrNull(row["operation"]),
    workUnit: textOrNull(row["unit"]),
    code: text(row["code"]),
    // Built by the statement from texts.
    values: row["values"] as Readonly<Record<string, string>>,
    opens: opens && id !== null ? { kind: opens, id } : null,
  };
}

const opened = ["fact", "posting", "message", "instruction", "run"] as const;
