-- Comparisons of ERP, ledger and counters that were made by schedule. Each is a finding of its time: never changed.
create table reconciliation (
  id bigint generated always as identity primary key,
  -- the day at the site for which it was due
  day date not null,
  began_at timestamptz not null,
  ended_at timestamptz not null check (ended_at >= began_at),
  -- null: the comparison could not be made, `fault` says why
  unexplained integer check (unexplained >= 0),
  orders integer not null check (orders >= 0),
  -- how many differences are in each class
  counts jsonb not null,
  -- those that are unexplained, as many as are kept
  findings jsonb not null,
  fault jsonb,
  constraint reconciled_or_said_why check ((unexplained is null) = (fault is not null))
);
-- Two processes, or a start in the same night, compare a day once.
create unique index reconciliation_once on reconciliation (day) where fault is null;
create index reconciliation_newest on reconciliation (ended_at);

-- The ERP's document for which a person has let a posting stand back: it was keyed by hand for the same facts.
alter table posting add column stands_back_for text;
alter table posting add constraint stands_back_when_dismissed check (stands_back_for is null or state = 'dismissed');

-- The last checkpoint of each day (UTC) that a source has been read up to: where a replay of a later day begins.
create table collector_day (
  source text not null,
  day date not null,
  ordinal bigint not null,
  map text not null,
  state jsonb not null,
  position timestamptz not null,
  primary key (source, day)
);
create index collector_day_position on collector_day (source, position);
