/** Asks the running process of a data directory through its control door. */
import { resolve } from "node:path";
import { fail, ok, type Result } from "../base/result.ts";
import type { FinalOutcome } from "../flows/finalise.ts";
import { processMark } from "../store/embedded/process.ts";
import { finalPath, type FinalBody } from "./decide.ts";
import { exportPath, importPath, type ExportBody, type ImportBody, type Imported } from "./document-command.ts";
import { readRuntime, type RuntimeRecord } from "./runtime-file.ts";
import type { Status } from "./status.ts";

const usualTimeoutMs = 10_000;
/** A document may hold hundreds of orders. */
const documentTimeoutMs = 60_000;

export async function askStatus(dataDir: string): Promise<Result<Status>> {
  const asked = await ask(dataDir, "/status", {});
  if (!asked.ok) return asked;
  const { pid, isGood, body } = asked.value;
  // The door of our own process.
  if (isGood) return ok(body as Status);
  const text = `Millrace (process ${pid}) runs but cannot say how it is: its database may be away.`;
  return fail("transient", "app/status", text, body);
}

/** What the flow has decided. */
export type FinalAnswer = FinalOutcome;

export { exportedNouns } from "../flows/export-document.ts";

const tries = 3;

/** Decides that an operation is final, or takes that back. @fault transient app/command */
export function giveFinal(dataDir: string, command: FinalBody): Promise<Result<FinalAnswer>> {
  return give<FinalAnswer>(dataDir, finalPath, command);
}

/** Has a file of B2MML taken over. @fault transient app/command */
export function giveFile(dataDir: string, command: ImportBody): Promise<Result<Imported>> {
  return give<Imported>(dataDir, importPath, command, documentTimeoutMs);
}

/** What is held of a noun, as B2MML. @fault transient app/command; also see `exportDocument` */
export function showDocument(dataDir: string, command: ExportBody): Promise<Result<string>> {
  return give<string>(dataDir, exportPath, command, documentTimeoutMs);
}

/**
 * Gives a command. A reply that is lost is asked for again with the same words: every command is done once, by its id or
 * by what it says.
 *
 * @fault transient app/command  the process runs and could not do it now
 */
async function give<T>(dataDir: string, path: string, command: object, timeoutMs = usualTimeoutMs): Promise<Result<T>> {
  const body = JSON.stringify(command);
  for (let attempt = 1; ; attempt += 1) {
    const asked = await ask(dataDir, path, { method: "POST", body, timeoutMs });
    // The door of our own process answers with what became of the command.
    if (asked.ok && asked.value.isGood) return asked.value.body as Result<T>;
    if (!asked.ok && attempt < tries && asked.fault.cause !== undefined) continue;
    if (!asked.ok) return asked;
    const text = `Millrace (process ${asked.value.pid}) could not do it now: its database may be away. Give the same command again.`;
    return fail("transient", "app/command", text, asked.value.body);
  }
}

export interface Answered {
  readonly pid: number;
  readonly isGood: boolean;
  readonly body: unknown;
}

/** @fault transient app/not-running  no process runs there, or it does not answer */
export async function ask(
  dataDir: string,
  path: string,
  {
    timeoutMs = usualTimeoutMs,
    ...how
  }: { readonly method?: string; readonly body?: string; readonly timeoutMs?: number },
): Promise<Result<Answered>> {
  const record = await readRuntime(resolve(dataDir));
  if (!record.ok) return record;
  const { port, token } = record.value;
  try {
    const reply = await fetch(`http://127.0.0.1:${port}${path}`, {
      ...how,
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(timeoutMs),
    });
    const body: unknown = await reply.json();
    return ok({ pid: record.value.pid, isGood: reply.ok, body });
  } catch (error) {
    return fail("transient", "app/not-running", await silence(record.value, timeoutMs), error);
  }
}

/** Why nobody answers: a process that runs may only be slow, and need not be started again. */
async function silence({ pid, mark }: RuntimeRecord, timeoutMs: number): Promise<string> {
  const now = await processMark(pid);
  if (now === null || (mark ?? now) !== now) {
    return `Millrace (process ${pid}) has ended without being stopped. Start it again: millrace serve.`;
  }
  const busy = "This computer may have too much to do: ask again in a minute.";
  return `Millrace (process ${pid}) runs, but has not answered within ${timeoutMs / 1000} s. ${busy}`;
}
