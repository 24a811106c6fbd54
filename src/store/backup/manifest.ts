/**
 * What a backup says about itself. A change that an older Millrace would misread raises `formatVersion`. The archive's
 * digest has proven that the manifest is as it was written; what is checked here is that it is one we understand, and
 * that no name in it leads out of its place.
 */
import { fail, ok, type Result } from "../../base/result.ts";
import type { AppliedMigration } from "../migration.ts";
import type { PartitionShape, SequenceState, TableShape } from "./catalog.ts";

export const formatVersion = 1;

/** A buffer's file name, without any path: it becomes a file name again at a restore. */
export const bufferName = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;

export interface TableEntry extends TableShape {
  readonly rows: number;
  /** Of the bytes in the file, hexadecimal. */
  readonly sha256: string;
  /** Of the rows, whatever their order: see `row-digest.ts`. */
  readonly rowDigest: string;
}

export interface BufferEntry {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface Manifest {
  readonly formatVersion: typeof formatVersion;
  /** ISO 8601 */
  readonly createdAt: string;
  /** Version of the server, e.g. `18.4`; for people. */
  readonly server: string;
  readonly schema: string;
  /** In order. */
  readonly migrations: readonly AppliedMigration[];
  readonly tables: readonly TableEntry[];
  readonly partitions: readonly PartitionShape[];
  readonly sequences: readonly SequenceState[];
  readonly buffers: readonly BufferEntry[];
  /** Fingerprint of the key that signs evidence, which itself is in no backup; left out where there was none. */
  readonly evidenceKey?: string;
}

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === "string";
const flag: Check = (value) => typeof value === "boolean";
const count: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const like =
  (pattern: RegExp): Check =>
  (value) =>
    typeof value === "string" && pattern.test(value);
const textOrNull: Check = (value) => value === null || text(value);
const list =
  (each: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(each);
const record =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) =>
    typeof value === "object" &&
    value !== null &&
    Object.entries(fields).every(([name, check]) => check(Reflect.get(value, name)));

const digest = like(/^[0-9a-f]{64}$/);
const table = { name: text, isPartitioned: flag, columns: list(text), rows: count, sha256: digest, rowDigest: digest };

const isManifest = record({
  formatVersion: (value) => value === formatVersion,
  createdAt: text,
  server: text,
  schema: text,
  migrations: list(record({ number: count, name: text, checksum: digest })),
  tables: list(record(table)),
  partitions: list(record({ name: text, parent: text, bound: text, key: textOrNull })),
  sequences: list(record({ name: text, last: like(/^-?\d+$/), isCalled: flag })),
  buffers: list(record({ name: like(bufferName), bytes: count, sha256: digest })),
  evidenceKey: (value) => value === undefined || digest(value),
});

/** @fault conflict store/backup-format   made by a Millrace with another format of backups */
export function parseManifest(found: unknown): Result<Manifest> {
  // Every field that a manifest has was looked at.
  if (isManifest(found)) return ok(found as Manifest);
  const version =
    typeof found === "object" && found !== null && "formatVersion" in found ? String(found.formatVersion) : "unknown";
  return fail(
    "conflict",
    "store/backup-format",
    `The backup has format ${version}, this Millrace reads format ${formatVersion}. Restore it with the Millrace that ` +
      `made it or a newer one. Nothing was changed.`,
    found,
  );
}
