/**
 * Restore: reads a backup into an empty database, in one transaction. Either everything is there afterwards, or
 * nothing is. Making backups is in `backup.ts`; what recovery means for postings is the caller's, through `afterLoad`.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Client, type ClientBase } from "pg";
import { fail, ok, type Result } from "../base/result.ts";
import { openArchive, type ArchiveEntry, type CheckedArchive } from "./backup/archive.ts";
import * as catalog from "./backup/catalog.ts";
import { copyIn, copyOut } from "./backup/copy.ts";
import { parseManifest, type Manifest, type TableEntry } from "./backup/manifest.ts";
import { rowDigest } from "./backup/row-digest.ts";
import { syncDirectory } from "./embedded/place.ts";
import {
  applyMigration,
  checkHistory,
  checkServer,
  lockMigrations,
  migrate,
  prepareSchema,
  readMigrations,
  type Migration,
} from "./migration.ts";

export interface RestoreOptions {
  readonly file: string;
  /** An empty database. */
  readonly connectionString: string;
  /** Where the buffers go; made when it is not there. */
  readonly buffersDir: string;
  /** Directory with the migrations of this Millrace. */
  readonly migrations: string;
  /**
   * Called in the transaction of the data, when it is loaded and checked, with the schema as it was at the backup: the
   * place to mark the database as recovering. A throw undoes the restore.
   */
  readonly afterLoad?: (client: ClientBase, backup: RestoredBackup) => Promise<void>;
  readonly progress?: (step: RestoreStep) => void;
}

export interface RestoredBackup {
  readonly createdAt: string;
  /** Number of the last migration at the time of the backup. */
  readonly migration: number;
  /** The schema's name; it stands first on the search path. */
  readonly schema: string;
}

/** Told after each table is loaded, each buffer is written, each table is checked. */
export interface RestoreStep {
  readonly kind: "table" | "buffer" | "check";
  readonly name: string;
  readonly amount: number;
  readonly done: number;
  readonly total: number;
}

export interface RestoreReport extends RestoredBackup {
  /** Fingerprint of the key that signed evidence before the backup; null: there was none, or the backup is older than that. */
  readonly evidenceKey: string | null;
  readonly rows: number;
  readonly buffers: readonly string[];
  /** Number of the last migration now. */
  readonly migrationNow: number;
}

const lockWaitMs = 5_000;

/**
 * Restores a backup. Until the data is committed nothing in the database has changed.
 *
 * @fault invalid   store/backup-unreadable   the file is not there, or no rights
 * @fault invalid   store/backup-damaged      cut off or changed: seen before anything is touched
 * @fault conflict  store/backup-format       another format of backups
 * @fault conflict  store/backup-newer        made by a Millrace with more migrations
 * @fault invalid   store/migration-changed   a migration of the backup is not ours
 * @fault refused   store/database-not-empty  the database holds something
 * @fault refused   store/buffer-exists       a buffer of that name is there
 * @fault refused   store/restore-failed      loading or checking failed; nothing was restored
 * @fault ambiguous store/restore-in-doubt    the connection was lost during the commit
 * @fault transient store/restored-not-migrated   restored, but newer migrations are still to be run
 * Further faults of the connection and of newer migrations: `migration.ts`.
 */
export async function restore(options: RestoreOptions): Promise<Result<RestoreReport>> {
  const archive = await openArchive(options.file);
  if (!archive.ok) return archive;
  const manifest = parseManifest(archive.value.manifest);
  if (!manifest.ok) return manifest;
  const files = await readMigrations(options.migrations);
  if (!files.ok) return files;
  const known = checkMigrations(files.value, manifest.value);
  if (!known.ok) return known;
  const taken = manifest.value.buffers.find(({ name }) => existsSync(join(options.buffersDir, name)));
  if (taken) {
    const message = `${join(options.buffersDir, taken.name)} is there already. Move it away; a buffer is never overwritten.`;
    return fail("refused", "store/buffer-exists", message);
  }
  const client = new Client({ connectionString: options.connectionString, application_name: "millrace restore" });
  client.on("error", () => undefined); // a connection that breaks also fails its query
  try {
    await client.connect();
    const loaded = await loadWhole(client, {
      ...options,
      archive: archive.value,
      manifest: manifest.value,
      files: files.value,
    });
    if (!loaded.ok) return loaded;
    return await migrateFurther(client, options, manifest.value);
  } catch (error) {
    return restoreFailed(error);
  } finally {
    await client.end().catch(() => undefined); // the lock ends with the session
  }
}

/** What newer versions have added since the backup. The data is in the database by now, whatever happens here. */
async function migrateFurther(
  client: ClientBase,
  options: RestoreOptions,
  manifest: Manifest,
): Promise<Result<RestoreReport>> {
  const { schema, createdAt, migrations, buffers, tables } = manifest;
  const migration = migrations.at(-1)?.number ?? 0;
  try {
    const newer = await migrate(client, { directory: options.migrations, schema });
    if (!newer.ok) return newer;
    const rows = tables.reduce((sum, table) => sum + table.rows, 0);
    const names = buffers.map((buffer) => buffer.name);
    const evidenceKey = manifest.evidenceKey ?? null;
    return ok({ createdAt, migration, schema, rows, buffers: names, migrationNow: newer.value.after, evidenceKey });
  } catch (error) {
    return fail(
      "transient",
      "store/restored-not-migrated",
      `The backup is restored, but the connection was lost before the migrations after number ${migration} were run. ` +
        `Nothing is to be restored again: start Millrace, which runs them.`,
      error,
    );
  }
}

function restoreFailed(error: unknown): Result<never> {
  const why = error instanceof Error ? error.message : String(error);
  const message = `The backup was not restored: ${why}. The database is as empty as before; mend that and try again.`;
  return fail("refused", "store/restore-failed", message, error);
}

function checkMigrations(files: readonly Migration[], manifest: Manifest): Result<void> {
  const last = manifest.migrations.at(-1)?.number ?? 0;
  if (last > files.length) {
    return fail(
      "conflict",
      "store/backup-newer",
      `The backup was made at migration ${last}, this Millrace knows ${files.length}. Restore it with the Millrace that ` +
        `made it or a newer one. Nothing was changed.`,
    );
  }
  return checkHistory(files, manifest.migrations);
}

interface Load extends RestoreOptions {
  readonly archive: CheckedArchive;
  readonly manifest: Manifest;
  readonly files: readonly Migration[];
}

/** Everything up to the commit. Buffers get their names just before it, and lose them again when it fails. */
async function loadWhole(client: ClientBase, load: Load): Promise<Result<void>> {
  const { manifest, buffersDir } = load;
  const server = await checkServer(client);
  if (!server.ok) return server;
  const locked = await lockMigrations(client, manifest.schema, lockWaitMs);
  if (!locked.ok) return locked;
  const present = await catalog.readForeignRelations(client);
  if (present.length > 0) {
    return fail(
      "refused",
      "store/database-not-empty",
      `The database is not empty (it has ${present.join(", ")}${present.length === 5 ? ", …" : ""}). A backup is restored ` +
        `into an empty database only: make a new one, or start with a new data directory.`,
    );
  }
  const placed: string[] = [];
  const undo = async (): Promise<void> => {
    await client.query("rollback").catch(() => undefined);
    for (const path of placed) await rm(path, { force: true });
    for (const { name } of manifest.buffers) await rm(partialOf(buffersDir, name), { force: true });
  };
  try {
    await client.query("begin");
    const built = await buildSchema(client, load);
    if (!built.ok) {
      await undo();
      return built;
    }
    await loadRows(client, load);
    const { schema, createdAt, migrations } = manifest;
    await load.afterLoad?.(client, { schema, createdAt, migration: migrations.at(-1)?.number ?? 0 });
    for (const { name } of manifest.buffers) {
      await rename(partialOf(buffersDir, name), join(buffersDir, name));
      placed.push(join(buffersDir, name));
    }
    if (placed.length > 0) await syncDirectory(buffersDir);
  } catch (error) {
    await undo();
    return restoreFailed(error);
  }
  return commit(client, undo);
}

async function commit(client: ClientBase, undo: () => Promise<void>): Promise<Result<void>> {
  try {
    await client.query("commit");
    return ok(undefined);
  } catch (error) {
    const isAnswer = error instanceof Error && "code" in error && /^[0-9A-Z]{5}$/.test(String(error.code));
    if (isAnswer) {
      await undo();
      return restoreFailed(error);
    }
    return fail(
      "ambiguous",
      "store/restore-in-doubt",
      `The connection was lost while the restore was being committed. Look at the database: with tables in it the restore ` +
        `is complete; when it is empty, move the restored buffers away and restore again.`,
      error,
    );
  }
}

/** The schema as it was at the backup: its migrations, without the rows they put in, with the partitions of that day. */
async function buildSchema(client: ClientBase, { manifest, files }: Load): Promise<Result<void>> {
  const { schema } = manifest;
  await prepareSchema(client, schema);
  for (const file of files.slice(0, manifest.migrations.length)) {
    const applied = await applyMigration(client, schema, file);
    if (!applied.ok) return applied;
  }
  await catalog.fixTextForm(client, schema);
  for (const { name, parent, bound, key } of manifest.partitions) {
    const partition = catalog.qualified(schema, name);
    const deeper = key === null ? "" : ` partition by ${key}`;
    await client.query(
      `create table if not exists ${partition} partition of ${catalog.qualified(schema, parent)} ${bound}${deeper}`,
    );
  }
  return ok(undefined);
}

/**
 * Foreign keys are taken away and brought back at the end, so that tables may point to each other in circles; bringing
 * them back checks every row. Triggers of ours rest: what they did is in the rows already. No superuser is needed.
 */
async function loadRows(client: ClientBase, load: Load): Promise<void> {
  const { manifest } = load;
  const { schema, tables } = manifest;
  const keys = await catalog.readForeignKeys(client, schema);
  const triggers = await catalog.readTriggerStates(client, schema);
  for (const key of keys) await client.query(key.drop);
  const names = tables.map((table) => catalog.qualified(schema, table.name));
  for (const name of names) await client.query(`alter table ${name} disable trigger user`);
  if (names.length > 0) await client.query(`truncate ${names.join(", ")}`);
  await loadEntries(client, load);
  await client.query("set constraints all immediate");
  for (const key of keys) await client.query(key.add);
  for (const trigger of triggers) await client.query(trigger);
  for (const { name, last, isCalled } of manifest.sequences) {
    const sequence = catalog.qualified(schema, name);
    await client.query("select setval($1::regclass, $2::bigint, $3)", [sequence, last, isCalled]);
  }
  for (const [at, table] of tables.entries()) {
    await checkTable(client, schema, table);
    load.progress?.({ kind: "check", name: table.name, amount: table.rows, done: at + 1, total: tables.length });
  }
}

async function loadEntries(client: ClientBase, load: Load): Promise<void> {
  const { manifest, archive, buffersDir } = load;
  const total = manifest.tables.length + manifest.buffers.length;
  const due = new Set([
    ...manifest.tables.map((t) => `table/${t.name}`),
    ...manifest.buffers.map((b) => `buffer/${b.name}`),
  ]);
  for await (const entry of archive.entries()) {
    if (!due.delete(entry.name)) throw new Error(`the backup holds "${entry.name}", which its manifest does not name`);
    const done = total - due.size;
    const table = manifest.tables.find(({ name }) => entry.name === `table/${name}`);
    const buffer = manifest.buffers.find(({ name }) => entry.name === `buffer/${name}`);
    if (table) {
      await copyIn(client, catalog.copyInto(manifest.schema, table), checkedBytes(entry, table.sha256));
      load.progress?.({ kind: "table", name: table.name, amount: table.rows, done, total });
    } else if (buffer) {
      await writeBuffer(buffersDir, buffer.name, checkedBytes(entry, buffer.sha256));
      load.progress?.({ kind: "buffer", name: buffer.name, amount: buffer.bytes, done, total });
    }
  }
  if (due.size > 0) throw new Error(`the backup lacks ${[...due].join(", ")}`);
}

/** The file was checked as a whole before; it may have been changed since. */
async function* checkedBytes(entry: ArchiveEntry, sha256: string): AsyncGenerator<Buffer> {
  const digest = createHash("sha256");
  for await (const chunk of entry.bytes) {
    digest.update(chunk);
    yield chunk;
  }
  if (digest.digest("hex") !== sha256) throw new Error(`the digest of "${entry.name}" does not fit`);
}

async function writeBuffer(directory: string, name: string, bytes: AsyncIterable<Buffer>): Promise<void> {
  await mkdir(directory, { recursive: true });
  const file = await open(partialOf(directory, name), "w", 0o600);
  try {
    for await (const chunk of bytes) await file.writeFile(chunk);
    await file.sync();
  } finally {
    await file.close();
  }
}

function partialOf(directory: string, name: string): string {
  return join(directory, `${name}.restoring`);
}

/** Reads the table back out of the database: the same rows as in the backup, each as often. */
async function checkTable(client: ClientBase, schema: string, table: TableEntry): Promise<void> {
  const digest = rowDigest();
  const rows = await copyOut(client, catalog.copyOutOf(schema, table), async (batch) => {
    for (const row of batch) digest.add(row);
  });
  if (rows === table.rows && digest.text() === table.rowDigest) return;
  throw new Error(
    `table ${table.name} has ${rows} rows in the database and ${table.rows} in the backup, or other content`,
  );
}
