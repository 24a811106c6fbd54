-- What grows with runs, days and facts is read by what is asked for, and not by all that there is.

-- What was issued for each line of an order by postings that are not dismissed or reversed, as it travelled. A sum that is kept:
-- whatever moves a posting moves it too. Read under the order's lock, when what a run owes is shared out over the lines.
create table issued (
  request text not null references operations_request,
  requirement text not null,
  uom text not null,
  micro bigint not null,
  primary key (request, requirement, uom)
);

create function keep_issued() returns trigger language plpgsql as $$
declare
  direction integer := case when new.state in ('dismissed', 'reversed') then -1 else 1 end;
begin
  insert into issued as i (request, requirement, uom, micro)
  select new.request, m ->> 'requirement', m #>> '{stock,quantity,uom}', direction * sum((m #>> '{stock,quantity,micro}')::bigint)
  from jsonb_array_elements(new.content #> '{response,segment,materials}') m
  where m ->> 'requirement' is not null group by 2, 3 order by 2, 3
  on conflict (request, requirement, uom) do update set micro = i.micro + excluded.micro;
  return null;
end $$;
create trigger issued_begins after insert on posting for each row
  when (new.kind = 'goods-issue' and new.state not in ('dismissed', 'reversed')) execute function keep_issued();
create trigger issued_moves after update of state on posting for each row
  when (new.kind = 'goods-issue' and (new.state in ('dismissed', 'reversed')) <> (old.state in ('dismissed', 'reversed')))
  execute function keep_issued();

insert into issued (request, requirement, uom, micro)
select p.request, m ->> 'requirement', m #>> '{stock,quantity,uom}', sum((m #>> '{stock,quantity,micro}')::bigint)
from posting p, jsonb_array_elements(p.content #> '{response,segment,materials}') m
where p.kind = 'goods-issue' and p.state not in ('dismissed', 'reversed') and m ->> 'requirement' is not null
group by 1, 2, 3;

-- Whether a job order has open runs, however many have ended.
create index run_open_of_job_order on run (job_order) where ended_at is null;

-- Which orders a day, or the last days, are about. Rows lie about in the order of their time: ranges of pages are enough to find
-- them, and cost next to nothing where rows are written.
create index fact_when on fact using brin (event_at timestamptz_minmax_multi_ops) with (autosummarize = on);
create index run_when on run using brin (started_at timestamptz_minmax_multi_ops, ended_at timestamptz_minmax_multi_ops)
  with (autosummarize = on);
create index posting_when on posting using brin (planned_at timestamptz_minmax_multi_ops, settled_at timestamptz_minmax_multi_ops)
  with (autosummarize = on);
create index operations_request_when on operations_request using brin (accepted_at timestamptz_minmax_multi_ops)
  with (autosummarize = on);
create index posting_day on posting ((content #>> '{response,dates,postingDate}'))
  where content #>> '{response,dates,postingDate}' is not null;
