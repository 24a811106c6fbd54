-- HOP outbox -> ERP, after a restore: what the ERP has under keys of ours that nobody here knows was posted after the backup,
-- of facts that are cut into documents otherwise today. It is asked about before anything more of its order goes out.
-- Our record was put back from a backup then: for us the ERP was away since the backup.
alter table erp_outage add column restored boolean not null default false;
alter table erp_outage alter column restored drop default;

-- A backup of a release that did not know this, restored and not recovered yet.
insert into erp_outage (erp, lost_at, back_at, restored)
select c.erp, least(c.seen_at, s.recovering_since), s.recovering_since, true
from site_state s, (select erp, seen_at from erp_contact union all
  select r.erp, min(r.accepted_at) from operations_request r where not exists (select 1 from erp_contact c where c.erp = r.erp) group by r.erp) c
where s.recovering_since is not null;

-- The key of ours that it bears; null: somebody else made it.
alter table hand_document add column key text;
