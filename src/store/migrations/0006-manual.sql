-- What people say about work units: kept as it was said, immutable. Facts follow from it (source `manual:<unit>`).

-- One row for each work unit that people report about: the lock under which a statement is judged.
create table unit_terminal (
  unit text primary key
);

create table statement (
  id text primary key,
  ordinal bigint generated always as identity,
  unit text not null references unit_terminal,
  kind text not null,
  said jsonb not null,
  -- what the words referred to when they were said
  meaning jsonb not null,
  -- pseudonymous key of the person; the name is in `person` and can be erased
  person text not null,
  because text,
  way text not null check (way in ('live', 'offline', 'back-dated', 'paper')),
  event_at timestamptz not null,
  said_at timestamptz,
  terminal text,
  recorded_at timestamptz not null,
  command text not null references command,
  -- a statement is taken back at most once
  corrects text unique references statement,
  -- false: it was so already, nothing followed from it
  effective boolean not null,
  constraint afterwards_has_reason check (way in ('live', 'offline') or because is not null)
);
create index statement_unit_time on statement (unit, event_at, ordinal) where effective;
create index statement_person on statement (person, event_at) where kind in ('sign-on', 'sign-off', 'break-begin', 'break-end');

-- What was known of the unit after each statement that stands: derived, written anew when an earlier one changes.
create table statement_state (
  statement text primary key references statement,
  state jsonb not null
);

-- A shift that was kept on paper is entered once, whichever command brings it.
create table paper_shift (
  unit text not null,
  digest text not null,
  command text not null references command,
  primary key (unit, digest)
);

-- An operator has seen the job order.
create table job_order_acknowledgement (
  job_order text primary key references job_order,
  person text not null,
  at timestamptz not null
);

-- What a work unit is doing, and its run at a time: asked whenever somebody reports there.
create index fact_unit_state on fact (work_unit, event_at) where kind = 'StateEntered';
create index run_work_unit on run (work_unit, started_at);

-- The number of an operation as people scan it, zeros in front aside.
create index operations_request_scanned on operations_request (ltrim(number, '0'));
