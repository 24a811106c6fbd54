-- Messages of partners that speak B2MML: each is applied once. The row commits with everything that the message changed
-- and with the answer, which the same message gets again.
create table b2mml_message (
  id bigint generated always as identity primary key,
  erp text not null,
  -- the sender's BODID; the digest of the whole for a message without one
  bod_id text not null check (bod_id <> ''),
  -- of what it says, its envelope left out: the same BODID with another one is refused
  digest text not null,
  verb text not null,
  noun text not null,
  -- key:ID, a person's key, or the way it came
  given_by text not null,
  -- as they came
  bytes bytea not null,
  received_at timestamptz not null,
  -- how much was done of it; null until it is settled, which is before anybody else can see the row
  verdict text check (verdict in ('whole', 'part', 'none')),
  -- why something was not done, a sentence each
  reasons jsonb not null default '[]',
  -- null: the sender asked for none
  answer text,
  constraint b2mml_message_once unique (erp, bod_id),
  check (verdict is not null or answer is null)
);
