-- One component has one source, in the ledger as in what is posted. Where the order's bill alone speaks for a material, what a machine
-- has counted of it stays a fact and moves nothing: its share by bill was booked beside it, and *used* was the sum of both.

-- In the order in which decisions take them: a process that still runs waits, and is waited for.
lock table movement in share row exclusive mode;
lock table run_sum in access exclusive mode;

-- Whether what a counter has read of a material in an operation moves stock: the lines of the operation that ask for it, else those of
-- the whole order. `isUse` in operations/execution/issue-line.ts says the same.
create function is_use(request jsonb, segment text, material text) returns boolean language sql immutable parallel safe as $$
  with asked as (
    select s.segment ->> 'id' = $2 as own, m.line ->> 'mode' as mode
    from jsonb_array_elements($1 -> 'segments') s (segment), jsonb_array_elements(s.segment -> 'materials') m (line)
    where m.line ->> 'material' = $3)
  select coalesce(bool_or(mode = 'measured'), false) or not coalesce(bool_or(mode = 'bill'), false)
  from asked where own or not exists (select 1 from asked where own)
$$;

-- SUMS OF RUNS -------------------------------------------------------------------------------------------------------
-- What counters have read of material stands apart from what a bill or a person says. Which of it is used the order tells.
alter table run_sum drop constraint run_sum_what_check;
alter table run_sum add constraint run_sum_what_check
  check (what in ('good', 'scrap', 'rework', 'used', 'counted', 'produced', 'energy'));

delete from run_sum where what = 'used';
insert into run_sum (run, what, material, uom, micro, facts, first_at, last_at)
select run, what, material, uom, sum(micro)::bigint, count(*)::integer, min(event_at), max(event_at)
from (
  select f.run, f.event_at,
    case when s.body ->> 'kind' = 'MaterialConsumed' and f.rule !~ '^(corrected:)?bill:' then 'counted' else 'used' end as what,
    s.body ->> 'material' as material, s.body #>> '{quantity,uom}' as uom,
    (s.body #>> '{quantity,micro}')::bigint * (case when f.kind = 'Corrected' then -1 else 1 end)
      * (case when s.body ->> 'kind' = 'MaterialReturned' then -1 else 1 end) as micro
  from fact f, lateral (select case when f.kind = 'Corrected' then f.body -> 'was' else f.body end as body) s
  where f.run is not null and s.body ->> 'kind' in ('MaterialConsumed', 'MaterialReturned')
) stated group by run, what, material, uom;

-- What counters have read of components for which the bill alone speaks. The order of each sum is looked up by itself, whatever the
-- tables' sizes were when the plan was made.
create view merely_counted as
  select c.* from run_sum c,
    lateral (select job_order from run where id = c.run offset 0) r,
    lateral (select request, segment from job_order where id = r.job_order offset 0) j,
    lateral (select body from operations_request where id = j.request offset 0) o
  where c.what = 'counted' and not is_use(o.body, j.segment, c.material);

-- The sums as they are read: what was counted and is used is `used`; `counted` is what was counted and moves nothing.
create view run_amount as
  select run, what, material, uom, sum(micro)::bigint as micro, sum(facts)::integer as facts,
    min(first_at) as first_at, max(last_at) as last_at
  from (
    select c.run, c.material, c.uom, c.micro, c.facts, c.first_at, c.last_at,
      case when c.what = 'counted' and (select true from merely_counted m
        where (m.run, m.what, m.material, m.uom) = (c.run, c.what, c.material, c.uom)) is null then 'used' else c.what end as what
    from run_sum c) told
  group by run, what, material, uom;

-- LEDGER -------------------------------------------------------------------------------------------------------------
-- What was booked twice is taken back, as it was booked, in the name of the fact that had moved it. The lines of an order stay as they
-- are from its first piece on, so what they say now they said then. What a document speaks for stays: that was posted as it was counted.
insert into movement (id, fact, material, lot, micro, uom, from_account, to_account, event_at, recorded_at, corrects)
select case when m.id ~ '^t[0-9a-f]{31}$' then left(m.id, 9) || left(md5('by bill ' || m.id), 23) else md5('by bill ' || m.id) end,
  m.fact, m.material, m.lot, m.micro, m.uom, m.to_account, m.from_account, m.event_at, now(), m.id
from (select distinct run, material from merely_counted) c, lateral (
    select f.id from fact f where f.run = c.run and f.kind = 'MaterialConsumed' and f.body ->> 'material' = c.material
      and f.rule !~ '^(corrected:)?bill:' offset 0) f,
  lateral (select * from movement where fact = f.id offset 0) m
where m.corrects is null and not exists (select 1 from movement b where b.corrects = m.id)
  and not exists (select 1 from posting_line l where l.fact = f.id and l.kind = 'goods-issue' and l.active);

-- A defect of ours, told as a state of the database and not as a broken rule about what was given: a process of an older release that
-- still runs waits with its samples instead of setting them aside.
create function refuse_counted_by_bill() returns trigger language plpgsql set enable_seqscan = off as $$
declare
  wrong record;
begin
  -- Once for each material of a run, and not for each of its counts.
  select c.run, c.material into wrong
  from (select distinct f.run, n.material from booked n, lateral (select * from fact where id = n.fact offset 0) f
        where n.corrects is null and f.kind = 'MaterialConsumed' and f.rule !~ '^(corrected:)?bill:') c,
    lateral (select job_order from run where id = c.run offset 0) r,
    lateral (select request, segment from job_order where id = r.job_order offset 0) j,
    lateral (select body from operations_request where id = j.request offset 0) o
  where not is_use(o.body, j.segment, c.material) limit 1;
  if found then
    raise exception 'What a machine has counted of % in run % moves nothing: the bill speaks for it.', wrong.material, wrong.run
      using errcode = '55000', constraint = 'one_source_moves';
  end if;
  return null;
end $$;
create trigger one_source_moves after insert on movement referencing new table as booked for each statement
  execute function refuse_counted_by_bill();
