/** What a backup says about itself. A change that an older Millrace would misread raises `formatVersion`. */
import { z } from "zod";
import { fail, ok, type Result } from "../../base/result.ts";

export const formatVersion = 1;

const hex64 = z.string().regex(/^[0-9a-f]{64}$/);

/** A buffer's file name, without any path: it becomes a file name again at a restore. */
export const bufferName = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;

const tableSchema = z.strictObject({
  name: z.string(),
  isPartitioned: z.boolean(),
  columns: z.array(z.string()),
  rows: z.int().nonnegative(),
  /** Of the bytes in the file. */
  sha256: hex64,
  /** Of the rows, whatever their order: see `row-digest.ts`. */
  rowDigest: hex64,
});

const manifestSchema = z.strictObject({
  formatVersion: z.literal(formatVersion),
  createdAt: z.iso.datetime(),
  server: z.string(),
  schema: z.string(),
  migrations: z.array(z.strictObject({ number: z.int().positive(), name: z.string(), checksum: hex64 })).min(1),
  tables: z.array(tableSchema),
  partitions: z.array(
    z.strictObject({ name: z.string(), parent: z.string(), bound: z.string(), key: z.string().nullable() }),
  ),
  sequences: z.array(z.strictObject({ name: z.string(), last: z.string().regex(/^-?\d+$/), isCalled: z.boolean() })),
  buffers: z.array(
    z.strictObject({
      name: z.string().regex(bufferName),
      bytes: z.int().nonnegative(),
      sha256: hex64,
    }),
  ),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type TableEntry = z.infer<typeof tableSchema>;

/** @fault conflict store/backup-format   made by a Millrace with another format of backups */
export function parseManifest(found: unknown): Result<Manifest> {
  const parsed = manifestSchema.safeParse(found);
  if (parsed.success) return ok(parsed.data);
  const version =
    typeof found === "object" && found !== null && "formatVersion" in found ? String(found.formatVersion) : "unknown";
  return fail(
    "conflict",
    "store/backup-format",
    `The backup has format ${version}, this Millrace reads format ${formatVersion}. Restore it with the Millrace that ` +
      `made it or a newer one. Nothing was changed.`,
    parsed.error.issues,
  );
}
