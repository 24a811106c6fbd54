-- HOP outbox -> ERP: what is planned to be sent again because a repeat does nothing may be in the ERP, as its lost answer left it.
-- As `mayHaveArrived` in `record/decision.ts`.
create or replace function refuse_forgotten_doubt() returns trigger language plpgsql as $$
begin
  if old.dismissed_in_doubt
    or old.state not in ('planned', 'refused', 'dismissed', 'reversed')
    or (old.state = 'planned' and old.fault ->> 'code' = 'exchange/sent-again')
    or (old.state = 'refused' and (
      coalesce(old.settled_at, old.planned_at) <= (select restored_at from site_state)
      or (old.sent_at is not null and old.attempts = 0 and old.fault ->> 'kind' is distinct from 'refused'))) then
    raise exception 'Posting % may be in the ERP: it is not dismissed as if that were certain.', old.id
      using errcode = 'restrict_violation', constraint = tg_name;
  end if;
  return new;
end $$;
