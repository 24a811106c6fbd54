/**
 * The process under test: `millrace.ts` beside this file (the same program as `millrace serve`, with a probe that kills
 * it), and the commands of the product that a person would use on its data directory.
 */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { runChild, startChild, type Child } from "../child.ts";
import { repositoryRoot } from "../peer.ts";
import { sapUser } from "../sap/peer.ts";
import { machineUser } from "./peer.ts";
import type { KillClass } from "./kill-plan.ts";

export interface LineOptions {
  readonly site: string;
  /** Root of the ERP's services as the process is to see it: behind the proxy. */
  readonly sapUrl: string;
  readonly machineUrl: string;
  readonly sabotage: string | null;
  readonly logs: string;
}

export interface Probe {
  readonly point: KillClass;
  readonly nth: number;
}

/** What `millrace status --json` says, as far as the proof relies on it. */
export interface LineStatus {
  /** It runs, and has a connection to every machine. */
  readonly ready: boolean;
  /** Nothing is waiting anywhere. */
  readonly idle: boolean;
  readonly outbox: Readonly<Record<string, number>>;
  readonly quarantine: number;
}

export interface Line {
  start(data: string, probe: Probe | null): Promise<Child>;
  /** Null while it cannot be asked. */
  status(data: string): Promise<LineStatus | null>;
  backup(data: string, file: string): Promise<void>;
  restore(file: string, data: string): Promise<void>;
  /** Stops the database that a killed process leaves behind, and removes what lies outside the data directory. */
  sweep(data: string): Promise<void>;
}

const processFile = join(import.meta.dirname, "millrace.ts");
const commandFile = join(repositoryRoot, "src", "cli", "millrace.ts");

export function lineProcess(options: LineOptions): Line {
  const env = {
    SAP_URL: options.sapUrl,
    SAP_USER: sapUser.name,
    SAP_PASSWORD: sapUser.password,
    OPCUA_URL: options.machineUrl,
    OPCUA_USER: machineUser.name,
    OPCUA_PASSWORD: machineUser.password,
  };
  const start: Line["start"] = (data, probe) =>
    startChild({
      name: "millrace",
      command: process.execPath,
      args: [
        processFile,
        `--site=${options.site}`,
        `--data=${data}`,
        ...(probe === null ? [] : [`--kill=${probe.point}:${probe.nth}`]),
        ...(options.sabotage === null ? [] : [`--sabotage=${options.sabotage}`]),
      ],
      cwd: repositoryRoot,
      env,
      logFile: join(options.logs, "millrace.log"),
    });
  const command = async (name: string, args: readonly string[], timeoutMs: number): Promise<string> => {
    const end = await runChild(
      {
        name: `millrace ${name}`,
        command: process.execPath,
        args: [commandFile, name, ...args],
        cwd: repositoryRoot,
        env,
        logFile: join(options.logs, `millrace-${name}.log`),
      },
      timeoutMs,
    );
    if (end.code !== 0)
      throw new Error(`millrace ${name} failed (${end.signal ?? `code ${end.code}`}), see ${options.logs}`);
    return end.stdout;
  };
  return {
    start,
    status: async (data) => {
      const text = await command("status", ["--json", "--data", data], 30_000).catch(() => null);
      return text === null ? null : parseStatus(text);
    },
    backup: async (data, file) => void (await command("backup", ["--data", data, "--out", file], 120_000)),
    restore: async (file, data) => void (await command("restore", [file, "--data", data], 120_000)),
    sweep: sweepDatabase,
  };
}

/** The kill that a probe announced with its last breath; null when the process ended for another reason. */
export function announcedKill(stdout: string): { readonly kill: string; readonly about: string } | null {
  for (const line of stdout.trimEnd().split("\n").toReversed()) {
    const said = parse(line);
    if (typeof said?.["kill"] === "string") return { kill: said["kill"], about: String(said["about"] ?? "") };
  }
  return null;
}

function parseStatus(text: string): LineStatus | null {
  const said = parse(text);
  if (said === null || typeof said["ready"] !== "boolean") return null;
  const machines = Array.isArray(said["machines"]) ? (said["machines"] as { readonly connected?: unknown }[]) : [];
  return {
    ready: said["ready"] && machines.every((machine) => machine.connected === true),
    idle: said["idle"] === true,
    // Only printed, never decided on.
    outbox: (said["outbox"] ?? {}) as Readonly<Record<string, number>>,
    quarantine: Number(said["quarantine"] ?? 0),
  };
}

function parse(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** The cluster is in the data directory, or where its pointer leads (for root). */
export async function sweepDatabase(data: string): Promise<void> {
  const pointer = parse(await readFile(join(data, "postgres.json"), "utf8").catch(() => ""));
  const state = typeof pointer?.["state"] === "string" ? pointer["state"] : data;
  const pid = Number(
    (await readFile(join(state, "postgres", "postmaster.pid"), "utf8").catch(() => "")).split("\n")[0],
  );
  if (pid > 0) await endProcess(pid);
  if (state !== data) await rm(state, { recursive: true, force: true });
}

async function endProcess(pid: number): Promise<void> {
  for (let waited = 0; waited < 50; waited += 1) {
    try {
      process.kill(pid, waited === 0 ? "SIGINT" : 0); // SIGINT: a fast shutdown in PostgreSQL's terms
    } catch {
      return; // gone
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
