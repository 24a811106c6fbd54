/**
 * One ear for all pages of a browser: over HTTP/1.1 it opens six connections to a server, and a stream for each page
 * would leave none for anything else. Runs as a shared worker.
 */
import { openEar, type Word } from "./ear.ts";

const ports = new Set<MessagePort>();
let close: (() => void) | null = null;
/** What is said while the connection is away comes with its return, unless it has to begin anew. */
let isHearing = false;

function tell(word: Word): void {
  isHearing = word.is !== "anew";
  for (const port of ports) port.postMessage(word);
}

function join(port: MessagePort): void {
  ports.add(port);
  if (isHearing) port.postMessage({ is: "joined" } satisfies Word);
  close ??= openEar(tell);
}

function leave(port: MessagePort): void {
  ports.delete(port);
  if (ports.size > 0) return;
  close?.();
  close = null;
  isHearing = false;
}

// the types of a worker and of a page do not go together; a shared worker's `connect` brings one port
self.addEventListener("connect", (event) => {
  const [port] = (event as MessageEvent).ports;
  if (!port) return;
  port.addEventListener("message", ({ data }) => (data === "join" ? join(port) : leave(port)));
  port.start();
});
