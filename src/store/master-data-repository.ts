/** Master data: things, their fields by owner, who said what, and what was refused. */
import type { Instant } from "../base/instant.ts";
import { randomId } from "../base/id.ts";
import { canonicalJson } from "../base/json.ts";
import type { FieldChange, HeldThing, MasterDataRepository, Refusal, StatedBy } from "../flows/ports.ts";
import type { MasterNounName } from "../isa95/master-data/noun.ts";
import { keyText, type FieldValue, type HeldField, type ThingKey } from "../isa95/master-data/thing.ts";
import { at, exact, text, textOrNull, type Query, type Row } from "./connection.ts";
import { likeOf } from "./pattern.ts";

export function masterDataRepository(query: Query): MasterDataRepository {
  return {
    holdOwnership: (ownership) => holdOwnership(query, ownership),
    lock: (keys) => lock(query, keys),
    save: async (changes, by) => save(query, changes, by),
    refuse: async (keys, refused, by) => refuse(query, keys, refused, by),
    find: (keys) => find(query, keys),
    like: (patterns, limit) => like(query, patterns, limit),
    cursor: (erp) => cursor(query, erp),
    saveCursor: async (erp, place, pulledAt) => saveCursor(query, erp, place, pulledAt),
    erasePerson: (person) => erasePerson(query, person),
  };
}

async function holdOwnership(
  query: Query,
  ownership: Parameters<MasterDataRepository["holdOwnership"]>[0],
): Promise<void> {
  const wanted = [...ownership].flatMap(([noun, fields]) => [...fields].map(([field, owner]) => [noun, field, owner]));
  const rows = await query.run("master.owners", "select noun, field, owner from field_owner");
  const held = rows.map((row) => [row["noun"], row["field"], row["owner"]]);
  const one = (all: readonly (readonly unknown[])[]): string =>
    canonicalJson(all.map((row) => row.join("\u001f")).toSorted());
  if (one(held) === one(wanted)) return;
  query.post("master.owners-lock", "lock table field_owner in share row exclusive mode");
  query.post("master.owners-clear", "delete from field_owner");
  query.post(
    "master.owners-state",
    "insert into field_owner (noun, field, owner) select * from unnest($1::text[], $2::text[], $3::text[])",
    [0, 1, 2].map((column) => wanted.map((row) => row[column])),
  );
}

/** Columns of keys for `unnest`. */
function columns(keys: readonly ThingKey[]): readonly (readonly string[])[] {
  return (["noun", "plant", "within", "id", "version"] as const).map((name) => keys.map((key) => key[name]));
}

const asked =
  "unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) as k (noun, plant, within, key, version)";
const sameKey = "(t.noun, t.plant, t.within, t.key, t.version) = (k.noun, k.plant, k.within, k.key, k.version)";
const thingColumns = "t.id, t.noun, t.plant, t.within, t.key, t.version, t.person, p.name";

/** What could not be read, of which no more is known than its noun and at best its ID. */
const asWhole = "(t.field = '' and t.noun = k.noun and t.key in (k.key, ''))";

async function lock(query: Query, keys: readonly ThingKey[]): Promise<readonly HeldThing[]> {
  if (keys.length === 0) return [];
  const sorted = [...new Map(keys.map((key) => [keyText(key), key])).values()];
  query.post(
    "master.make",
    `with missing as (select k.*, case when k.noun = 'Person' then k.person end as someone
       from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) as k (noun, plant, within, key, version, person)
       where not exists (select 1 from master_thing t where ${sameKey})),
     people as (insert into person (key) select someone from missing where someone is not null)
     insert into master_thing (noun, plant, within, key, version, person)
     select noun, plant, within, key, version, someone from missing order by noun, plant, within, key, version
     on conflict on constraint master_thing_once do nothing`,
    [...columns(sorted), sorted.map(() => randomId())],
  );
  const rows = await query.run(
    "master.lock",
    `select ${thingColumns} from ${asked} join master_thing t on ${sameKey} left join person p on p.key = t.person
     order by t.id for no key update of t`,
    columns(sorted),
  );
  const things = await withFields(query, rows);
  const byKey = new Map(things.map((thing) => [keyText(thing.key), thing]));
  return keys.flatMap((key) => byKey.get(keyText(key)) ?? []);
}

async function find(query: Query, keys: readonly ThingKey[]): Promise<readonly HeldThing[]> {
  if (keys.length === 0) return [];
  const rows = await query.run(
    "master.find",
    `select ${thingColumns} from ${asked} join master_thing t on ${sameKey} left join person p on p.key = t.person`,
    columns(keys),
  );
  return withFields(query, rows);
}

async function withFields(query: Query, rows: readonly Row[]): Promise<readonly HeldThing[]> {
  const fields = await query.run(
    "master.fields",
    "select thing, field, value, source from master_field where thing = any ($1::bigint[]) order by thing, field",
    [rows.map((row) => row["id"])],
  );
  const ofThing = Map.groupBy(fields, (row) => String(exact(row["thing"])));
  return rows.map((row) => {
    const id = String(exact(row["id"]));
    const key: ThingKey = {
      // the column holds these alone
      noun: text(row["noun"]) as MasterNounName,
      plant: text(row["plant"]),
      within: text(row["within"]),
      id: text(row["key"]),
      version: text(row["version"]),
    };
    const held = new Map<string, HeldField>();
    for (const field of ofThing.get(id) ?? []) {
      // written from a FieldValue
      held.set(text(field["field"]), { ...(field["value"] as FieldValue), source: text(field["source"]) });
    }
    const name = textOrNull(row["name"]);
    if (name !== null) held.set("PersonName", { value: name, source: key.within });
    return { id, key, person: textOrNull(row["person"]), fields: held };
  });
}

function save(query: Query, changes: readonly FieldChange[], by: StatedBy): void {
  if (changes.length === 0) return;
  const names = changes.filter(({ field }) => field === "PersonName");
  const others = changes.filter(({ field }) => field !== "PersonName");
  query.post(
    "master.names",
    `update person set name = n.name from unnest($1::bigint[], $2::text[]) as n (thing, name)
     join master_thing t on t.id = n.thing where person.key = t.person`,
    [names.map(({ thing }) => thing.id), names.map(({ value }) => (value === null ? null : String(value.value)))],
  );
  query.post(
    "master.set",
    `insert into master_field (thing, field, value, source, stated_at)
     select t, f, v::jsonb, $4, $5 from unnest($1::bigint[], $2::text[], $3::text[]) as c (t, f, v) where v is not null
     on conflict (thing, field) do update set value = excluded.value, source = excluded.source, stated_at = excluded.stated_at`,
    [...told(others), by.sender, at(by.at)],
  );
  query.post(
    "master.remove",
    `delete from master_field m using unnest($1::bigint[], $2::text[], $3::text[]) as c (t, f, v)
     where m.thing = t and m.field = f and v is null`,
    told(others),
  );
  query.post(
    "master.state",
    `insert into master_statement (thing, field, is_personal, value, source, message, stated_at)
     select t, f, p, case when p then null else v::jsonb end, $5, $6, $7
     from unnest($1::bigint[], $2::text[], $3::text[], $4::boolean[]) as c (t, f, v, p)`,
    [...told(changes), changes.map(({ thing }) => thing.key.noun === "Person"), by.sender, by.message, at(by.at)],
  );
}

function told(changes: readonly FieldChange[]): readonly (readonly (string | null)[])[] {
  return [
    changes.map(({ thing }) => thing.id),
    changes.map(({ field }) => field),
    changes.map(({ value }) => value && canonicalJson(value)),
  ];
}

function refuse(
  query: Query,
  keys: readonly ThingKey[],
  refused: readonly Refusal[],
  { sender, message, at: now }: StatedBy,
): void {
  query.post(
    "master.settle-refused",
    `update refused_field t set settled_at = $7 from ${asked}
     where t.sender = $6 and t.settled_at is null and (${sameKey} or ${asWhole})`,
    [...columns(keys.map(shownKey)), sender, at(now)],
  );
  const each = new Map(refused.map((one) => [`${keyText(shownKey(one.key))}\u001f${one.field}`, one]));
  const rows = [...each.values()];
  query.post(
    "master.refuse",
    `insert into refused_field as r (sender, noun, plant, within, key, version, field, owner, ours, theirs, code, message, place, document,
       first_at, last_at)
     select $13, k.noun, k.plant, k.within, k.key, k.version, k.field, k.owner, k.ours::jsonb, k.theirs::jsonb, k.code, k.message, k.place,
       $14, $15, $15
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
       $11::text[], $12::text[]) as k (noun, plant, within, key, version, field, owner, ours, theirs, code, message, place)
     order by k.noun, k.plant, k.within, k.key, k.version, k.field
     on conflict on constraint refused_field_once do update set owner = excluded.owner, ours = excluded.ours, theirs = excluded.theirs,
       code = excluded.code, message = excluded.message, place = excluded.place, document = excluded.document,
       last_at = excluded.last_at, times = r.times + 1, settled_at = null`,
    [
      ...columns(rows.map(({ key }) => shownKey(key))),
      rows.map(({ field }) => field),
      rows.map(({ owner }) => owner),
      rows.map((row) => shown(row, row.ours)),
      rows.map((row) => shown(row, row.theirs)),
      rows.map(({ fault }) => fault.code),
      rows.map(({ fault }) => fault.message),
      rows.map(({ place }) => place),
      sender,
      message,
      at(now),
    ],
  );
}

/** Nobody is named by what was refused. */
function shownKey(key: ThingKey): ThingKey {
  return key.noun === "Person" ? { ...key, id: "" } : key;
}

function shown({ key }: Refusal, value: FieldValue | null): string | null {
  return value === null || key.noun === "Person" ? null : canonicalJson(value);
}

async function like(
  query: Query,
  ...[patterns, limit]: Parameters<MasterDataRepository["like"]>
): Promise<readonly HeldThing[]> {
  const rows = await query.run(
    "master.like",
    `select ${thingColumns} from master_thing t left join person p on p.key = t.person
     where exists (select 1 from master_field f where f.thing = t.id and f.field = 'ID')
       and exists (select 1 from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) as k (noun, plant, within, key, version)
         where t.noun = k.noun and t.key like k.key and (k.plant = '' or t.plant = k.plant)
           and (k.within = '' or t.within like k.within) and (k.version = '' or t.version = k.version))
     order by t.noun, t.key, t.version, t.plant, t.within limit $6`,
    [
      ...columns(patterns.map((pattern) => ({ ...pattern, id: likeOf(pattern.id), within: likeOf(pattern.within) }))),
      limit,
    ],
  );
  return withFields(query, rows);
}

async function cursor(query: Query, erp: string): Promise<string | null> {
  const [row] = await query.run("master.cursor", "select cursor from master_cursor where erp = $1", [erp]);
  return row ? text(row["cursor"]) : null;
}

function saveCursor(query: Query, erp: string, place: string, pulledAt: Instant): void {
  query.post(
    "master.save-cursor",
    `insert into master_cursor (erp, cursor, pulled_at) values ($1, $2, $3)
     on conflict (erp) do update set cursor = $2, pulled_at = $3`,
    [erp, place, at(pulledAt)],
  );
}

async function erasePerson(query: Query, person: string): Promise<boolean> {
  const rows = await query.run(
    "master.erase",
    `with erased as (update master_thing set key = person where person = $1 returning id),
     fields as (delete from master_field where thing in (select id from erased))
     update person set name = null where key = $1 and exists (select 1 from erased) returning key`,
    [person],
  );
  return rows.length > 0;
}
