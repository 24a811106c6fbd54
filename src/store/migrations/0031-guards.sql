-- What the specs say that the database holds, it holds, whatever the code does. Triggers look at what is written from now on, and checks
-- are not valid for what is there: a row that breaks a new rule stops nothing. Where a rule can be told from the row alone it is in
-- the trigger's condition, and nothing is called for a row that keeps it.

create function refuse_saying() returns trigger language plpgsql as $$
begin
  raise exception '%', tg_argv[0]
    using errcode = case tg_op when 'INSERT' then '23514' else '23001' end, constraint = tg_name;
end $$;

-- POSTINGS -----------------------------------------------------------------------------------------------------------
-- The table of docs/spec/posting.md, whole: `postingTable` in `record/posting.ts`.
create trigger posting_life_cycle before update of state on posting for each row
  when (old.state <> new.state and (old.state || '>' || new.state) <> all (array[
    'planned>sending', 'planned>refused', 'planned>in-doubt', 'planned>dismissed',
    'sending>confirmed', 'sending>refused', 'sending>in-doubt', 'sending>planned',
    'confirmed>reversing',
    'refused>in-doubt', 'refused>needs-person', 'refused>planned', 'refused>dismissed',
    'in-doubt>confirmed', 'in-doubt>refused', 'in-doubt>planned', 'in-doubt>needs-person',
    'needs-person>confirmed', 'needs-person>in-doubt', 'needs-person>planned', 'needs-person>dismissed',
    'reversing>needs-person', 'reversing>reversed', 'reversing>confirmed']))
  execute function refuse_saying('The life cycle of postings has no such step.');
create trigger reversal_stays before update of state on posting for each row when (new.state = 'reversing' and new.reverses is not null)
  execute function refuse_saying('What has taken a document back is not taken back itself.');
create trigger posting_begins before insert on posting for each row when (new.state not in ('planned', 'in-doubt'))
  execute function refuse_saying('A posting begins planned, or in doubt.');

create or replace function refuse_other_posting() returns trigger language plpgsql as $$
begin
  if (new.id, new.key, new.erp, new.kind, new.request, new.segment, new.run, new.content, new.lanes, new.closes, new.reverses, new.supersedes)
     is distinct from
     (old.id, old.key, old.erp, old.kind, old.request, old.segment, old.run, old.content, old.lanes, old.closes, old.reverses, old.supersedes) then
    raise exception 'Posting % would become another one: plan a new one.', old.id
      using errcode = 'restrict_violation', constraint = tg_name;
  end if;
  return new;
end $$;
drop trigger posting_stays_itself on posting;
create trigger posting_stays_itself before update
  of id, key, erp, kind, request, segment, run, content, lanes, closes, reverses, supersedes on posting
  for each row execute function refuse_other_posting();
create trigger document_is_kept before update of document on posting for each row
  when (old.state in ('confirmed', 'reversing', 'reversed') and old.document is not null and new.document is distinct from old.document)
  execute function refuse_saying('The number of a document that the ERP has stays as it is.');
-- The one that supersedes a dismissed one takes its number.
create trigger number_is_kept before update of sequence_key, sequence_number on posting for each row
  when ((new.sequence_key, new.sequence_number) is distinct from (old.sequence_key, old.sequence_number)
    and (new.state <> 'dismissed' or new.sequence_key is not null or new.sequence_number is not null))
  execute function refuse_saying('A posting keeps its number, or gives it up when it is dismissed.');
create trigger still_stands_back before update of stands_back_for on posting for each row
  when (old.stands_back_for is not null and new.stands_back_for is distinct from old.stands_back_for)
  execute function refuse_saying('What stands back for a document goes on to.');

alter table posting drop constraint sending_is_frozen;
alter table posting add constraint sending_is_frozen check (state <> 'sending' or coalesce(length(envelope), 0) > 0) not valid;
alter table posting drop constraint confirmed_has_document;
alter table posting add constraint confirmed_has_document check (state <> 'confirmed' or coalesce(document, '') <> '') not valid;

-- What is sent holds all of its lanes, and nothing that is open goes before it in its sequence.
create function refuse_out_of_turn() returns trigger language plpgsql as $$
declare
  broken text := case
    when exists (select 1 from unnest(new.lanes) as own (key)
      where (select l.posting from lane l where l.key = own.key) is distinct from new.id) then 'lanes_are_held'
    when exists (select 1 from posting q
      where q.sequence_key = new.sequence_key and q.sequence_number < new.sequence_number
      -- as its index says it: posting_sequence_open
      and lower(q.state) not in ('confirmed', 'dismissed', 'reversed', 'reversing')) then 'numbers_go_in_order' end;
begin
  if broken is not null then
    raise exception 'Posting % is sent before its turn: %.', new.id, broken using errcode = '23514', constraint = broken;
  end if;
  return new;
end $$;
create trigger turn_is_kept before update of state on posting for each row
  when (new.state = 'sending' and old.state <> 'sending') execute function refuse_out_of_turn();

-- After a restore everything is asked about before anything is sent: lanes are given back then. Once for each statement, and by the
-- posting's key: a join would be planned while the table is small, and kept.
create function refuse_freeing() returns trigger language plpgsql as $$
begin
  if exists (select 1 from freed f where (select p.state from posting p where p.id = f.posting) in ('sending', 'in-doubt'))
    and not exists (select 1 from site_state s where s.recovering_since is not null) then
    raise exception 'A posting that may be on its way keeps its lanes.' using errcode = 'restrict_violation', constraint = tg_name;
  end if;
  return null;
end $$;
create trigger lane_is_kept after delete on lane referencing old table as freed
  for each statement execute function refuse_freeing();
create trigger lane_stays_itself before update on lane for each row when (new.* is distinct from old.*)
  execute function refuse_saying('A lane is given back, and taken by another.');

-- One that supersedes a posting speaks for the same facts of the same operation, and only one that was refused for certain.
create function refuse_other_supersession() returns trigger language plpgsql as $$
begin
  if not exists (select 1 from posting p where p.id = new.supersedes
      and p.state = 'dismissed' and p.dismissed_from = 'refused' and not p.dismissed_in_doubt
      and (p.erp, p.kind, p.request, p.segment) = (new.erp, new.kind, new.request, new.segment)
      and p.run is not distinct from new.run) then
    raise exception 'Posting % does not supersede a refused one of its operation.', new.id
      using errcode = '23514', constraint = tg_name;
  end if;
  return new;
end $$;
create trigger supersedes_its_like before insert on posting for each row when (new.supersedes is not null)
  execute function refuse_other_supersession();

-- What a posting speaks for is known when it is planned.
create function refuse_further_lines() returns trigger language plpgsql as $$
begin
  if exists (select 1 from added a where
      (select p.envelope is null and p.state in ('planned', 'in-doubt') from posting p where p.id = a.posting) is not true) then
    raise exception 'A posting would speak for more than it was planned for.'
      using errcode = '23514', constraint = tg_name;
  end if;
  return null;
end $$;
create trigger lines_come_first after insert on posting_line referencing new table as added
  for each statement execute function refuse_further_lines();

-- FINAL --------------------------------------------------------------------------------------------------------------
-- Whoever plans for an order and whoever decides that an operation of it is final wait for each other; in the code both hold the order.
create or replace function refuse_after_final() returns trigger language plpgsql as $$
begin
  if new.supersedes is not null then return new; end if;
  perform 1 from operations_request r where r.id = new.request for no key update;
  if exists (select 1 from finality f where f.request = new.request and f.state <> 'reopened' and new.segment = any (f.covers)) then
    raise exception 'operation % of % is final', new.segment, new.request
      using errcode = '23514', constraint = 'nothing_after_final';
  end if;
  return new;
end $$;
create function hold_the_order() returns trigger language plpgsql as $$
begin
  perform 1 from operations_request r where r.id = new.request for no key update;
  return new;
end $$;
create trigger finality_holds_the_order before insert on finality for each row execute function hold_the_order();

create function refuse_second_final() returns trigger language plpgsql as $$
begin
  if exists (select 1 from posting p where p.request = new.request and p.segment = new.segment
      and p.kind = 'final-confirmation' and p.state not in ('dismissed', 'reversed')) then
    raise exception 'operation % of % has a final confirmation', new.segment, new.request
      using errcode = '23514', constraint = tg_name;
  end if;
  return new;
end $$;
create trigger final_confirmation_once before insert on posting for each row when (new.kind = 'final-confirmation')
  execute function refuse_second_final();

create trigger finality_is_kept before delete on finality for each row execute function refuse_change();
create trigger finality_is_not_emptied before truncate on finality for each statement execute function refuse_change();
create trigger finality_begins before insert on finality for each row when (new.state <> 'final')
  execute function refuse_saying('A decision begins final.');
create trigger finality_stays_itself before update on finality for each row
  when ((new.id, new.request, new.segment, new.number, new.covers, new.decided_at, new.decided_by, new.posting)
    is distinct from (old.id, old.request, old.segment, old.number, old.covers, old.decided_at, old.decided_by, old.posting)
    or (old.state <> new.state and (old.state || '>' || new.state) <> all (array['final>reopening', 'reopening>reopened'])))
  execute function refuse_saying('What was decided stays so; it is reopened, and after that open.');

create function refuse_early_reopening() returns trigger language plpgsql as $$
begin
  if exists (select 1 from posting p where p.id = new.posting and p.state not in ('dismissed', 'reversed')) then
    raise exception 'the final confirmation of operation % of % stands', new.segment, new.request
      using errcode = '23001', constraint = tg_name;
  end if;
  return new;
end $$;
create trigger reopened_when_nothing_stands before update of state on finality for each row
  when (new.state = 'reopened' and old.state <> 'reopened' and new.posting is not null) execute function refuse_early_reopening();

-- WHAT WAS KEYED BY HAND ---------------------------------------------------------------------------------------------
create trigger hand_document_begins before insert on hand_document for each row when (new.state <> 'open')
  execute function refuse_saying('A document that was found is asked about first.');
create trigger hand_document_is_kept before delete on hand_document for each row execute function refuse_change();
create trigger hand_document_is_not_emptied before truncate on hand_document for each statement execute function refuse_change();
create trigger hand_document_stays_itself before update on hand_document for each row
  when ((new.erp, new.kind, new.document, new.request, new.segment, new.materials)
    is distinct from (old.erp, old.kind, old.document, old.request, old.segment, old.materials)
    or (old.state <> 'open' and (new.state, new.command) is distinct from (old.state, old.command)))
  execute function refuse_saying('A document that was found stays so, and is decided once.');

-- What is being taken to be sent is waited for; in the code whoever has looked holds it already.
create function hold_what_waits() returns trigger language plpgsql as $$
begin
  perform 1 from posting p where p.request = new.request and p.state = 'planned' order by p.id for update;
  return new;
end $$;
create trigger hand_document_holds_what_waits before insert on hand_document for each row execute function hold_what_waits();

-- COMMANDS -----------------------------------------------------------------------------------------------------------
create trigger command_is_kept before delete on command for each row execute function refuse_change();
create trigger command_is_not_emptied before truncate on command for each statement execute function refuse_change();
create trigger command_stays_itself before update on command for each row
  when (old.outcome is not null and new.outcome is distinct from old.outcome
    or (new.id, new.name, new.actor, new.reason, new.content, new.content_hash, new.at)
      is distinct from (old.id, old.name, old.actor, old.reason, old.content, old.content_hash, old.at))
  execute function refuse_saying('A command stays as it was given, and has one outcome.');

-- LEDGER -------------------------------------------------------------------------------------------------------------
-- What is taken back goes back where it came from. What is no longer there is drawn from what is unexplained.
create function refuse_other_taking_back() returns trigger language plpgsql as $$
begin
  if not exists (select 1 from movement m where m.id = new.corrects and m.id <> new.id
      and (m.material, m.uom, m.from_account) = (new.material, new.uom, new.to_account)
      and m.lot is not distinct from new.lot and m.micro >= new.micro
      and (new.from_account = m.to_account or new.from_account like 'world:unexplained@%')) then
    raise exception 'Movement % takes back something else than movement %.', new.id, new.corrects
      using errcode = '23514', constraint = tg_name;
  end if;
  return new;
end $$;
create trigger taken_back_as_it_was before insert on movement for each row when (new.corrects is not null)
  execute function refuse_other_taking_back();
create trigger balance_is_kept before delete on balance for each row execute function refuse_change();
create trigger balance_is_not_emptied before truncate on balance for each statement execute function refuse_change();
