-- Master data: things that ERPs state, field by field, each field by its owner. Spec: docs/spec/master-data.md

-- Who owns which field, as the running site's files say. `*` is every field of the noun without a row of its own.
create table field_owner (
  noun text not null,
  field text not null check (field <> ''),
  owner text not null check (owner <> ''),
  primary key (noun, field)
);

create table master_thing (
  id bigint generated always as identity primary key,
  noun text not null,
  -- the ERP's code, for what one plant has for itself; empty for what is the same everywhere
  plant text not null,
  -- the material of a lot, the lot of a sublot, the ERP of a person; empty where the ID stands for itself
  within text not null,
  -- of a person whose name was erased the pseudonymous key
  key text not null,
  version text not null,
  -- who it is in the record; the name is in `person` alone and can be erased
  person text references person,
  constraint master_thing_once unique (noun, plant, within, key, version),
  constraint master_thing_person unique (person),
  constraint only_people_are_people check ((noun = 'Person') = (person is not null)),
  constraint people_are_of_an_erp check (noun <> 'Person' or within <> '')
);
create index master_thing_key on master_thing (noun, key text_pattern_ops);

-- What is held. The field ID says that there is such a thing.
create table master_field (
  thing bigint not null references master_thing,
  field text not null check (field <> ''),
  value jsonb not null,
  -- who has stated it
  source text not null,
  stated_at timestamptz not null,
  primary key (thing, field),
  -- names of people are in `person`
  check (field <> 'PersonName')
);

-- Only the owner's word changes a field, whatever the code does.
create function owner_of_field(of_noun text, of_field text) returns text language sql stable as $$
  select owner from field_owner
  where noun = of_noun and field in (of_field, split_part(of_field, '/', 1), '*')
  order by field = of_field desc, field = '*' limit 1
$$;
create function refuse_foreign_field() returns trigger language plpgsql as $$
declare
  named text;
begin
  select noun into named from master_thing where id = new.thing;
  if owner_of_field(named, new.field) is distinct from new.source then
    raise exception '% does not own % of %.', new.source, new.field, named
      using errcode = 'restrict_violation', constraint = tg_name;
  end if;
  return new;
end $$;
create trigger field_is_its_owners before insert or update on master_field
  for each row execute function refuse_foreign_field();

-- Who has said what, and when. Of people it says that, not what.
create table master_statement (
  id bigint generated always as identity primary key,
  thing bigint not null references master_thing,
  field text not null,
  is_personal boolean not null,
  -- null: withdrawn
  value jsonb,
  source text not null,
  -- the message; a pull, for what an ERP was asked for
  message text not null,
  stated_at timestamptz not null,
  constraint people_are_not_kept check (not is_personal or value is null)
);
create index master_statement_thing on master_statement (thing, id);
create trigger master_statement_is_append_only before update or delete on master_statement
  for each row execute function refuse_change();
create trigger master_statement_is_not_emptied before truncate on master_statement
  for each statement execute function refuse_change();

-- What a sender has said of a field that is not its own, or could not be read: ours stayed. One row for each such thing
-- and sender; the same again counts it up.
create table refused_field (
  id bigint generated always as identity primary key,
  sender text not null,
  noun text not null,
  plant text not null,
  within text not null,
  -- of a person empty
  key text not null,
  version text not null,
  -- empty: the thing as a whole
  field text not null,
  -- null where it could not be read
  owner text,
  ours jsonb,
  theirs jsonb,
  code text not null,
  message text not null,
  -- line and path in the document
  place text not null,
  document text not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  times int not null default 1 check (times > 0),
  -- the sender has since said what we hold, or says it no more
  settled_at timestamptz,
  constraint refused_field_once unique (sender, noun, plant, within, key, version, field),
  constraint people_are_not_shown check (noun <> 'Person' or (key = '' and ours is null and theirs is null))
);
create index refused_field_open on refused_field (last_at desc, id) where settled_at is null;
