-- What screens read. Tables here are derived: each says only what follows from the record, is written in the transaction
-- that changes the record, and can be made anew from it (`store/view/rebuild.ts`). Nothing decides by them.

-- A work unit as its facts leave it: the latest statement by event time counts, whatever order they came in.
create table unit_state (
  work_unit text primary key,
  -- all null until a state was stated, or when the only one was taken back
  state text,
  raw text,
  since timestamptz,
  fact text,
  last_event_at timestamptz not null
) with (fillfactor = 70);

create table unit_person (
  work_unit text not null,
  person text not null,
  -- the latest statement that holds; null when all were taken back
  is_on boolean,
  since timestamptz,
  fact text,
  primary key (work_unit, person)
);

-- What the facts of a run add up to, corrections included.
create table run_sum (
  run text not null,
  what text not null check (what in ('good', 'scrap', 'rework', 'used', 'produced', 'energy')),
  -- empty for pieces, which are of the run's own product
  material text not null,
  uom text not null,
  micro bigint not null,
  facts integer not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  primary key (run, what, material, uom)
) with (fillfactor = 70);

create index fact_state on fact (work_unit, event_at, id) where kind = 'StateEntered';
create index fact_person on fact (work_unit, (body ->> 'person'), event_at, id) where kind in ('PersonSignedOn', 'PersonSignedOff');
create index fact_person_time on fact (work_unit, event_at, id) where kind in ('PersonSignedOn', 'PersonSignedOff');
-- What a time line shows one by one; what is counted stands in sums when there is much of it.
create index fact_run_event on fact (run, event_at, id) where run is not null
  and kind not in ('JobStarted', 'JobEnded', 'UnitsCounted', 'MaterialConsumed', 'MaterialReturned', 'MaterialProduced', 'EnergyUsed')
  and coalesce(body #>> '{was,kind}', '') not in ('UnitsCounted', 'MaterialConsumed', 'MaterialReturned', 'MaterialProduced', 'EnergyUsed');
create index fact_corrects on fact ((body ->> 'corrects')) where kind = 'Corrected';

-- The list of orders. Sort keys are text, end with the order's id and are compared byte by byte.
create table order_row (
  request text primary key references operations_request on delete cascade,
  erp text not null,
  number text not null,
  -- as quarantine names the order
  subject text not null,
  material text not null,
  progress text not null check (progress in ('open', 'running', 'done', 'cancelled')),
  work_centers text[] not null,
  sort_dispatch text collate "C" not null,
  sort_end text collate "C" not null,
  sort_number text collate "C" not null
);

-- How the list follows from the record.
create view order_row_now as
select r.id as request, r.erp, r.number, r.erp || '/' || r.number as subject, r.body ->> 'material' as material,
  case
    when r.state in ('Cancelled', 'Aborted') then 'cancelled'
    when r.state in ('Completed', 'Closed') then 'done'
    when exists (select 1 from job_order j where j.request = r.id) and not exists (
      select 1 from job_order j where j.request = r.id and not exists (
        select 1 from finality f where f.request = r.id and f.state = 'final' and j.segment = any (f.covers))) then 'done'
    when exists (
      select 1 from job_order j where j.request = r.id and (j.runs_ended > 0 or j.state in ('running', 'completed')
        or j.good_micro <> 0 or j.scrap_micro <> 0 or j.rework_micro <> 0)) then 'running'
    else 'open'
  end as progress,
  array(select distinct j.work_center from job_order j where j.request = r.id order by 1) as work_centers,
  (lpad((999999 - least(999999, greatest(0, coalesce((r.body ->> 'priority')::numeric, 0))))::bigint::text, 6, '0')
    || '|' || coalesce(lpad(greatest(0, (r.body ->> 'earliestStart')::bigint)::text, 15, '0'), repeat('9', 15))
    || '|' || lpad(r.number, greatest(20, length(r.number)), '0') || '|' || r.id) collate "C" as sort_dispatch,
  (coalesce(lpad(greatest(0, (r.body ->> 'latestEnd')::bigint)::text, 15, '0'), repeat('9', 15))
    || '|' || lpad(r.number, greatest(20, length(r.number)), '0') || '|' || r.id) collate "C" as sort_end,
  (lpad(r.number, greatest(20, length(r.number)), '0') || '|' || r.id) collate "C" as sort_number
from operations_request r;

create index order_row_dispatch on order_row (sort_dispatch);
create index order_row_end on order_row (sort_end);
create index order_row_number on order_row (sort_number);
create index order_row_progress_dispatch on order_row (progress, sort_dispatch);
create index order_row_progress_end on order_row (progress, sort_end);
create index order_row_progress_number on order_row (progress, sort_number);
create index order_row_subject on order_row (subject);
create index order_row_material on order_row (material);
create index order_row_work_center on order_row using gin (work_centers);

create index posting_mend on posting (request) where state in ('refused', 'needs-person');
create index erp_message_number on erp_message (erp, number);
create index question_about on question ((split_part(subject, '/', 2)));
create index question_run on question ((about ->> 'run')) where about ? 'run';
create index posting_command on posting (request) where command is not null;
create index posting_line_fact on posting_line (fact);
create index balance_material on balance (material, account, lot, uom);
create index movement_from on movement (from_account, material, event_at, id);
create index movement_to on movement (to_account, material, event_at, id);

insert into unit_state (work_unit, last_event_at) select work_unit, max(event_at) from fact group by work_unit;

update unit_state u set state = f.body ->> 'state', raw = f.body ->> 'raw', since = f.event_at, fact = f.id
from (
  select distinct on (s.work_unit) s.* from fact s
  where s.kind = 'StateEntered' and not exists (select 1 from fact c where c.kind = 'Corrected' and c.body ->> 'corrects' = s.id)
  order by s.work_unit, s.event_at desc, s.id desc
) f where f.work_unit = u.work_unit;

insert into unit_person (work_unit, person, is_on, since, fact)
select w.work_unit, w.person, f.kind = 'PersonSignedOn', f.event_at, f.id
from (select distinct work_unit, body ->> 'person' as person from fact where kind in ('PersonSignedOn', 'PersonSignedOff')) w
left join lateral (
  select s.id, s.event_at, s.kind from fact s
  where s.work_unit = w.work_unit and s.body ->> 'person' = w.person and s.kind in ('PersonSignedOn', 'PersonSignedOff')
    and not exists (select 1 from fact c where c.kind = 'Corrected' and c.body ->> 'corrects' = s.id)
  order by s.event_at desc, s.id desc limit 1
) f on true;

insert into run_sum (run, what, material, uom, micro, facts, first_at, last_at)
select run, what, material, uom, sum(micro)::bigint, count(*)::integer, min(event_at), max(event_at)
from (
  select f.run, f.event_at,
    case s.body ->> 'kind' when 'UnitsCounted' then s.body ->> 'grade' when 'MaterialProduced' then 'produced'
      when 'EnergyUsed' then 'energy' else 'used' end as what,
    coalesce(s.body ->> 'material', '') as material,
    s.body #>> '{quantity,uom}' as uom,
    (s.body #>> '{quantity,micro}')::bigint
      * (case when f.kind = 'Corrected' then -1 else 1 end)
      * (case when s.body ->> 'kind' = 'MaterialReturned' then -1 else 1 end) as micro
  from fact f, lateral (select case when f.kind = 'Corrected' then f.body -> 'was' else f.body end as body) s
  where f.run is not null and s.body ->> 'kind' in ('UnitsCounted', 'MaterialConsumed', 'MaterialReturned', 'MaterialProduced', 'EnergyUsed')
) counted
group by run, what, material, uom;

insert into order_row select * from order_row_now;
