-- What was said, booked and sent stays as it was, whatever the code does: facts and movements are appended and never
-- changed, a posting keeps its key, its content and the bytes that were frozen, and its facts are let go of only when the
-- ERP provably has nothing of it, or no longer has it.

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'Table % is append-only: % is not possible.', tg_table_name, tg_op
    using errcode = 'restrict_violation', constraint = tg_name;
end $$;
create trigger fact_is_append_only before update or delete on fact for each row execute function refuse_change();
create trigger fact_is_not_emptied before truncate on fact for each statement execute function refuse_change();
create trigger movement_is_append_only before update or delete on movement for each row execute function refuse_change();
create trigger movement_is_not_emptied before truncate on movement for each statement execute function refuse_change();
create trigger statement_is_append_only before update or delete on statement for each row execute function refuse_change();
create trigger statement_is_not_emptied before truncate on statement for each statement execute function refuse_change();
create trigger posting_is_kept before delete on posting for each row execute function refuse_change();
create trigger posting_is_not_emptied before truncate on posting for each statement execute function refuse_change();
create trigger posting_line_is_kept before delete on posting_line for each row execute function refuse_change();
create trigger posting_line_is_not_emptied before truncate on posting_line for each statement execute function refuse_change();

-- Fires only for a statement that sets one of these.
create function refuse_other_posting() returns trigger language plpgsql as $$
begin
  if (new.id, new.key, new.erp, new.kind, new.request, new.segment, new.run, new.content)
     is distinct from (old.id, old.key, old.erp, old.kind, old.request, old.segment, old.run, old.content) then
    raise exception 'Posting % would become another one: plan a new one.', old.id
      using errcode = 'restrict_violation', constraint = tg_name;
  end if;
  return new;
end $$;
create trigger posting_stays_itself before update of id, key, erp, kind, request, segment, run, content on posting
  for each row execute function refuse_other_posting();

create function refuse_other_bytes() returns trigger language plpgsql as $$
begin
  if old.envelope is not null and new.envelope is distinct from old.envelope then
    raise exception 'The bytes of posting % are frozen.', old.id using errcode = 'restrict_violation', constraint = tg_name;
  end if;
  return new;
end $$;
create trigger frozen_stays_frozen before update of envelope on posting for each row execute function refuse_other_bytes();

-- A line speaks for its fact under the kind of its document.
alter table posting add constraint posting_id_kind unique (id, kind);
alter table posting_line add constraint line_is_of_its_kind foreign key (posting, kind) references posting (id, kind);
alter table posting_line drop constraint posting_line_posting_fkey;

create function refuse_letting_go() returns trigger language plpgsql as $$
declare
  held text;
begin
  if (new.posting, new.fact, new.kind) is distinct from (old.posting, old.fact, old.kind) or (new.active and not old.active) then
    raise exception 'A line of posting % would speak for something else.', old.posting
      using errcode = 'restrict_violation', constraint = tg_name;
  end if;
  if old.active and not new.active then
    select state into held from posting where id = old.posting;
    if held not in ('dismissed', 'reversed') then
      raise exception 'Posting % is %: its facts are not let go of.', old.posting, held
        using errcode = 'restrict_violation', constraint = tg_name;
    end if;
  end if;
  return new;
end $$;
create trigger facts_are_held before update on posting_line for each row execute function refuse_letting_go();

-- A job order is on its way to one machine at a time.
create unique index instruction_store_once on instruction (job_order)
  where kind = 'store' and state in ('planned', 'writing', 'verified', 'in-doubt');
