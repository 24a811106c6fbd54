/**
 * The schema's history: numbered SQL files, run once each, in order, forward only. What the files say is not this
 * file's business; undoing one is a new one.
 *
 * Rules for a file `NNNN-name.sql`: numbers begin at 0001 and have no gap; it runs in one transaction with
 * `search_path` set to the schema (which exists by then) and `public`; it does not say `begin` or `commit`; once
 * released it is never changed.
 */
import { hash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { escapeIdentifier, type ClientBase } from "pg";
import { fail, ok, type Result } from "../base/result.ts";

/** Millrace's tables live in this schema of the database. */
export const defaultSchema = "millrace";

/** The oldest server that the SQL is tested on, as `server_version_num` counts. */
const serverVersionMin = 150_000;

export interface Migration {
  readonly number: number;
  readonly name: string;
  /** SHA-256 of the text with line ends as LF, hexadecimal. */
  readonly checksum: string;
  readonly sql: string;
}

export type AppliedMigration = Pick<Migration, "number" | "name" | "checksum">;

export interface MigrationOptions {
  /** Directory with the `NNNN-name.sql` files. */
  readonly directory: string;
  readonly schema?: string;
  /** Stop after this number. */
  readonly upTo?: number;
  /** How long to wait for another process that migrates the same database. */
  readonly waitMs?: number;
  readonly log?: (line: string) => void;
}

export interface MigrationReport {
  /** Highest number before and after; 0 for none. */
  readonly before: number;
  readonly after: number;
  readonly applied: readonly AppliedMigration[];
}

const waitDefaultMs = 600_000;

/**
 * Brings a database up to date. Each file commits with its row in the table `migration`, or not at all. Two processes
 * may do this at once: the second one waits and finds the work done.
 *
 * @param client  a connection of its own, outside of a transaction (the lock belongs to the session)
 * @fault refused   store/server-too-old         PostgreSQL older than 15
 * @fault invalid   store/migration-files        a name that does not fit, a gap, a number twice, transaction control
 * @fault invalid   store/migration-changed      an applied file is not what it was
 * @fault conflict  store/schema-newer           the database knows migrations that this Millrace does not
 * @fault invalid   store/migration-failed       a file's SQL failed; it left nothing, those before it stay
 * @fault transient store/migration-busy         another process has been migrating for longer than we wait
 */
export async function migrate(client: ClientBase, options: MigrationOptions): Promise<Result<MigrationReport>> {
  const files = await readMigrations(options.directory);
  if (!files.ok) return files;
  const server = await checkServer(client);
  if (!server.ok) return server;
  const schema = options.schema ?? defaultSchema;
  const locked = await lockMigrations(client, schema, options.waitMs ?? waitDefaultMs);
  if (!locked.ok) return locked;
  try {
    await prepareSchema(client, schema);
    const applied = await appliedMigrations(client, schema);
    const checked = checkHistory(files.value, applied);
    if (!checked.ok) return checked;
    const before = applied.at(-1)?.number ?? 0;
    const upTo = options.upTo ?? Number.POSITIVE_INFINITY;
    const due = files.value.filter((file) => file.number > before && file.number <= upTo);
    for (const file of due) {
      const result = await inTransaction(client, () => applyMigration(client, schema, file));
      if (!result.ok) return result;
      options.log?.(`migration ${title(file)} applied`);
    }
    return ok({ before, after: due.at(-1)?.number ?? before, applied: due.map(withoutSql) });
  } finally {
    await unlockMigrations(client, schema);
  }
}

/** The files of a directory in order. @fault invalid store/migration-files */
export async function readMigrations(directory: string): Promise<Result<readonly Migration[]>> {
  const wrong = (what: string): Result<never> =>
    fail("invalid", "store/migration-files", `${what} Files are named NNNN-name.sql from 0001 on, see ${directory}.`);
  const names = (await readdir(directory)).filter((name) => name.endsWith(".sql")).toSorted();
  const found: Migration[] = [];
  for (const file of names) {
    const match = /^(\d{4})-([a-z0-9]+(?:-[a-z0-9]+)*)\.sql$/.exec(file);
    if (!match) return wrong(`The migration "${file}" has no proper name.`);
    const sql = (await readFile(join(directory, file), "utf8")).replaceAll("\r\n", "\n");
    const [number, name] = [Number(match[1]), match[2] ?? ""];
    const expected = found.length + 1;
    if (number < expected) return wrong(`The migration number ${match[1]} stands there twice.`);
    if (number > expected) return wrong(`The migration number ${pad(expected)} is missing before "${file}".`);
    if (/^\s*(begin|start\s+transaction|commit|rollback|end)\b[^;\n]*;/im.test(withoutBodies(sql))) {
      return wrong(`The migration "${file}" controls its transaction itself; it runs inside one already.`);
    }
    found.push({ number, name, sql, checksum: hash("sha256", sql, "hex") });
  }
  return ok(found);
}

/** The bodies of functions may say `begin` and `end`; comments may say anything. */
function withoutBodies(sql: string): string {
  return sql.replace(/--[^\n]*|\/\*[^]*?\*\/|(\$[A-Za-z_]*\$)[^]*?\1/g, " ");
}

/** What the database says it has, in order; empty when it has no such table. */
export async function appliedMigrations(client: ClientBase, schema: string): Promise<readonly AppliedMigration[]> {
  const table = `${escapeIdentifier(schema)}.migration`;
  const exists = await client.query<{ found: string | null }>("select to_regclass($1)::text as found", [table]);
  if (exists.rows[0]?.found === null) return [];
  return (await client.query<AppliedMigration>(`select number, name, checksum from ${table} order by number`)).rows;
}

/** Whether the applied files are a beginning of ours, unchanged. */
export function checkHistory(files: readonly Migration[], applied: readonly AppliedMigration[]): Result<void> {
  const last = applied.at(-1)?.number ?? 0;
  if (last > files.length) {
    return fail(
      "conflict",
      "store/schema-newer",
      `The database is at migration ${pad(last)}, this Millrace knows ${pad(files.length)}: it was last used by a newer ` +
        `Millrace. Start that version, or restore a backup that this one has made. Nothing was changed.`,
    );
  }
  for (const row of applied) {
    const file = files[row.number - 1];
    if (file?.checksum === row.checksum) continue;
    return fail(
      "invalid",
      "store/migration-changed",
      `Migration ${title(row)} is not the file that was applied to this database. Files that were applied are never ` +
        `changed: install the released Millrace again, and put a correction into a new file.`,
      { applied: row.checksum, file: file?.checksum },
    );
  }
  return ok(undefined);
}

/** Creates schema and history table when they are not there. */
export async function prepareSchema(client: ClientBase, schema: string): Promise<void> {
  const name = escapeIdentifier(schema);
  await client.query(`
    create schema if not exists ${name};
    create table if not exists ${name}.migration (
      number integer primary key,
      name text not null,
      checksum text not null,
      applied_at timestamptz not null default now()
    )`);
}

/**
 * One file and its row in the history, in the transaction that the caller has open.
 *
 * @fault invalid store/migration-failed   the SQL failed; the transaction is to be rolled back
 */
export async function applyMigration(client: ClientBase, schema: string, file: Migration): Promise<Result<void>> {
  const name = escapeIdentifier(schema);
  await client.query(`set local search_path to ${name}, public`);
  try {
    await client.query(file.sql);
    await client.query("set constraints all immediate");
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const position = "position" in error ? Number(error.position) : Number.NaN;
    const line = Number.isFinite(position) ? `, line ${file.sql.slice(0, position - 1).split("\n").length}` : "";
    return fail(
      "invalid",
      "store/migration-failed",
      `Migration ${title(file)}${line} failed: ${error.message}. It left nothing behind; the migrations before it stay.`,
      error,
    );
  }
  const row = [file.number, file.name, file.checksum];
  await client.query(`insert into ${name}.migration (number, name, checksum) values ($1, $2, $3)`, row);
  return ok(undefined);
}

/** @fault refused store/server-too-old */
export async function checkServer(client: ClientBase): Promise<Result<void>> {
  const found = await client.query<{ number: number; version: string }>(
    "select current_setting('server_version_num')::int as number, current_setting('server_version') as version",
  );
  const server = found.rows[0] ?? { number: 0, version: "unknown" };
  return isServerSupported(server.number)
    ? ok(undefined)
    : fail(
        "refused",
        "store/server-too-old",
        `The database server is PostgreSQL ${server.version}; Millrace needs 15 or newer. Upgrade it, or leave ` +
          `DATABASE_URL out and use the embedded one.`,
      );
}

/** @param number  as `server_version_num` counts: 150004 is 15.4 */
export function isServerSupported(number: number): boolean {
  return number >= serverVersionMin;
}

/** One migrating (or restoring) process per database and schema; the lock ends with the session. */
export async function lockMigrations(client: ClientBase, schema: string, waitMs: number): Promise<Result<void>> {
  try {
    await client.query(`set lock_timeout = ${Math.max(1, Math.trunc(waitMs))}`);
    await client.query("select pg_advisory_lock($1)", [lockKey(schema)]);
    return ok(undefined);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "55P03")) throw error;
    return fail(
      "transient",
      "store/migration-busy",
      `Another process has been migrating or restoring this database for more than ${Math.round(waitMs / 1000)} s. ` +
        `Wait for it, then start again.`,
      error,
    );
  } finally {
    await client.query("reset lock_timeout").catch(() => undefined);
  }
}

export async function unlockMigrations(client: ClientBase, schema: string): Promise<void> {
  // A connection that is gone has lost the lock already.
  await client.query("select pg_advisory_unlock($1)", [lockKey(schema)]).catch(() => undefined);
}

function lockKey(schema: string): string {
  return hash("sha256", `millrace/migration/${schema}`, "buffer").readBigInt64BE(0).toString();
}

async function inTransaction(client: ClientBase, work: () => Promise<Result<void>>): Promise<Result<void>> {
  await client.query("begin");
  try {
    const result = await work();
    await client.query(result.ok ? "commit" : "rollback");
    return result;
  } catch (error) {
    await client.query("rollback").catch(() => undefined);
    throw error;
  }
}

function withoutSql({ number, name, checksum }: Migration): AppliedMigration {
  return { number, name, checksum };
}

function title(migration: Pick<Migration, "number" | "name">): string {
  return `${pad(migration.number)}-${migration.name}`;
}

function pad(number: number): string {
  return String(number).padStart(4, "0");
}
