-- What people are told, by whom it was acknowledged, and how it reaches those who are not in front of a screen.

create table notice (
  id text primary key,
  kind text not null check (kind in ('order-new', 'order-priority', 'order-change', 'setup-ready', 'setup-failed',
    'stop-without-reason', 'posting-refused', 'quarantine', 'question', 'machine-stale')),
  subject text not null,
  severity text not null check (severity in ('info', 'warning', 'urgent')),
  role text not null,
  equipment text not null,
  -- names and texts, e.g. parameter, wanted, got
  said jsonb not null,
  text text not null,
  request text,
  job_order text,
  posting text,
  channels text[] not null,
  raised_at timestamptz not null,
  last_at timestamptz not null,
  count integer not null default 1 check (count > 0),
  -- {"afterMinutes", "role", "by"} as the rule said when it was raised; null: never
  escalate jsonb,
  escalate_at timestamptz,
  escalated_at timestamptz,
  acknowledged_by text,
  acknowledged_at timestamptz,
  resolved_at timestamptz,
  version integer not null default 0,
  constraint acknowledged_by_somebody check ((acknowledged_at is null) = (acknowledged_by is null)),
  -- what a person has taken over is not taken further up
  constraint acknowledged_never_escalates check (escalated_at is null or acknowledged_at is null or acknowledged_at >= escalated_at)
);
-- No flood: a subject has one open notice of a kind, however often its cause is stated and by however many processes.
create unique index notice_open_once on notice (kind, subject) where resolved_at is null;
create index notice_newest on notice (raised_at, id);
create index notice_open_newest on notice (raised_at, id) where resolved_at is null;
create index notice_escalation on notice (escalate_at)
  where escalate_at is not null and escalated_at is null and acknowledged_at is null and resolved_at is null;

-- Each happening is told once: facts read again, or a flow run again, raise nothing anew.
create table notice_cause (
  kind text not null,
  subject text not null,
  occurrence text not null,
  at timestamptz not null,
  constraint notice_cause_once primary key (kind, subject, occurrence)
);

-- The outbox of webhooks and e-mails. At least once: the receiver tells doubles by the message's id.
create table notice_delivery (
  notice text not null references notice,
  stage text not null check (stage in ('raised', 'escalated')),
  channel text not null,
  role text not null,
  state text not null default 'planned' check (state in ('planned', 'delivered', 'given-up')),
  body text not null,
  attempts integer not null default 0,
  due_at timestamptz not null,
  give_up_at timestamptz not null,
  -- recipients that are served, by key: never an address
  done text[] not null default '{}',
  fault jsonb,
  planned_at timestamptz not null,
  settled_at timestamptz,
  primary key (notice, stage, channel)
);
create index notice_delivery_due on notice_delivery (due_at) where state = 'planned';

-- Reasons of stops. States of a work unit are found by `fact_unit_state`.
create index fact_stop_explained on fact (work_unit, event_at) where kind = 'StopExplained';
