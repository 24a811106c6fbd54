/**
 * The event stream: one connection for all pages of the browser, where it can. Says which readings are to be asked again
 * and writes work units straight into the floor.
 */
import type { QueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { StreamEvent } from "../../api/contract/stream.ts";
import type { Floor, FloorUnit } from "../../api/contract/floor.ts";
import { renewRows } from "./order-row.ts";
import { differs, upMs } from "../clock.ts";
import { call } from "./call.ts";
import { openEar, type Word } from "./ear.ts";
import { heard } from "./hearing.ts";
import { renew } from "./renew.ts";

let seq = 0;
const saidOfUnits = new Map<string, { readonly seq: number; readonly unit: FloorUnit }>();

/** Which readings an event makes old: the first part of their keys, and of a named thing its id. */
const concerns: { readonly [K in StreamEvent["kind"]]: readonly string[] } = {
  hello: [],
  reset: [],
  unit: [],
  order: ["GET /api/v1/orders/:order", "GET /api/v1/orders/:order/timeline"],
  posting: ["GET /api/v1/postings/:posting", "GET /api/v1/orders/:order/timeline", "GET /api/v1/mend"],
  notification: ["GET /api/v1/notifications", "GET /api/v1/notifications/open"],
  mend: [
    "GET /api/v1/mend",
    "GET /api/v1/mend/production",
    "GET /api/v1/mend/orders",
    "GET /api/v1/mend/postings",
    "GET /api/v1/mend/questions",
  ],
  connections: ["GET /api/v1/connections"],
};

/** The id that an event is about, when it is about one thing. */
function subjectOf(event: StreamEvent): string | undefined {
  if (event.kind === "order" || event.kind === "posting") return event.order;
  return event.kind === "unit" ? event.unit.id : undefined;
}

function isConcerned(key: readonly unknown[], event: StreamEvent): boolean {
  if (!concerns[event.kind].some((route) => route === key[0])) return false;
  const subject = subjectOf(event);
  // keys are made by keyOf: a route and its input
  const params = (key[1] as { params?: Record<string, string> } | undefined)?.params;
  if (subject === undefined || params === undefined) return true;
  return Object.values(params).includes(subject) || (event.kind === "posting" && params["posting"] === event.posting);
}

/** Puts a work unit into every floor that is cached; what a running request will bring is corrected by `withWhatWasSaid`. */
function putUnit(client: QueryClient, unit: FloorUnit): void {
  seq += 1;
  saidOfUnits.set(unit.id, { seq, unit });
  client.setQueriesData<Floor>({ queryKey: ["GET /api/v1/floor"] }, (floor) =>
    floor && floor.units.some((one) => one.id === unit.id)
      ? { ...floor, units: floor.units.map((one) => (one.id === unit.id ? unit : one)) }
      : floor,
  );
  client.setQueriesData<FloorUnit>({ queryKey: ["GET /api/v1/units/:unit"] }, (one) =>
    one?.id === unit.id ? unit : one,
  );
}

/** For a reading of the floor: where the stream stands when it begins. */
export function streamMark(): number {
  return seq;
}

/** A floor that was asked for at `mark`, with what the stream has said since, which may be newer than the reply. */
export function withWhatWasSaid(floor: Floor, mark: number): Floor {
  const units = floor.units.map((unit) => {
    const said = saidOfUnits.get(unit.id);
    return said && said.seq > mark ? said.unit : unit;
  });
  return { ...floor, units };
}

/** Events come in bursts, and one answer serves a burst: what they make old is asked for once a second at most. */
const gatherMs = 1000;
let gathered: StreamEvent[] = [];
const oldOrders = new Set<string>();
let gathering: ReturnType<typeof setTimeout> | undefined;

function gather(client: QueryClient, event: StreamEvent): void {
  gathered.push(event);
  gathering ??= setTimeout(() => {
    const events = gathered;
    const orders = [...oldOrders];
    gathered = [];
    oldOrders.clear();
    gathering = undefined;
    renew(client, { predicate: ({ queryKey }) => events.some((one) => isConcerned(queryKey, one)) });
    void renewRows(client, orders);
  }, gatherMs);
}

/** Whoever stands at a terminal sees at once what changed; its reading paces itself. Any order may have become its next. */
function renewTerminals(client: QueryClient, event: StreamEvent): void {
  if (event.kind === "unit") {
    renew(client, { queryKey: ["GET /api/v1/units/:unit/terminal", { params: { unit: event.unit.id } }] });
  }
  if (event.kind === "order") renew(client, { queryKey: ["GET /api/v1/units/:unit/terminal"] });
}

/** A network that is always late is asked no more often than this what time it is. */
const askTimeMs = 60_000;
let timeAskedMs = -askTimeMs;

/** Any reply tells the time; what else it says is not looked at. */
function askTheTime(at: string): void {
  if (!differs(at) || upMs() - timeAskedMs < askTimeMs) return;
  timeAskedMs = upMs();
  void call("GET /api/v1/session", {}).catch(() => undefined);
}

function take(client: QueryClient, event: StreamEvent): void {
  if (event.kind === "hello") askTheTime(event.at);
  if (event.kind === "reset") renew(client);
  if (event.kind === "unit") putUnit(client, event.unit);
  if (event.kind === "order" || event.kind === "posting") oldOrders.add(event.order);
  renewTerminals(client, event);
  if (concerns[event.kind].length > 0) gather(client, event);
}

function hear(client: QueryClient, word: Word, isFirst: boolean): void {
  if (word.is === "open") heard();
  // what was read before the first word may have been said to be old while nobody heard it
  if (isFirst) renew(client);
  // what was not answered while the server was away
  if (word.is === "open")
    void client.refetchQueries({ type: "active", predicate: ({ state }) => state.status === "error" });
  if (word.is === "anew") renew(client);
  if (word.is !== "said") return;
  // our own server, which is held to the contract's schema by its tests
  take(client, JSON.parse(word.text) as StreamEvent);
  heard();
}

/** Hears the stream while the component is there and the page is not put away, as for the way back to it. */
export function useStream(client: QueryClient, enabled: boolean): void {
  useEffect(() => {
    if (!enabled) return undefined;
    const begin = (): (() => void) => {
      let isFirst = true;
      return beginHearing((word) => {
        hear(client, word, isFirst);
        // what is read until it is there again is read before its first word, too
        isFirst = word.is === "anew";
      });
    };
    let end: (() => void) | null = begin();
    const putAway = (): void => {
      end?.();
      end = null;
    };
    const show = (): void => {
      if (end) return;
      end = begin();
    };
    window.addEventListener("pagehide", putAway);
    window.addEventListener("pageshow", show);
    return () => {
      window.removeEventListener("pagehide", putAway);
      window.removeEventListener("pageshow", show);
      putAway();
    };
  }, [client, enabled]);
}

let shared: SharedWorker | null | undefined;

/** Null: this browser has none (Chrome on Android), or could not load it. */
function sharedEar(): SharedWorker | null {
  if (shared !== undefined) return shared;
  if (typeof SharedWorker === "undefined") return (shared = null);
  shared = new SharedWorker(new URL("./ear-worker.ts", import.meta.url), { type: "module" });
  shared.port.start();
  return shared;
}

function beginHearing(say: (word: Word) => void): () => void {
  const worker = sharedEar();
  if (worker === null) return openEar(say);
  const { port } = worker;
  const listener = ({ data }: MessageEvent<Word>): void => say(data);
  let endOwn: (() => void) | null = null;
  const useOwn = (): void => {
    shared = null;
    endOwn ??= openEar(say);
  };
  port.addEventListener("message", listener);
  worker.addEventListener("error", useOwn);
  port.postMessage("join");
  return () => {
    port.postMessage("leave");
    port.removeEventListener("message", listener);
    worker.removeEventListener("error", useOwn);
    endOwn?.();
  };
}
