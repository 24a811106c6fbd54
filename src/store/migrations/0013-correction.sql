-- Orders that change, and documents that are corrected. Spec: docs/spec/order-change.md, docs/spec/correction.md

-- what was decided about the order: decision, stage that it had reached, what had changed, why
alter table erp_message add column decision jsonb;

alter table posting drop constraint posting_kind_check;
alter table posting add constraint posting_kind_check check (kind in
  ('order-accepted', 'confirmation', 'goods-receipt', 'goods-issue', 'final-confirmation', 'confirmation-reversal', 'movement-reversal'));

-- A document is taken back by at most one posting, for ever.
alter table posting add column reverses text references posting check (reverses <> id);
update posting set reverses = content #>> '{reversal,posting}' where kind = 'confirmation-reversal';
alter table posting add constraint posting_reversed_once unique (reverses);
alter table posting add constraint reversal_names_document
  check ((kind in ('confirmation-reversal', 'movement-reversal')) = (reverses is not null));
create index posting_reversing on posting (erp) where state = 'reversing';

-- What is owed of a run, kind and day is less than nothing: one of each is open at a time.
create table correction (
  id bigint generated always as identity primary key,
  erp text not null,
  request text not null references operations_request,
  segment text not null,
  run text not null references run,
  kind text not null check (kind in ('confirmation', 'goods-receipt', 'goods-issue')),
  posting_date date not null,
  cause text not null,
  -- the facts that were owed then: the same ones are not asked about again
  facts text[] not null,
  state text not null default 'open' check (state in ('open', 'asked', 'done')),
  opened_at timestamptz not null,
  settled_at timestamptz,
  constraint correction_settled check ((state = 'open') = (settled_at is null))
);
create unique index correction_open_once on correction (run, kind, posting_date) where state = 'open';
create index correction_open on correction (erp, id) where state = 'open';
create index correction_operation on correction (request, segment) where state = 'open';
create index correction_latest on correction (run, kind, posting_date, id desc);

-- A document counts as taken back only when the ERP has said so, whatever the code does.
create function refuse_unproven_reversal() returns trigger language plpgsql as $$
begin
  if not exists (select 1 from posting r where r.reverses = new.id and r.state = 'confirmed') then
    raise exception 'nothing has reversed posting %', new.id using errcode = '23514', constraint = 'reversed_when_proven';
  end if;
  return new;
end $$;
create trigger reversed_when_proven before update of state on posting for each row
  when (new.state = 'reversed' and old.state <> 'reversed') execute function refuse_unproven_reversal();
