/**
 * Backup: the whole record and the gateways' buffers as one file, from one snapshot, while everything runs on. It is
 * logical (rows as text), so it moves between PostgreSQL versions. Reading it back is in `restore.ts`.
 */
import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { Client, type ClientBase } from "pg";
import type { Clock } from "../base/clock.ts";
import { formatInstant } from "../base/instant.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { copyBuffer } from "./backup/buffer-copy.ts";
import { createArchive, type ArchiveWriter } from "./backup/archive.ts";
import {
  copyOutOf,
  fixTextForm,
  qualified,
  readPartitions,
  readSequences,
  readTables,
  type TableShape,
} from "./backup/catalog.ts";
import { copyOut } from "./backup/copy.ts";
import { bufferName, formatVersion, type BufferEntry, type Manifest, type TableEntry } from "./backup/manifest.ts";
import { rowDigest } from "./backup/row-digest.ts";
import { syncDirectory } from "./embedded/place.ts";
import { appliedMigrations, checkServer, defaultSchema } from "./migration.ts";

export interface BackupOptions {
  readonly connectionString: string;
  /** Paths of the gateways' SQLite files; they may be in use. */
  readonly buffers: readonly string[];
  /** The file to make; it must not be there. */
  readonly out: string;
  /** Fingerprint of the key that signs evidence; null: there is none. */
  readonly evidenceKey?: string | null;
  readonly clock: Clock;
  readonly schema?: string;
  readonly progress?: (step: BackupStep) => void;
}

/** Told after each table and each buffer. */
export interface BackupStep {
  readonly kind: "table" | "buffer";
  readonly name: string;
  /** Rows of the table, bytes of the buffer. */
  readonly amount: number;
  readonly done: number;
  readonly total: number;
}

export interface BackupReport {
  readonly file: string;
  readonly bytes: number;
  readonly rows: number;
  readonly tables: number;
  /** Number of the last migration. */
  readonly migration: number;
}

const snapshotAttemptMax = 5;

/**
 * Makes a backup. The file has its name only when it is complete and on disk.
 *
 * @fault invalid   store/backup-exists      the file is there already
 * @fault invalid   store/buffer-missing     a buffer is not there, or its file name does not serve
 * @fault invalid   store/backup-empty       the database has no Millrace schema
 * @fault transient store/backup-failed      database or disk failed on the way; nothing is left
 * @fault refused   store/server-too-old     PostgreSQL older than 15
 */
export async function backup(options: BackupOptions): Promise<Result<BackupReport>> {
  const { out, buffers } = options;
  if (existsSync(out)) {
    return fail(
      "invalid",
      "store/backup-exists",
      `${out} is there already. Choose another name; a backup is never overwritten.`,
    );
  }
  const names = buffers.map((path) => basename(path));
  const wrong = buffers.find(
    (path, at) => !existsSync(path) || !bufferName.test(basename(path)) || names.indexOf(basename(path)) !== at,
  );
  if (wrong !== undefined) {
    return fail(
      "invalid",
      "store/buffer-missing",
      `The buffer ${wrong} is not there, has signs other than letters, digits, ".", "_" and "-" in its name, or shares ` +
        `its name with another one. Check the paths of the buffers.`,
    );
  }
  const partial = `${out}.partial`;
  const client = new Client({ connectionString: options.connectionString, application_name: "millrace backup" });
  client.on("error", () => undefined); // a connection that breaks also fails its query
  let archive: ArchiveWriter | null = null;
  try {
    await client.connect();
    const server = await checkServer(client);
    if (!server.ok) return server;
    await rm(partial, { force: true });
    archive = await createArchive(partial);
    const made = await writeAll(client, archive, options);
    if (!made.ok) return made;
    const bytes = await archive.finish(made.value);
    archive = null;
    await rename(partial, out);
    await syncDirectory(dirname(out));
    const rows = made.value.tables.reduce((sum, table) => sum + table.rows, 0);
    const migration = made.value.migrations.at(-1)?.number ?? 0;
    return ok({ file: out, bytes, rows, tables: made.value.tables.length, migration });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return fail(
      "transient",
      "store/backup-failed",
      `The backup was not made: ${why}. Nothing is left of it; mend that and try again.`,
      error,
    );
  } finally {
    await archive?.abort();
    await rm(partial, { force: true });
    await client.end().catch(() => undefined);
  }
}

async function writeAll(client: ClientBase, archive: ArchiveWriter, options: BackupOptions): Promise<Result<Manifest>> {
  const schema = options.schema ?? defaultSchema;
  const createdAt = formatInstant(options.clock.now());
  const shapes = await beginSnapshot(client, schema);
  const migrations = await appliedMigrations(client, schema);
  if (migrations.length === 0) {
    return fail(
      "invalid",
      "store/backup-empty",
      "The database has no Millrace schema: there is nothing to back up. Check DATABASE_URL.",
    );
  }
  const total = shapes.length + options.buffers.length;
  const tables: TableEntry[] = [];
  for (const shape of shapes) {
    const table = await writeTable(client, archive, schema, shape);
    tables.push(table);
    options.progress?.({ kind: "table", name: shape.name, amount: table.rows, done: tables.length, total });
  }
  const partitions = await readPartitions(client, schema);
  // After the rows: a sequence is not part of the snapshot, and may be ahead of it but never behind.
  const sequences = await readSequences(client, schema);
  const version = await client.query<{ server: string }>("select current_setting('server_version') as server");
  await client.query("commit");
  // After the snapshot: a buffer keeps rows for days after the database has them, so together they have everything.
  const buffers: BufferEntry[] = [];
  for (const path of options.buffers) {
    const buffer = await writeBuffer(archive, path, `${options.out}.${basename(path)}.partial`);
    buffers.push(buffer);
    const done = tables.length + buffers.length;
    options.progress?.({ kind: "buffer", name: buffer.name, amount: buffer.bytes, done, total });
  }
  const server = version.rows[0]?.server ?? "unknown";
  return ok({
    formatVersion,
    createdAt,
    server,
    schema,
    migrations,
    tables,
    partitions,
    sequences,
    buffers,
    ...(options.evidenceKey ? { evidenceKey: options.evidenceKey } : {}),
  });
}

/**
 * One snapshot of everything, with the tables and partitions locked against being dropped: a catalog is not part of a
 * snapshot, and a partition that retention removes meanwhile would be missing without a word. The locks come before
 * the snapshot, so what they cover is looked at again.
 */
async function beginSnapshot(client: ClientBase, schema: string): Promise<readonly TableShape[]> {
  for (let attempt = 1; ; attempt++) {
    const expected = await readTables(client, schema);
    await client.query("begin isolation level repeatable read, read only");
    if (expected.length > 0) {
      const names = expected.map((table) => qualified(schema, table.name)).join(", ");
      await client.query(`lock table ${names} in access share mode`);
    }
    await fixTextForm(client, schema);
    const found = await readTables(client, schema);
    if (JSON.stringify(found) === JSON.stringify(expected)) return found;
    await client.query("rollback");
    if (attempt === snapshotAttemptMax) throw new Error("the tables are being changed all the time");
  }
}

async function writeTable(
  client: ClientBase,
  archive: ArchiveWriter,
  schema: string,
  shape: TableShape,
): Promise<TableEntry> {
  await archive.entry(`table/${shape.name}`);
  const sha256 = createHash("sha256");
  const digest = rowDigest();
  const rows = await copyOut(client, copyOutOf(schema, shape), async (batch) => {
    for (const row of batch) digest.add(row);
    const bytes = Buffer.concat(batch);
    sha256.update(bytes);
    await archive.write(bytes);
  });
  const { name, isPartitioned, columns } = shape;
  return { name, isPartitioned, columns, rows, sha256: sha256.digest("hex"), rowDigest: digest.text() };
}

/** One buffer, by way of a copy beside the backup. */
async function writeBuffer(archive: ArchiveWriter, path: string, copy: string): Promise<BufferEntry> {
  await rm(copy, { force: true });
  try {
    await copyBuffer(path, copy);
    const name = basename(path);
    await archive.entry(`buffer/${name}`);
    const sha256 = createHash("sha256");
    for await (const chunk of createReadStream(copy, { highWaterMark: 1024 * 1024 })) {
      const bytes = chunk as Buffer; // no encoding is set, so the stream yields buffers
      sha256.update(bytes);
      await archive.write(bytes);
    }
    return { name, bytes: (await stat(copy)).size, sha256: sha256.digest("hex") };
  } finally {
    await rm(copy, { force: true });
  }
}
