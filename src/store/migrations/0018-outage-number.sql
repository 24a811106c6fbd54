-- HOP outbox -> ERP, after an outage: outages are told apart by number. By time they were not: a clock that was set back left
-- orders waiting for a look that they had had, and an outage that ended during a look counted as seen by it.
alter table erp_outage
  drop constraint erp_outage_pkey,
  -- of a clock that was set back nobody knows for how long the ERP was away
  drop constraint erp_outage_check,
  add constraint erp_outage_in_order check (back_at >= lost_at),
  add column number bigint generated always as identity primary key;
create index erp_outage_newest on erp_outage (erp, number);

-- The newest outage of the order's ERP before its documents were read; 0: there was none.
alter table order_look add column outage bigint not null default 0;
update order_look k set outage = (
  select coalesce(max(o.number), 0) from erp_outage o join operations_request r on r.erp = o.erp
  where r.id = k.request and o.back_at <= k.looked_at);
alter table order_look alter column outage drop default;
