-- HOP outbox -> ERP, after an outage: what was keyed by hand there meanwhile is not posted again.
-- When an ERP was last heard of.
create table erp_contact (
  erp text primary key,
  seen_at timestamptz not null
);
insert into erp_contact (erp, seen_at) select erp, pulled_at from erp_cursor;

-- Not heard of between these: what was keyed by hand there meanwhile is not repeated.
create table erp_outage (
  erp text not null,
  lost_at timestamptz not null,
  back_at timestamptz not null check (back_at > lost_at),
  primary key (erp, back_at)
);

-- An order's documents were read in the ERP; until then nothing of it goes out after an outage.
create table order_look (
  request text primary key references operations_request on delete cascade,
  looked_at timestamptz not null
);

-- A document of the ERP that somebody keyed by hand during an outage, for something that we owe.
create table hand_document (
  erp text not null,
  kind text not null check (kind in ('confirmation', 'goods-receipt', 'goods-issue')),
  document text not null,
  request text not null references operations_request,
  -- the operation of a confirmation; empty for material
  segment text not null,
  materials text[] not null,
  recorded_at timestamptz not null,
  found_at timestamptz not null,
  state text not null default 'open' check (state in ('open', 'stood-back', 'something-else')),
  command text,
  -- asked about once, and decided once
  primary key (erp, kind, document),
  constraint hand_decided_by_somebody check ((state = 'open') = (command is null))
);
create index hand_document_open on hand_document (request) where state = 'open';

-- Nothing goes out for an order about which somebody still has to say what was keyed by hand, whatever the code does.
create function refuse_before_hand() returns trigger language plpgsql as $$
begin
  if exists (select 1 from hand_document h where h.request = new.request and h.state = 'open') then
    raise exception 'posting % may have been keyed by hand', new.id
      using errcode = '23514', constraint = 'keyed_by_hand_is_decided';
  end if;
  return new;
end $$;
create trigger keyed_by_hand_is_decided before update of state on posting for each row
  when (new.state = 'sending' and new.kind <> 'order-accepted') execute function refuse_before_hand();
