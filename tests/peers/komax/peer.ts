/** The wire-processing machine on OPC UA as a running peer. What is tested against it stands in the tests beside. */
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Child } from "../child.ts";
import { preparePeer, sharedFolder, startPeer as startAnyPeer, withoutPeer, type Found } from "../peer.ts";

export const machineUser = { name: "mes", password: "mes" } as const;

export interface KomaxPeer {
  readonly endpointUrl: string;
  /** Folder of this run, for its log and its certificates. */
  readonly folder: string;
  readonly child: Child;
  stop(): Promise<void>;
}

export interface KomaxOptions {
  /** Day folders that it replays. */
  readonly days: readonly string[];
  /** Folder for its log and its certificates. */
  readonly logs: string;
  /** Where the machine's own job list is written down call by call, see `journal.ts`; without: nowhere. */
  readonly journal?: string;
  /** Further flags of the peer. */
  readonly flags?: readonly string[];
}

/** Starts one that waits at its first record until it is told to run. */
export async function startKomax(options: KomaxOptions): Promise<Found<KomaxPeer>> {
  const prepared = await preparePeer("komax-opcua");
  if (prepared.found === null) return prepared;
  const listening = options.journal === undefined ? [] : ["--import", journalModule];
  const { port, child } = await startAnyPeer(prepared.found, {
    name: "komax-opcua",
    args: (free) => [
      ...listening,
      "start.mjs",
      "--step",
      `--port=${free}`,
      `--state=${join(options.logs, "komax-state")}`,
      ...(options.flags ?? []),
      "--days",
      ...options.days,
    ],
    env: () => (options.journal === undefined ? {} : { JOB_JOURNAL: options.journal }),
    ready: /^ready opc\.tcp:/,
    logFile: join(options.logs, "komax.log"),
  });
  const stop = async (): Promise<void> => void (await child.stop());
  return { found: { endpointUrl: `opc.tcp://127.0.0.1:${port}`, folder: options.logs, child, stop } };
}

/** Why the machine cannot be started here with its days; null when it can. */
export function peerMissing(): string | null {
  const reason = withoutPeer("komax-opcua");
  if (reason !== false) return reason;
  return existsSync(allDays() ?? "") ? null : "the days of the machine are not beside its peer";
}

/** Starts one with all its days and a folder of its own, which is gone after `stop`. Throws when there is none. */
export async function startPeer(flags: readonly string[] = []): Promise<KomaxPeer> {
  const folder = allDays();
  if (folder === null) throw new Error(String(peerMissing()));
  const names = (await readdir(folder)).filter((name) => /^\d{4}-\d\d-\d\d$/.test(name));
  const logs = await mkdtemp(join(tmpdir(), "komax-"));
  const komax = await startKomax({ days: names.map((name) => join(folder, name)), logs, flags });
  if (komax.found === null) throw new Error(komax.reason);
  const { stop } = komax.found;
  const stopAndForget = async (): Promise<void> => {
    await stop();
    await rm(logs, { recursive: true, force: true });
  };
  return { ...komax.found, stop: stopAndForget };
}

/** Folder of the real machine's days. */
function allDays(): string | null {
  const shared = sharedFolder();
  return shared.found === null ? null : join(shared.found, "data", "machines", "komax-alpha-565");
}

const journalModule = pathToFileURL(join(import.meta.dirname, "journal.ts")).href;
