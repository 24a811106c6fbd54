/**
 * How an embedded server is configured. The files are ours and written anew whenever they differ; what a site wants
 * otherwise stands in `postgresql.local.conf` inside the cluster. Durability is not up for tuning: it is given on the
 * command line, which overrides every file.
 */
import { hash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { totalmem } from "node:os";
import { join } from "node:path";
import { embeddedRole, type Endpoint } from "./endpoint.ts";
import { writeWhole } from "./place.ts";
import type { Identity } from "./program.ts";

/** A committed transaction survives a power cut. */
export const durableFlags: readonly string[] = [
  "fsync=on",
  "synchronous_commit=on",
  "full_page_writes=on",
  "restart_after_crash=on",
].flatMap((setting) => ["-c", setting]);

const localFile = "postgresql.local.conf";
const MiB = 1024 * 1024;

/** A sixteenth of the machine's memory, 128 to 512 MiB: the machine is shared with Millrace and its gateways. */
export function sharedBuffersMb(memoryBytes: number): number {
  return Math.max(128, Math.min(512, Math.floor(memoryBytes / 16 / MiB)));
}

export interface Settings {
  readonly conf: string;
  readonly hba: string;
  /** Changes when the server would have to be started anew to run with these settings. */
  readonly fingerprint: string;
}

export function settingsFor(endpoint: Endpoint, memoryBytes: number = totalmem()): Settings {
  const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
  const rows: readonly (readonly [string, string])[] = [
    ["listen_addresses", endpoint.socketDir === null ? "'127.0.0.1'" : "''"],
    ["unix_socket_directories", quoted(endpoint.socketDir ?? "")],
    ["unix_socket_permissions", "0700"],
    ["port", String(endpoint.port)],
    ["max_connections", "60"],
    ["shared_buffers", `${sharedBuffersMb(memoryBytes)}MB`],
    ["max_locks_per_transaction", "256"], // a backup locks every partition at once
    ["wal_level", "replica"],
    ["min_wal_size", "128MB"],
    ["max_wal_size", "1GB"],
    ["checkpoint_timeout", "5min"],
    ["log_checkpoints", "off"],
    ["log_min_messages", "warning"],
    ["log_min_error_statement", "panic"], // statements carry a company's data, and Millrace reports its own errors
    ["log_line_prefix", "'%m [%p] '"],
    ["log_timezone", "'UTC'"],
    ["timezone", "'UTC'"],
    ["datestyle", "'iso, ymd'"],
    ["lc_messages", "'C'"],
    ["default_text_search_config", "'pg_catalog.simple'"],
    ["password_encryption", "'scram-sha-256'"],
    ["jit", "off"], // short statements: compiling them costs more than it gains
  ];
  const conf = [
    `# Written by Millrace at every start. Your own settings: ${localFile} beside this file.`,
    ...rows.map(([name, value]) => `${name} = ${value}`),
    `include_if_exists = '${localFile}'`,
    "",
  ].join("\n");
  const hba = [
    "# Written by Millrace at every start.",
    // The socket's directory lets only the server's own account (and root) in, who could read the files as well.
    `local all ${embeddedRole} trust`,
    `host all ${embeddedRole} 127.0.0.1/32 scram-sha-256`,
    "",
  ].join("\n");
  return { conf, hba, fingerprint: hash("sha256", conf + hba + durableFlags.join(" "), "hex").slice(0, 16) };
}

export async function writeSettings(cluster: string, settings: Settings, as: Identity | undefined): Promise<void> {
  const files = [
    ["postgresql.conf", settings.conf],
    ["pg_hba.conf", settings.hba],
  ] as const;
  for (const [name, text] of files) {
    const file = join(cluster, name);
    if ((await readFile(file, "utf8").catch(() => null)) !== text) await writeWhole(file, text, as);
  }
  const local = join(cluster, localFile);
  const invitation =
    "# Your own settings for the embedded PostgreSQL; they go before postgresql.conf. Never overwritten.\n";
  if (!(await stat(local).catch(() => null))) await writeWhole(local, invitation, as);
}
