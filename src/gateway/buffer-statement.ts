/** Tables and statements of the buffer's file, and what all who run them share. When they run: `buffer-worker.ts`. */
import type { DatabaseSync, StatementSync } from "node:sqlite";

export const schema = `
  create table if not exists meta (key text primary key, value any) strict, without rowid;
  create table if not exists batch (
    seq integer primary key autoincrement,
    source text not null,
    from_at integer not null,
    to_at integer not null,
    received_at integer not null,
    samples integer not null,
    bytes blob not null
  ) strict;
  create table if not exists source (
    name text primary key,
    at integer,
    seq integer not null,
    gap text
  ) strict, without rowid;
  create table if not exists item (
    source text not null,
    path text not null,
    primary key (source, path)
  ) strict, without rowid;
`;

export interface Statements {
  readonly begin: StatementSync;
  readonly commit: StatementSync;
  readonly insert: StatementSync;
  readonly source: StatementSync;
  readonly putSource: StatementSync;
  readonly putItem: StatementSync;
  readonly addTotals: StatementSync;
  readonly meta: StatementSync;
  readonly putMeta: StatementSync;
  readonly readAll: StatementSync;
  readonly readSome: StatementSync;
  readonly readOne: StatementSync;
  readonly sources: StatementSync;
  readonly head: StatementSync;
  readonly oldest: StatementSync;
  readonly deleteUpto: StatementSync;
  readonly deleteOne: StatementSync;
  readonly between: StatementSync;
  readonly oldestAfter: StatementSync;
  readonly pages: StatementSync;
  readonly freePages: StatementSync;
}

export interface BufferFile {
  readonly database: DatabaseSync;
  readonly sql: Statements;
}

export interface Totals {
  rows: number;
  samples: number;
  bytes: number;
}

export function addTotals({ sql }: BufferFile, totals: Totals, sign: 1 | -1): void {
  if (totals.rows === 0) return;
  for (const [key, value] of Object.entries(totals)) sql.addTotals.run(key, sign * value);
}

export function metaOf({ sql }: BufferFile, key: string): unknown {
  return sql.meta.get(key)?.["value"] ?? null;
}

export function inTransaction<T>({ database, sql }: BufferFile, work: () => T): T {
  sql.begin.run();
  try {
    const result = work();
    sql.commit.run();
    return result;
  } catch (error) {
    // A full disk has rolled back already; anything else has not.
    if (database.isTransaction) database.exec("rollback");
    throw error;
  }
}

export function prepare(database: DatabaseSync): Statements {
  const row = "seq, source, from_at, to_at, received_at, samples, bytes";
  return {
    begin: database.prepare("begin immediate"),
    commit: database.prepare("commit"),
    insert: database.prepare(
      "insert into batch (source, from_at, to_at, received_at, samples, bytes) values (?, ?, ?, ?, ?, ?)",
    ),
    source: database.prepare("select name, at, seq, gap from source where name = ?"),
    putSource: database.prepare("insert or replace into source (name, at, seq, gap) values (?, ?, ?, ?)"),
    putItem: database.prepare("insert or ignore into item (source, path) values (?, ?)"),
    addTotals: database.prepare(
      "insert into meta (key, value) values (?, ?) on conflict (key) do update set value = value + excluded.value",
    ),
    meta: database.prepare("select value from meta where key = ?"),
    putMeta: database.prepare("insert or replace into meta (key, value) values (?, ?)"),
    readAll: database.prepare(`select ${row} from batch where seq > ? order by seq`),
    readSome: database.prepare(
      `select ${row} from batch where seq > ? and source in (select value from json_each(?)) order by seq`,
    ),
    readOne: database.prepare(`select ${row} from batch where seq = ?`),
    sources: database.prepare("select name from source order by name"),
    // The sequence, not the newest row: that one may be deleted already.
    head: database.prepare("select seq from sqlite_sequence where name = 'batch'"),
    oldest: database.prepare(
      "select seq, received_at, samples, length(bytes) as bytes from batch where seq <= ? order by seq limit ?",
    ),
    deleteUpto: database.prepare("delete from batch where seq <= ?"),
    deleteOne: database.prepare("delete from batch where seq = ?"),
    between: database.prepare(
      `select seq, source, received_at, samples, length(bytes) as bytes from batch
       where seq > ? and seq <= ? order by seq limit ?`,
    ),
    pages: database.prepare("pragma page_count"),
    freePages: database.prepare("pragma freelist_count"),
    oldestAfter: database.prepare("select received_at from batch where seq > ? order by seq limit 1"),
  };
}
