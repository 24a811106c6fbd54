/**
 * Much is written into tables at once: without their indexes and keys, which are made anew afterwards and so are checked for
 * every row. They are as full then as they were before, because what is written row by row leaves room in them.
 */
import pg from "pg";
import { assert } from "../../src/base/result.ts";
import type { BenchDatabase } from "./database.ts";

export type Ask = BenchDatabase["ask"];

/** Of each index how full its pages are, in percent. */
export type Fullness = ReadonlyMap<string, number>;

export async function fullness(ask: Ask, tables: readonly string[]): Promise<Fullness> {
  await ask("create extension if not exists pgstattuple with schema public");
  const rows = await ask(
    `select c.relname as name, (public.pgstatindex(c.oid)).avg_leaf_density as density
     from pg_index i join pg_class c on c.oid = i.indexrelid join pg_am a on a.oid = c.relam
     where i.indrelid = any ($1::text[]::regclass[]) and a.amname = 'btree' and pg_relation_size(c.oid) > 8192 * 8`,
    [tables],
  );
  return new Map(rows.map((row) => [String(row["name"]), Math.round(Number(row["density"]))]));
}

/** Connections beside the bench's own, each on a core of its own. */
export async function withConnections<T>(
  database: BenchDatabase,
  count: number,
  work: (asks: readonly Ask[]) => Promise<T>,
): Promise<T> {
  const { connectionString } = database;
  const options = "-c search_path=millrace -c maintenance_work_mem=1GB -c max_parallel_maintenance_workers=0";
  const clients = Array.from({ length: count }, () => new pg.Client({ connectionString, options }));
  await Promise.all(clients.map((client) => client.connect()));
  try {
    return await work(
      clients.map(
        (client) =>
          async (sql, values = []) =>
            (await client.query(sql, [...values])).rows,
      ),
    );
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}

interface Named {
  readonly name: string;
  readonly table: string;
  readonly says: string;
}

/** Does the work while these tables have neither indexes nor keys. */
export async function withoutIndexes(
  asks: readonly Ask[],
  tables: readonly string[],
  full: Fullness,
  work: () => Promise<void>,
): Promise<void> {
  const [ask] = asks;
  assert(ask !== undefined, "there is a connection to write by");
  const keys = await named(ask, keysText, tables);
  const indexes = await named(ask, indexesText, tables);
  const alter = ({ table, name }: Named, what: string): string => `alter table ${table} ${what} constraint ${name}`;
  const isForeign = ({ says }: Named): boolean => says.startsWith("FOREIGN");
  for (const key of keys.toSorted((a, b) => Number(isForeign(b)) - Number(isForeign(a)))) await ask(alter(key, "drop"));
  const isKey = new Set(keys.map(({ name }) => name));
  for (const { name } of indexes) if (!isKey.has(name)) await ask(`drop index ${name}`);
  await work();
  await atOnce(asks, indexes, async (own, { name, says }) => void (await own(filled(says, full.get(name)))));
  for (const key of keys.filter((one) => !isForeign(one))) {
    await ask(
      `${alter(key, "add")} ${key.says.startsWith("PRIMARY") ? "primary key" : "unique"} using index ${key.name}`,
    );
  }
  for (const { name } of indexes) if (full.has(name)) await ask(`alter index ${name} reset (fillfactor)`);
  for (const key of keys.filter(isForeign)) await ask(`${alter(key, "add")} ${key.says}`);
  assert(same(keys, await named(ask, keysText, tables)), "every key is as it was");
  assert(same(indexes, await named(ask, indexesText, tables)), "every index is as it was");
}

const keysText = `select conname as name, conrelid::regclass::text as "table", pg_get_constraintdef(oid) as says from pg_constraint
  where contype in ('f', 'p', 'u') and (conrelid = any ($1::text[]::regclass[]) or confrelid = any ($1::text[]::regclass[]))`;
const indexesText = `select indexrelid::regclass::text as name, indrelid::regclass::text as "table", pg_get_indexdef(indexrelid) as says
  from pg_index where indrelid = any ($1::text[]::regclass[])`;

async function named(ask: Ask, text: string, tables: readonly string[]): Promise<readonly Named[]> {
  const rows = await ask(`${text} order by 1`, [tables]);
  return rows.map((row) => ({ name: String(row["name"]), table: String(row["table"]), says: String(row["says"]) }));
}

const same = (a: readonly Named[], b: readonly Named[]): boolean => JSON.stringify(a) === JSON.stringify(b);

function filled(says: string, percent: number | undefined): string {
  if (percent === undefined) return says;
  const [head = "", ...condition] = says.split(" WHERE ");
  return [`${head} WITH (fillfactor = ${Math.max(50, Math.min(100, percent))})`, ...condition].join(" WHERE ");
}

/** Each takes the next one as soon as it has done its last. */
export async function atOnce<T>(
  asks: readonly Ask[],
  tasks: readonly T[],
  work: (ask: Ask, task: T) => Promise<void>,
): Promise<void> {
  const waiting = [...tasks];
  await Promise.all(
    asks.map(async (ask) => {
      for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) await work(ask, task);
    }),
  );
}
