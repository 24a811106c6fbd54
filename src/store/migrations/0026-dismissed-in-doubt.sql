-- What a person dismisses while nobody knows whether the ERP has it stays in doubt: its facts are never owed again, by whatever
-- is decided afterwards. Before, the dismissal itself was taken for the last word about what was refused before a restore.
alter table posting add column dismissed_in_doubt boolean not null default false;

-- Refused by nothing that came after the restore (`asked_at`: the last outcome that delivery has settled), or only because it could
-- not be composed to be asked about. What was dismissed before the last restore is in doubt by that alone.
update posting set dismissed_in_doubt = true
where state = 'dismissed' and (dismissed_from = 'needs-person' or (dismissed_from = 'refused' and (
  (coalesce(asked_at, planned_at) <= (select restored_at from site_state) and settled_at > (select restored_at from site_state))
  or (sent_at is not null and attempts = 0 and fault ->> 'kind' is distinct from 'refused'))));

alter table posting add constraint dismissed_in_doubt_is_dismissed check (not dismissed_in_doubt or state = 'dismissed');

-- As `mayHaveArrived` in `record/decision.ts`.
create function refuse_forgotten_doubt() returns trigger language plpgsql as $$
begin
  if old.dismissed_in_doubt
    or old.state not in ('planned', 'refused', 'dismissed', 'reversed')
    or (old.state = 'refused' and (
      coalesce(old.settled_at, old.planned_at) <= (select restored_at from site_state)
      or (old.sent_at is not null and old.attempts = 0 and old.fault ->> 'kind' is distinct from 'refused'))) then
    raise exception 'Posting % may be in the ERP: it is not dismissed as if that were certain.', old.id
      using errcode = 'restrict_violation', constraint = tg_name;
  end if;
  return new;
end $$;
create trigger doubt_is_kept before update of state, dismissed_in_doubt on posting for each row
  when (not new.dismissed_in_doubt and (old.dismissed_in_doubt or new.state = 'dismissed')) execute function refuse_forgotten_doubt();

create or replace function refuse_letting_go() returns trigger language plpgsql as $$
declare
  held text;
  doubted boolean;
begin
  if (new.posting, new.fact, new.kind) is distinct from (old.posting, old.fact, old.kind) or (new.active and not old.active) then
    raise exception 'A line of posting % would speak for something else.', old.posting
      using errcode = 'restrict_violation', constraint = tg_name;
  end if;
  if old.active and not new.active then
    select state, dismissed_in_doubt into held, doubted from posting where id = old.posting;
    if held not in ('dismissed', 'reversed') then
      raise exception 'Posting % is %: its facts are not let go of.', old.posting, held
        using errcode = 'restrict_violation', constraint = tg_name;
    end if;
    if doubted then
      raise exception 'Posting % may be in the ERP: its facts are not let go of.', old.posting
        using errcode = 'restrict_violation', constraint = tg_name;
    end if;
  end if;
  return new;
end $$;
