-- What people decide about what waits for them. Who decided and why stands in `command`; here is what it did. Every row
-- that is decided carries a version: of two people at once one wins.

alter table quarantine add column version integer not null default 0;
-- the command that settled it
alter table quarantine add column command text;
create index quarantine_open on quarantine (opened_at, id) where state = 'open';

alter table question add column state text not null default 'open' check (state in ('open', 'answered', 'dismissed'));
alter table question add column version integer not null default 0;
-- what a counter's question is about: source, work unit, run, time, value, unit; {} for other questions
alter table question add column about jsonb not null default '{}';
alter table question add column answer jsonb;
alter table question add column command text;
update question set state = 'answered' where answered_at is not null;
alter table question add constraint question_answered check ((state = 'open') = (answered_at is null));
create index question_open on question (asked_at, id) where state = 'open';
create index question_source on question ((about ->> 'source')) where state = 'answered';

-- A person's word on a run: it belongs to a job order, or to none. It outlives every later reading of the machine.
alter table run add column decided text check (decided in ('assigned', 'dismissed'));
alter table run add constraint dismissed_has_no_order check (decided is distinct from 'dismissed' or job_order is null);
alter table run add constraint assigned_has_an_order check (decided is distinct from 'assigned' or job_order is not null);
-- how often it was moved between orders: what is derived anew each time has an identity of its own
alter table run add column assignment integer not null default 0;
-- the run that a later reading of the machine has put in its place
alter table run add column heir text references run check (heir <> id);
create index run_heir on run (heir) where heir is not null;
create index run_forsaken on run (source, job, article) where result = 'corrected' and heir is null;
create index run_decided on run (started_at) where decided is not null;

-- A refused posting is put right by another one for the same facts: once, and linked.
alter table posting add column supersedes text unique references posting check (supersedes <> id);
-- the state in which a person dismissed it: its facts stay spoken for until somebody releases them
alter table posting add column dismissed_from text;
alter table posting add column command text;
create index posting_run on posting (run) where run is not null;

-- When the database was last put back from a backup: what it called refused may have been sent again since.
alter table site_state add column restored_at timestamptz;
update site_state set restored_at = recovering_since;

-- A posting that supersedes a refused one states nothing new: the final confirmation waits for it as for the refused one.
create or replace function refuse_after_final() returns trigger language plpgsql as $$
begin
  if new.supersedes is null and exists
      (select 1 from finality f where f.request = new.request and f.state <> 'reopened' and new.segment = any (f.covers)) then
    raise exception 'operation % of % is final', new.segment, new.request
      using errcode = '23514', constraint = 'nothing_after_final';
  end if;
  return new;
end $$;
