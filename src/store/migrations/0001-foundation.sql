-- The record of Millrace. Invariants about stock and money are constraints here first and code second; each names the
-- hop of docs/spec/exactly-once.md that it guards. Amounts are whole millionths, instants are UTC.

-- Who does what: one row per role. A higher epoch fences every write of a lower one.
create table lease (
  role text primary key,
  epoch bigint not null,
  holder text not null,
  renewed_at timestamptz not null
);

create table site_state (
  id boolean primary key default true check (id),
  site text not null,
  -- Set by restore: nothing is sent before the ERP was asked for it.
  recovering_since timestamptz
);

create table config_version (
  id text primary key,
  applied_at timestamptz not null,
  content jsonb not null
);

-- HOP ERP -> inbox ---------------------------------------------------------------------------------------------------
create table erp_message (
  id bigint generated always as identity primary key,
  erp text not null,
  idempotency_key text not null,
  noun text not null,
  number text not null,
  media_type text not null,
  bytes bytea not null,
  received_at timestamptz not null,
  -- null until settled; a refusal is a verdict too
  verdict text check (verdict in ('accepted', 'unchanged', 'quarantined')),
  fault jsonb,
  constraint erp_message_once unique (erp, idempotency_key)
);

create table erp_cursor (
  erp text primary key,
  cursor text not null,
  pulled_at timestamptz not null
);

create table operations_request (
  id text primary key,
  erp text not null,
  company text not null,
  number text not null,
  state text not null,
  body jsonb not null,
  accepted_at timestamptz not null,
  -- after a restore: whether the ERP's documents of this order have been read
  reconciled boolean not null default true,
  version integer not null default 0,
  constraint operations_request_once unique (erp, company, number)
);

create table job_order (
  id text primary key,
  request text not null references operations_request,
  segment text not null,
  work_center text not null,
  work_unit text,
  material text not null,
  quantity_micro bigint not null check (quantity_micro > 0),
  uom text not null,
  state text not null check (state in ('waiting', 'ready', 'running', 'held', 'completed', 'aborted', 'cancelled')),
  dispatch_key text not null,
  earliest_start timestamptz,
  machine_order text,
  machine_job text,
  machine_article text,
  setup jsonb not null default '[]',
  good_micro bigint not null default 0,
  scrap_micro bigint not null default 0,
  rework_micro bigint not null default 0,
  runs_ended integer not null default 0,
  version integer not null default 0
);
create index job_order_dispatch on job_order (work_center, dispatch_key) where state in ('waiting', 'ready', 'running', 'held');
create index job_order_machine_job on job_order (machine_job, machine_article);
create index job_order_request on job_order (request);

-- HOP buffer -> facts ------------------------------------------------------------------------------------------------
-- The cursor commits with everything that was read up to it; the version fences a second worker.
create table collector (
  source text primary key,
  buffer text not null,
  seq bigint not null,
  -- plus 1 whenever the source comes through another buffer file
  generation integer not null default 0,
  position timestamptz,
  version bigint not null default 0
);

create table collector_checkpoint (
  source text primary key,
  -- place in the stream of kept batches: sample_batch.ordinal
  ordinal bigint not null,
  map text not null,
  state jsonb not null,
  taken_at timestamptz not null
);

create table sample_batch (
  recorded_on date not null,
  source text not null,
  -- generation × 2^40 + seq in the buffer: order of arrival over all buffers that the source has had
  ordinal bigint not null,
  from_at timestamptz not null,
  to_at timestamptz not null,
  samples integer not null,
  bytes bytea not null,
  primary key (source, ordinal, recorded_on)
) partition by range (recorded_on);
create table sample_batch_default partition of sample_batch default;
create index sample_batch_time on sample_batch (source, from_at, to_at);

-- Samples that are kept but were not read, with the reason.
create table sample_set_aside (
  id text primary key,
  source text not null,
  item text not null,
  at timestamptz not null,
  why text not null,
  recorded_at timestamptz not null
);

create table run (
  id text primary key,
  source text not null,
  work_unit text not null,
  job text not null,
  article text not null,
  outside boolean not null,
  job_order text references job_order,
  started_at timestamptz not null,
  ended_at timestamptz,
  result text,
  -- whether the machine held the job order when the run began, and why not
  was_stored boolean not null default false,
  unstored_because text,
  version integer not null default 0
);
create index run_job_order on run (job_order);
create index run_open on run (source) where ended_at is null;

-- A fact's identity follows from its evidence: the same machine event is stated once.
create table fact (
  id text primary key,
  source text not null,
  work_unit text not null,
  run text,
  kind text not null,
  event_at timestamptz not null,
  recorded_at timestamptz not null,
  rule text not null,
  map_version integer not null,
  revision integer not null,
  said_by jsonb not null,
  evidence jsonb not null,
  body jsonb not null
);
create index fact_run on fact (run, event_at) where run is not null;
create index fact_source_time on fact (source, event_at);

-- HOP facts -> ledger ------------------------------------------------------------------------------------------------
create table movement (
  id text primary key,
  fact text not null references fact,
  material text not null,
  lot text,
  micro bigint not null check (micro > 0),
  uom text not null,
  from_account text not null,
  to_account text not null check (to_account <> from_account),
  event_at timestamptz not null,
  recorded_at timestamptz not null,
  -- a movement is taken back at most once
  corrects text unique references movement
);
create index movement_fact on movement (fact);
create index movement_material on movement (material, event_at);

-- Derived from movements in the same transaction. Only the world may be negative.
create table balance (
  account text not null,
  material text not null,
  lot text not null,
  uom text not null,
  micro bigint not null,
  primary key (account, material, lot, uom),
  constraint nothing_real_below_zero check (micro >= 0 or account like 'world:%')
);

-- HOP facts -> outbox -> ERP -----------------------------------------------------------------------------------------
create table posting (
  id text primary key,
  -- 16 signs that travel to the ERP
  key text not null,
  erp text not null,
  kind text not null check (kind in ('order-accepted', 'confirmation', 'goods-receipt', 'goods-issue')),
  request text not null references operations_request,
  segment text not null,
  run text references run,
  state text not null check (state in
    ('planned', 'sending', 'confirmed', 'refused', 'in-doubt', 'needs-person', 'dismissed', 'reversing', 'reversed')),
  sequence_key text,
  sequence_number integer,
  lanes text[] not null,
  content jsonb not null,
  -- the frozen bytes; committed with 'sending', before the first of them leaves
  envelope bytea,
  attempts integer not null default 0,
  fault jsonb,
  due_at timestamptz not null,
  parked boolean not null default false,
  sent_at timestamptz,
  asked_absent integer not null default 0,
  asked_at timestamptz,
  document text,
  epoch bigint not null default 0,
  ordinal bigint generated always as identity,
  planned_at timestamptz not null,
  settled_at timestamptz,
  version integer not null default 0,
  constraint posting_key_once unique (key),
  constraint posting_sequence_once unique (sequence_key, sequence_number),
  constraint sending_is_frozen check (state <> 'sending' or envelope is not null),
  constraint confirmed_has_document check (state <> 'confirmed' or document is not null)
);
create index posting_due on posting (erp, due_at, ordinal) where state = 'planned';
create index posting_open on posting (erp, state) where state in ('sending', 'in-doubt', 'refused', 'needs-person');
create index posting_order on posting (request);
create index posting_sequence_open on posting (sequence_key, sequence_number)
  where state not in ('confirmed', 'dismissed', 'reversed', 'reversing');

-- A fact is in at most one active posting per document kind: nothing is ever posted twice.
create table posting_line (
  posting text not null references posting,
  fact text not null references fact,
  kind text not null,
  active boolean not null default true,
  primary key (posting, fact)
);
create unique index posting_line_once on posting_line (fact, kind) where active;

create table posting_attempt (
  posting text not null references posting,
  number integer not null,
  started_at timestamptz not null,
  ended_at timestamptz,
  outcome text,
  fault jsonb,
  primary key (posting, number)
);

-- Held from 'sending' until the outcome is certain: never two in flight that touch the same order or stock.
create table lane (
  key text primary key,
  posting text not null references posting
);
create index lane_posting on lane (posting);

-- HOP order -> machine -----------------------------------------------------------------------------------------------
create table instruction (
  id text primary key,
  connection text not null,
  work_unit text not null,
  job_order text not null references job_order,
  kind text not null check (kind in ('store', 'remove')),
  machine_order text not null,
  state text not null check (state in
    ('planned', 'writing', 'verified', 'armed', 'rolled-back', 'in-doubt', 'refused')),
  content jsonb not null,
  fault jsonb,
  created_at timestamptz not null,
  changed_at timestamptz not null,
  ordinal bigint generated always as identity,
  version integer not null default 0
);
-- At most one open instruction per job order id of a machine.
create unique index instruction_open_once on instruction (connection, machine_order)
  where state in ('planned', 'writing', 'verified', 'in-doubt');
create index instruction_job_order on instruction (job_order);

-- What people must look at -------------------------------------------------------------------------------------------
create table quarantine (
  id bigint generated always as identity primary key,
  kind text not null check (kind in ('order', 'production')),
  subject text not null,
  code text not null,
  message text not null,
  detail jsonb not null,
  state text not null check (state in ('open', 'assigned', 'dismissed', 'resolved')),
  opened_at timestamptz not null,
  settled_at timestamptz,
  constraint quarantine_once unique (kind, subject)
);

create table question (
  id bigint generated always as identity primary key,
  subject text not null unique,
  text text not null,
  evidence jsonb not null,
  asked_at timestamptz not null,
  answered_at timestamptz
);

-- Names of people: the only place, and it can be erased without touching a fact.
create table person (
  key text primary key,
  name text
);
