/** What stands in the database and can no longer be read; whoever asks for it decides what that means. */

/** As PostgreSQL says that a page or an index is not as it was written (or is being written), that the disk fails, and that a file is gone. */
const codes: ReadonlySet<unknown> = new Set(["XX001", "XX002", "58030", "58P01", "UNREADABLE_COLUMN"]);

export function isDamage(error: unknown): boolean {
  return error instanceof Error && "code" in error && codes.has(error.code);
}
