/** The door for documents behind HTTP, SOAP, the watched folder and the command line: read, done once, answered. */
import { readFile } from "node:fs/promises";
import type { GiveDocument } from "../api/document-door.ts";
import { openDocuments } from "../erp/b2mml/documents.ts";
import { offeredRoots } from "../isa95/conversation/offer.ts";
import type { ControlCommands } from "./control.ts";
import { documentCommands } from "./document-command.ts";
import { watchFolder } from "./document-folder.ts";
import type { Exchange } from "./exchange.ts";
import type { Log } from "./log.ts";
import { converse, type ConversePorts } from "../flows/converse.ts";

const schemaFolder = new URL("../document/schema/V0701/", import.meta.url);

/** A file of MESA's schemas of 7.0.1 as published; null when there is none of that name. */
export async function schemaText(file: string): Promise<string | null> {
  if (!/^[\w-]+\.xsd$/.test(file)) return null;
  return readFile(new URL(file, schemaFolder), "utf8").catch(() => null);
}

/** @param onTaken called when something was taken over or withdrawn: job orders may have changed */
export function documentDoor(ports: ConversePorts, onTaken: () => void): GiveDocument {
  return async ({ bytes, charset, file, erp, givenBy }) => {
    const b2mml = await openDocuments();
    const received = b2mml.read(bytes, file, charset);
    if (!received.ok) return received;
    const reply = await converse(ports, { received: received.value, bytes, file, erp, givenBy });
    if (reply.ok && !reply.value.isRepeat && reply.value.verdict !== "none") onTaken();
    return reply;
  };
}

/** The doors behind which documents wait: commands of the data directory, and the folders of ERPs that have one. */
export interface DocumentDoors {
  readonly give: GiveDocument;
  readonly commands: ControlCommands;
  close(): Promise<void>;
}

/** @param onTaken see `documentDoor` */
export function openDocumentDoors(
  ports: ConversePorts & { readonly log: Log },
  exchanges: readonly Exchange[],
  onTaken: () => void,
): DocumentDoors {
  const give = documentDoor(ports, onTaken);
  const stop = new AbortController();
  if (ports.site.erps.some(({ product }) => product === "b2mml")) {
    void openDocuments().then((b2mml) => b2mml.prepare(offeredRoots(), stop.signal));
  }
  const watching = exchanges.map((exchange) => watchWhenOpen({ ...ports, give }, exchange, stop.signal));
  return {
    give,
    commands: documentCommands(ports, give),
    close: async () => {
      stop.abort();
      await Promise.all(watching);
    },
  };
}

/** How often it is looked whether a session has opened, which says whether its ERP has a folder. */
const sessionEveryMs = 500;

async function watchWhenOpen(
  { clock, log, give }: Pick<ConversePorts, "clock"> & { readonly log: Log; readonly give: GiveDocument },
  exchange: Exchange,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted && exchange.session() === null) await clock.sleep(sessionEveryMs, signal);
  const folder = exchange.session()?.conversation?.folder ?? null;
  if (folder !== null) await watchFolder({ erp: exchange.erp, folder, give, clock, log }, signal);
}
