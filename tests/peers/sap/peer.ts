/** The S/4HANA-like ERP as a running peer, with the user that tests sign in as. */
import { join } from "node:path";
import type { Child } from "../child.ts";
import { preparePeer, startPeer, type Found } from "../peer.ts";

export const sapUser = { name: "MES_COMM", password: "secret" } as const;

export interface SapPeer {
  /** Root of its services. */
  readonly url: string;
  readonly port: number;
  readonly child: Child;
}

export interface SapOptions {
  /** Orders it starts with, in the peer's seed format; without: its three demo orders. */
  readonly seed?: string;
  /** Rows per page of the server. */
  readonly page?: number;
  /** Folder for its log. */
  readonly logs: string;
}

/** Starts one. State is in its memory: a new start is a new ERP. */
export async function startSap(options: SapOptions): Promise<Found<SapPeer>> {
  const prepared = await preparePeer("sap");
  if (prepared.found === null) return prepared;
  const { port, child } = await startPeer(prepared.found, {
    name: "sap",
    args: () => ["server.mjs"],
    env: (free) => ({
      PORT: String(free),
      ...(options.seed === undefined ? {} : { SEED: options.seed }),
      ...(options.page === undefined ? {} : { PAGE: String(options.page) }),
      SAP_USER: sapUser.name,
      SAP_PASS: sapUser.password,
    }),
    ready: /^S\/4 mock on /,
    logFile: join(options.logs, "sap.log"),
  });
  return { found: { url: sapUrl(port), port, child } };
}

/** Root of the services behind a port of this machine: the peer's own, or a proxy's before it. */
export function sapUrl(port: number): string {
  return `http://127.0.0.1:${port}/sap/opu/odata/sap`;
}
