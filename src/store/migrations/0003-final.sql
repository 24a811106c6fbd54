-- "Final" is a decision with a history, and its document goes last. Spec: docs/spec/final.md

alter table posting drop constraint posting_kind_check;
alter table posting add constraint posting_kind_check check (kind in
  ('order-accepted', 'confirmation', 'goods-receipt', 'goods-issue', 'final-confirmation', 'confirmation-reversal'));

-- Operations of the order of which every other posting must be settled before this one goes.
alter table posting add column closes text[];
alter table posting add constraint final_closes check ((kind = 'final-confirmation') = (closes is not null));
create index posting_operation on posting (request, segment)
  where state not in ('confirmed', 'dismissed', 'reversed');

create table finality (
  id text primary key,
  request text not null references operations_request,
  segment text not null,
  -- counted for each operation from 1: part of the key of its final confirmation
  number integer not null check (number > 0),
  state text not null check (state in ('final', 'reopening', 'reopened')),
  covers text[] not null,
  decided_at timestamptz not null,
  decided_by jsonb not null,
  posting text references posting,
  reopened_at timestamptz,
  reopened_by jsonb,
  reversal text references posting,
  version integer not null default 0,
  constraint finality_number_once unique (request, segment, number),
  constraint covers_itself check (segment = any (covers)),
  constraint reopened_by_somebody check (state = 'final' or (reopened_at is not null and reopened_by is not null))
);
-- Two who decide at once decide once.
create unique index finality_once on finality (request, segment) where state <> 'reopened';
create index finality_reopening on finality (request) where state = 'reopening';

-- For the rule that finalises: job orders of which something was made and that are not decided yet.
create index job_order_made on job_order (request, segment) where runs_ended > 0 and state in ('waiting', 'ready', 'held');

-- Nothing is planned for an operation that is final, whatever the code does.
create function refuse_after_final() returns trigger language plpgsql as $$
begin
  if exists (select 1 from finality f where f.request = new.request and f.state <> 'reopened' and new.segment = any (f.covers)) then
    raise exception 'operation % of % is final', new.segment, new.request
      using errcode = '23514', constraint = 'nothing_after_final';
  end if;
  return new;
end $$;
create trigger nothing_after_final before insert on posting for each row
  when (new.kind in ('confirmation', 'goods-receipt', 'goods-issue')) execute function refuse_after_final();

-- The final confirmation never overtakes what it closes, whatever the code does.
create function refuse_overtaking() returns trigger language plpgsql as $$
begin
  if exists (select 1 from posting q where q.request = new.request and q.segment = any (new.closes) and q.id <> new.id
             and q.state not in ('confirmed', 'dismissed', 'reversed')) then
    raise exception 'posting % would overtake what it closes', new.id
      using errcode = '23514', constraint = 'final_goes_last';
  end if;
  return new;
end $$;
create trigger final_goes_last before update of state on posting for each row
  when (new.state = 'sending' and new.closes is not null) execute function refuse_overtaking();
