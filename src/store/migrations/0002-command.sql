-- What people have told Millrace to do. A command is claimed by its id before anything is decided, and its outcome commits
-- with what it changed: a double click, or a reply that was lost, decides once. A refusal is an outcome too.
create table command (
  id text primary key,
  name text not null,
  -- pseudonymous key of the person, and why; the name is in `person` and can be erased
  actor text not null,
  reason text not null,
  content jsonb not null,
  -- over name, actor, reason and content: the same id with another content is refused
  content_hash text not null,
  at timestamptz not null,
  -- {"ok": true, "value": …} or {"ok": false, "fault": …}; written in the transaction that claimed the id
  outcome jsonb
);
create index command_time on command (at);
