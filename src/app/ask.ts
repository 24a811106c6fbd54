/** Asks the running process of a data directory through its control door. */
import { resolve } from "node:path";
import { fail, ok, type Result } from "../base/result.ts";
import type { FinalOutcome } from "../flows/finalise.ts";
import { finalPath, type FinalBody } from "./decide.ts";
import { readRuntime } from "./runtime-file.ts";
import type { Status } from "./status.ts";

const usualTimeoutMs = 10_000;

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

const tries = 3;

/**
 * Gives a command. A reply that is lost is asked for again with the same id, which decides nothing twice.
 *
 * @fault transient app/command  the process runs and could not decide now
 */
export async function giveFinal(dataDir: string, command: FinalBody): Promise<Result<FinalAnswer>> {
  const body = JSON.stringify(command);
  for (let attempt = 1; ; attempt += 1) {
    const asked = await ask(dataDir, finalPath, { method: "POST", body });
    // The door of our own process answers with what the flow has decided.
    if (asked.ok && asked.value.isGood) return asked.value.body as Result<FinalAnswer>;
    if (!asked.ok && attempt < tries && asked.fault.cause !== undefined) continue;
    if (!asked.ok) return asked;
    const text = `Millrace (process ${asked.value.pid}) could not decide now: its database may be away. Give the command ${command.id} again.`;
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
  const { port, token, pid } = record.value;
  try {
    const reply = await fetch(`http://127.0.0.1:${port}${path}`, {
      ...how,
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(timeoutMs),
    });
    const body: unknown = await reply.json();
    return ok({ pid, isGood: reply.ok, body });
  } catch (error) {
    const text = `Millrace (process ${pid}) does not answer. If it was killed, start it again: millrace serve.`;
    return fail("transient", "app/not-running", text, error);
  }
}
