/** Structured log: one JSON object a line on standard error; secrets never enter it. */
import type { Clock } from "../base/clock.ts";
import { formatInstant } from "../base/instant.ts";

export interface Log {
  info(message: string, detail?: unknown): void;
  warn(message: string, detail?: unknown): void;
  error(message: string, detail?: unknown): void;
}

export function jsonLog(clock: Clock, write: (line: string) => void): Log {
  const say = (level: string) => (message: string, detail?: unknown) =>
    write(
      JSON.stringify({
        at: formatInstant(clock.now()),
        level,
        message,
        ...(detail === undefined ? {} : { detail: shown(detail) }),
      }),
    );
  return { info: say("info"), warn: say("warn"), error: say("error") };
}

/** Nothing of a cause is left out that an engineer needs, and nothing can make the log fail. */
function shown(detail: unknown): unknown {
  if (detail instanceof Error) {
    return {
      name: detail.name,
      message: detail.message,
      stack: detail.stack,
      ...(detail.cause === undefined ? {} : { cause: shown(detail.cause) }),
    };
  }
  if (typeof detail !== "object" || detail === null) return typeof detail === "bigint" ? detail.toString() : detail;
  try {
    JSON.stringify(detail);
    return "cause" in detail ? { ...detail, cause: shown(detail.cause) } : detail;
  } catch {
    return String(detail);
  }
}
