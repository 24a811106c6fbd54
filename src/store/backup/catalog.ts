/**
 * What the database's own catalog says about a schema: tables, partitions, sequences, foreign keys, triggers. For
 * backup and restore, on PostgreSQL 15 and newer.
 */
import { escapeIdentifier, type ClientBase } from "pg";

export interface TableShape {
  readonly name: string;
  readonly isPartitioned: boolean;
  /** In their order, without generated ones, which the server computes again. */
  readonly columns: readonly string[];
}

/** A partition may have been made after the migrations, so a backup carries it. Parents come first. */
export interface PartitionShape {
  readonly name: string;
  readonly parent: string;
  /** e.g. `FOR VALUES FROM ('2025-01-01') TO ('2025-02-01')` or `DEFAULT` */
  readonly bound: string;
  /** e.g. `RANGE (day)` when it is partitioned itself. */
  readonly key: string | null;
}

export interface SequenceState {
  readonly name: string;
  /** A bigint as text. */
  readonly last: string;
  readonly isCalled: boolean;
}

/** The history of migrations is not data: a restore makes it by running them. */
const historyTable = "migration";

/**
 * Makes the text of every value exact and the same on every server, for the present transaction. The search path is
 * that of the migrations, because functions in constraints may rely on it.
 */
export async function fixTextForm(client: ClientBase, schema: string): Promise<void> {
  const settings: Readonly<Record<string, string>> = {
    client_encoding: "UTF8",
    search_path: `${escapeIdentifier(schema)}, public`,
    timezone: "UTC",
    datestyle: "ISO, YMD",
    intervalstyle: "postgres",
    extra_float_digits: "1",
    bytea_output: "hex",
    xmlbinary: "base64",
    row_security: "off",
    statement_timeout: "0",
    lock_timeout: "0",
    idle_in_transaction_session_timeout: "0",
  };
  for (const [name, value] of Object.entries(settings)) {
    await client.query("select pg_catalog.set_config($1, $2, true)", [name, value]);
  }
}

export async function readTables(client: ClientBase, schema: string): Promise<readonly TableShape[]> {
  const found = await client.query<{ name: string; partitioned: boolean; columns: string[] }>(
    `select c.relname as name, c.relkind = 'p' as partitioned, array(
        select a.attname::text from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attnum
      ) as columns
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> $2
     order by c.relname collate "C"`,
    [schema, historyTable],
  );
  return found.rows.map(({ name, partitioned, columns }) => ({ name, columns, isPartitioned: partitioned }));
}

export async function readPartitions(client: ClientBase, schema: string): Promise<readonly PartitionShape[]> {
  const found = await client.query<PartitionShape>(
    `with recursive tree as (
       select c.oid, 0 as depth from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = $1 and c.relkind = 'p' and not c.relispartition
       union all
       select i.inhrelid, tree.depth + 1 from tree join pg_inherits i on i.inhparent = tree.oid
     )
     select c.relname as name, p.relname as parent, pg_get_expr(c.relpartbound, c.oid) as bound,
            case when c.relkind = 'p' then pg_get_partkeydef(c.oid) end as key
     from tree join pg_class c on c.oid = tree.oid join pg_inherits i on i.inhrelid = c.oid
     join pg_class p on p.oid = i.inhparent
     where tree.depth > 0 order by tree.depth, c.relname collate "C"`,
    [schema],
  );
  return found.rows;
}

export async function readSequences(client: ClientBase, schema: string): Promise<readonly SequenceState[]> {
  const names = await client.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relkind = 'S' order by c.relname collate "C"`,
    [schema],
  );
  const states: SequenceState[] = [];
  for (const { name } of names.rows) {
    const state = await client.query<{ last: string; called: boolean }>(
      `select last_value::text as last, is_called as called from ${qualified(schema, name)}`,
    );
    const row = state.rows[0];
    if (row) states.push({ name, last: row.last, isCalled: row.called });
  }
  return states;
}

/** Statements that take a schema's foreign keys away and bring them back; bringing back checks every row. */
export interface ForeignKey {
  readonly drop: string;
  readonly add: string;
}

export async function readForeignKeys(client: ClientBase, schema: string): Promise<readonly ForeignKey[]> {
  const found = await client.query<{ table: string; name: string; definition: string }>(
    `select c.relname as table, k.conname as name, pg_get_constraintdef(k.oid) as definition
     from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and k.contype = 'f' and k.conparentid = 0 order by c.relname, k.conname`,
    [schema],
  );
  return found.rows.map(({ table, name, definition }) => {
    const alter = `alter table ${qualified(schema, table)}`;
    const key = escapeIdentifier(name);
    return { drop: `${alter} drop constraint ${key}`, add: `${alter} add constraint ${key} ${definition}` };
  });
}

/** Statements that give each trigger of our own the state it has now. */
export async function readTriggerStates(client: ClientBase, schema: string): Promise<readonly string[]> {
  const found = await client.query<{ table: string; name: string; state: string }>(
    `select c.relname as table, t.tgname as name, t.tgenabled as state
     from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and not t.tgisinternal and t.tgparentid = 0`,
    [schema],
  );
  const words: Readonly<Record<string, string>> = {
    O: "enable",
    R: "enable replica",
    A: "enable always",
    D: "disable",
  };
  return found.rows.map(
    ({ table, name, state }) =>
      `alter table ${qualified(schema, table)} ${words[state] ?? "enable"} trigger ${escapeIdentifier(name)}`,
  );
}

/** The first relations that a database holds besides the system's and those of extensions; none in an empty one. */
export async function readForeignRelations(client: ClientBase): Promise<readonly string[]> {
  const found = await client.query<{ name: string }>(
    `select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'
       and not exists (select from pg_depend d
                       where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
     order by c.relkind = 'i', 1 limit 5`,
  );
  return found.rows.map((row) => row.name);
}

/** `copy … to stdout` of a whole table, partitions included. */
export function copyOutOf(schema: string, table: TableShape): string {
  const columns = table.columns.map((column) => escapeIdentifier(column)).join(", ");
  const name = qualified(schema, table.name);
  if (table.columns.length === 0) return `copy ${name} to stdout`;
  return table.isPartitioned
    ? `copy (select ${columns} from ${name}) to stdout`
    : `copy ${name} (${columns}) to stdout`;
}

/** `copy … from stdin`; identity columns keep the values they are given. */
export function copyInto(schema: string, table: TableShape): string {
  const columns = table.columns.map((column) => escapeIdentifier(column)).join(", ");
  return `copy ${qualified(schema, table.name)} ${table.columns.length === 0 ? "" : `(${columns})`} from stdin`;
}

export function qualified(schema: string, name: string): string {
  return `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`;
}
