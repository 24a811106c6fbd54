/** Serves a site folder: reads the files, then starts everything. Where the environment of the process is read. */
import { resolve } from "node:path";
import { systemClock } from "../base/clock.ts";
import { fail, type Result } from "../base/result.ts";
import { jsonLog } from "./log.ts";
import { serve, type Running, type ServeOptions } from "./serve.ts";
import { openSite } from "./site.ts";

export interface FolderOptions extends Pick<ServeOptions, "probe" | "parts" | "api"> {
  readonly site: string;
  readonly data: string;
  /** Takes the log, a line at a time. */
  readonly write: (line: string) => void;
}

export async function serveFolder(options: FolderOptions): Promise<Result<Running>> {
  const { probe, parts, api, write } = options;
  const loaded = await openSite(resolve(options.site), process.env);
  if (!loaded.site.ok) {
    if (loaded.findings.length === 0) return loaded.site;
    const lines = loaded.findings.map((f) => `${f.file}:${f.line}:${f.column}: ${f.message}`);
    return fail("invalid", "app/site", `The site cannot be used as it is written.\n${lines.join("\n")}`);
  }
  const rest = { ...(probe ? { probe } : {}), ...(parts ? { parts } : {}), ...(api ? { api } : {}) };
  return serve({
    site: loaded.site.value,
    dataDir: resolve(options.data),
    environment: process.env,
    clock: systemClock,
    log: jsonLog(systemClock, write),
    ...rest,
  });
}
