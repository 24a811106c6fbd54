/**
 * The connection of the event stream, for a page or for all pages of a browser. Comes back by itself with what it last
 * saw; where the browser has given up (a proxy's 502, a sign-in that has ended) it begins anew.
 */
import type { StreamEvent } from "../../api/contract/stream.ts";

export type Word =
  /**
   * `joined`: to a page that comes to a stream that others hear, from here on it hears all.
   * `anew`: it begins anew, and what was said in between is lost; whether anybody answers is not known yet.
   */
  { readonly is: "open" | "joined" | "anew" } | { readonly is: "said"; readonly text: string };

export const kinds: { readonly [K in StreamEvent["kind"]]: true } = {
  hello: true,
  reset: true,
  unit: true,
  order: true,
  posting: true,
  notification: true,
  mend: true,
  connections: true,
};

const againMs = 3000;

/** @returns what ends it */
export function openEar(say: (word: Word) => void): () => void {
  let source = connect(say);
  const retry = setInterval(() => {
    if (source.readyState !== EventSource.CLOSED) return;
    source = connect(say);
    say({ is: "anew" });
  }, againMs);
  return () => {
    clearInterval(retry);
    source.close();
  };
}

function connect(say: (word: Word) => void): EventSource {
  const source = new EventSource("/api/v1/stream");
  const listener = (message: MessageEvent<string>): void => say({ is: "said", text: message.data });
  for (const kind of ["message", ...Object.keys(kinds)]) source.addEventListener(kind, listener);
  source.addEventListener("open", () => say({ is: "open" }));
  return source;
}
