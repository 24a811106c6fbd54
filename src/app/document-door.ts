/** The door for documents behind HTTP, SOAP, the watched folder and the command line: read, done once, answered. */
import type { GiveDocument } from "../api/document-door.ts";
import { openDocuments } from "../erp/b2mml/documents.ts";
import { converse, type ConversePorts } from "../flows/converse.ts";

/** @param onTaken called when something was taken over or withdrawn: job orders may have changed */
export function documentDoor(ports: ConversePorts, onTaken: () => void): GiveDocument {
  return async ({ bytes, file, erp, givenBy }) => {
    const b2mml = await openDocuments();
    const received = b2mml.read(bytes, file);
    if (!received.ok) return received;
    const reply = await converse(ports, { received: received.value, bytes, file, erp, givenBy });
    if (reply.ok && !reply.value.isRepeat && reply.value.verdict !== "none") onTaken();
    return reply;
  };
}
