/** The wire-processing machine on OPC UA as a running peer. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Child } from "../child.ts";
import { preparePeer, startPeer, type Found } from "../peer.ts";

export const machineUser = { name: "mes", password: "mes" } as const;

export interface KomaxPeer {
  readonly url: string;
  readonly child: Child;
}

export interface KomaxOptions {
  /** Day folders that it replays. */
  readonly days: readonly string[];
  /** Folder for its log and its certificates. */
  readonly logs: string;
  /** Where the machine's own job list is written down call by call, see `journal.ts`; without: nowhere. */
  readonly journal?: string;
}

/** Starts one that waits at its first record until it is told to run. */
export async function startKomax(options: KomaxOptions): Promise<Found<KomaxPeer>> {
  const prepared = await preparePeer("komax-opcua");
  if (prepared.found === null) return prepared;
  const listening = options.journal === undefined ? [] : ["--import", journalModule];
  const { port, child } = await startPeer(prepared.found, {
    name: "komax-opcua",
    args: (free) => [
      ...listening,
      "start.mjs",
      "--step",
      `--port=${free}`,
      `--state=${join(options.logs, "komax-state")}`,
      "--days",
      ...options.days,
    ],
    env: () => (options.journal === undefined ? {} : { JOB_JOURNAL: options.journal }),
    ready: /^ready opc\.tcp:/,
    logFile: join(options.logs, "komax.log"),
  });
  return { found: { url: `opc.tcp://127.0.0.1:${port}`, child } };
}

const journalModule = pathToFileURL(join(import.meta.dirname, "journal.ts")).href;
