/** Asks the running process of a data directory through its control door. */
import { resolve } from "node:path";
import { fail, ok, type Result } from "../base/result.ts";
import { readRuntime } from "./runtime-file.ts";
import type { Status } from "./status.ts";

const timeoutMs = 10_000;

export async function askStatus(dataDir: string): Promise<Result<Status>> {
  const record = await readRuntime(resolve(dataDir));
  if (!record.ok) return record;
  const { port, token, pid } = record.value;
  try {
    const reply = await fetch(`http://127.0.0.1:${port}/status`, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(timeoutMs),
    });
    const body: unknown = await reply.json();
    // The door of our own process.
    if (reply.ok) return ok(body as Status);
    return fail(
      "transient",
      "app/status",
      `Millrace (process ${pid}) runs but cannot say how it is: its database may be away.`,
      body,
    );
  } catch (error) {
    const text = `Millrace (process ${pid}) does not answer. If it was killed, start it again: millrace serve.`;
    return fail("transient", "app/not-running", text, error);
  }
}
