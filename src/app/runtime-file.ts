/**
 * What a running process leaves in its data directory for the commands beside it: how it is reached and where its
 * database is. Readable by its owner only.
 */
import { randomBytes } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fail, ok, type Result } from "../base/result.ts";
import { processMark } from "../store/embedded/process.ts";

export interface RuntimeRecord {
  readonly pid: number;
  /** See `processMark`: a later process may have the same pid. An earlier release has left none. */
  readonly mark?: string | null;
  /** Loopback port of the control door. */
  readonly port: number;
  /** Whoever can read the file may ask. */
  readonly token: string;
  readonly connectionString: string;
}

const name = "runtime.json";

export async function writeRuntime(dataDir: string, record: Omit<RuntimeRecord, "mark">): Promise<void> {
  const file = join(dataDir, name);
  const beside = `${file}.${record.pid}`;
  await writeFile(beside, JSON.stringify({ ...record, mark: await processMark(record.pid) }), { mode: 0o600 });
  await rename(beside, file);
}

export async function readRuntime(dataDir: string): Promise<Result<RuntimeRecord>> {
  try {
    // Written by ourselves just above.
    return ok(JSON.parse(await readFile(join(dataDir, name), "utf8")) as RuntimeRecord);
  } catch (error) {
    const text = `No Millrace is running on ${dataDir}. Start it with: millrace serve --site DIR --data ${dataDir}`;
    return fail("transient", "app/not-running", text, error);
  }
}

export async function removeRuntime(dataDir: string): Promise<void> {
  await rm(join(dataDir, name), { force: true });
}

export function newToken(): string {
  return randomBytes(24).toString("base64url");
}
