-- Who may come in, and what was done. Names are in `person`, login and address here; both can be erased without touching a
-- fact or an entry of the audit, which know the pseudonymous key alone.

create table account (
  person text primary key references person,
  -- in lower case; of an erased person the key itself
  login text not null,
  email text,
  -- null: no password works
  password_hash text,
  must_change_password boolean not null,
  is_active boolean not null,
  -- [{"role": …, "equipment": …}]
  grants jsonb not null,
  created_at timestamptz not null,
  last_sign_in_at timestamptz,
  version integer not null default 0,
  constraint account_login_once unique (login)
);

-- Only the hash of a session's token is here: whoever reads the table can sign in as nobody.
create table session (
  token_hash text primary key,
  person text not null references account on delete cascade,
  created_at timestamptz not null,
  seen_at timestamptz not null,
  -- at the latest, however busy it is
  expires_at timestamptz not null
);
create index session_person on session (person);
create index session_expiry on session (expires_at);

create table api_key (
  id text primary key,
  name text not null,
  secret_hash text not null,
  scopes text[] not null check (cardinality(scopes) > 0),
  equipment text not null,
  created_by text not null,
  created_at timestamptz not null,
  last_used_at timestamptz,
  expires_at timestamptz,
  revoked_at timestamptz
);

-- Failed sign-ins in a row, counted once for all processes, by login (hashed) and by address.
create table sign_in_attempt (
  bucket text primary key,
  failures integer not null,
  last_at timestamptz not null,
  blocked_until timestamptz
);
create index sign_in_attempt_age on sign_in_attempt (last_at);

-- What people and keys did. Each entry holds the hash of the one before it: nothing can be changed, taken out or put in
-- without breaking the chain. `millrace audit verify` recomputes it.
create table audit (
  seq bigint primary key check (seq > 0),
  at timestamptz not null,
  who text not null,
  what text not null,
  about text not null,
  -- canonical JSON, kept as the very text that was hashed
  detail text not null check (detail::json is not null),
  previous text not null,
  hash text not null,
  constraint audit_hash_once unique (hash),
  -- one entry has one successor: the chain cannot fork, whoever writes at the same time
  constraint audit_predecessor_once unique (previous)
);
create index audit_about on audit (about, seq);

create function audit_is_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'The audit is append-only: % is not possible.', tg_op using errcode = 'restrict_violation';
end
$$;
create trigger audit_no_change before update or delete on audit for each row execute function audit_is_append_only();
create trigger audit_no_truncate before truncate on audit for each statement execute function audit_is_append_only();

create function audit_follows() returns trigger language plpgsql as $$
begin
  if new.seq = 1 and new.previous = repeat('0', 64) then return new; end if;
  if not exists (select 1 from audit where seq = new.seq - 1 and hash = new.previous) then
    raise exception 'Entry % of the audit does not follow the one before it.', new.seq using errcode = 'restrict_violation';
  end if;
  return new;
end
$$;
create trigger audit_order before insert on audit for each row execute function audit_follows();

-- The trace that a posting belongs to: that of the person's call which planned it, else its own, which follows from its id.
-- It travels to the ERP as `traceparent`. Every transaction of a traced call says its trace in `millrace.trace`.
alter table posting add column trace_id text;
update posting set trace_id = md5(id);
alter table posting alter column trace_id set not null;

create function posting_trace() returns trigger language plpgsql as $$
begin
  new.trace_id := coalesce(new.trace_id, nullif(current_setting('millrace.trace', true), ''), md5(new.id));
  return new;
end
$$;
create trigger posting_traced before insert on posting for each row execute function posting_trace();
