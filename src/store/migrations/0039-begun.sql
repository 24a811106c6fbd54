-- An order of which a run is open has begun, whatever state its job orders show: those of an order that the ERP holds are held, and
-- it stood among the open ones again until the run had counted something.
create or replace view order_row_now as
select r.id as request, r.erp, r.number, r.erp || '/' || r.number as subject, r.body ->> 'material' as material,
  case
    when r.state in ('Cancelled', 'Aborted') then 'cancelled'
    when r.state in ('Completed', 'Closed') then 'done'
    when exists (select 1 from job_order j where j.request = r.id) and not exists (
      select 1 from job_order j where j.request = r.id and not exists (
        select 1 from finality f where f.request = r.id and f.state = 'final' and j.segment = any (f.covers))) then 'done'
    when exists (
      select 1 from job_order j where j.request = r.id and (j.runs_ended > 0 or j.state in ('running', 'completed')
        or j.good_micro <> 0 or j.scrap_micro <> 0 or j.rework_micro <> 0
        or exists (select 1 from run u where u.job_order = j.id and u.ended_at is null))) then 'running'
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

update order_row o set progress = 'running'
from order_row_now n where n.request = o.request and o.progress = 'open' and n.progress = 'running'
  and o.request in (select j.request from job_order j join run u on u.job_order = j.id where u.ended_at is null);
