/**
 * The event stream: one connection for the whole page. Says which readings are to be asked again, writes work units
 * straight into the floor, and knows since when nothing was heard. Reconnects with what it last saw.
 */
import type { QueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import type { StreamEvent } from "../../api/contract/stream.ts";
import type { Floor, FloorUnit } from "../../api/contract/floor.ts";
import { renewRows } from "./order-row.ts";
import { learnServerTime, nowMs, useNow } from "../clock.ts";

/** After so long without a word what is shown counts as old; the server speaks every five seconds. */
export const silenceMs = 10_000;

interface Hearing {
  /** When the server last said anything, by its clock. */
  readonly heardAt: number;
  readonly isOpen: boolean;
}

let hearing: Hearing = { heardAt: nowMs(), isOpen: false };
const listeners = new Set<() => void>();
let seq = 0;
const saidOfUnits = new Map<string, { readonly seq: number; readonly unit: FloorUnit }>();

function hear(isOpen: boolean): void {
  hearing = { heardAt: isOpen ? nowMs() : hearing.heardAt, isOpen };
  for (const listener of listeners) listener();
}

/** Which readings an event makes old: the first part of their keys, and of a named thing its id. */
const concerns: { readonly [K in StreamEvent["kind"]]: readonly string[] } = {
  hello: [],
  reset: [],
  unit: [],
  order: ["GET /api/v1/orders/:order", "GET /api/v1/orders/:order/timeline"],
  posting: ["GET /api/v1/postings/:posting", "GET /api/v1/orders/:order/timeline", "GET /api/v1/mend"],
  notification: ["GET /api/v1/notifications"],
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
    void client.invalidateQueries({ predicate: ({ queryKey }) => events.some((one) => isConcerned(queryKey, one)) });
    void renewRows(client, orders);
  }, gatherMs);
}

/** Whoever stands at a terminal sees at once what changed; its reading paces itself. Any order may have become its next. */
function renewTerminals(client: QueryClient, event: StreamEvent): void {
  if (event.kind === "unit") {
    void client.invalidateQueries({
      queryKey: ["GET /api/v1/units/:unit/terminal", { params: { unit: event.unit.id } }],
    });
  }
  if (event.kind === "order") void client.invalidateQueries({ queryKey: ["GET /api/v1/units/:unit/terminal"] });
}

function take(client: QueryClient, event: StreamEvent): void {
  if (event.kind === "hello") learnServerTime(event.at);
  hear(true);
  if (event.kind === "reset") void client.invalidateQueries();
  if (event.kind === "unit") putUnit(client, event.unit);
  if (event.kind === "order" || event.kind === "posting") oldOrders.add(event.order);
  renewTerminals(client, event);
  if (concerns[event.kind].length > 0) gather(client, event);
}

/** Opens the stream while the component is there. */
export function useStream(client: QueryClient, enabled: boolean): void {
  useEffect(() => {
    if (!enabled) return undefined;
    let source = open(client);
    // a browser gives up after some answers (a proxy's 502, a sign-in that has ended): begin anew, and ask for everything
    const retry = setInterval(() => {
      if (source.readyState !== EventSource.CLOSED) return;
      source = open(client);
      void client.invalidateQueries();
    }, 3000);
    return () => {
      clearInterval(retry);
      source.close();
    };
  }, [client, enabled]);
}

function open(client: QueryClient): EventSource {
  const source = new EventSource("/api/v1/stream");
  const listener = (message: MessageEvent<string>): void => {
    // our own server, which is held to the contract's schema by its tests
    take(client, JSON.parse(message.data) as StreamEvent);
  };
  source.addEventListener("message", listener);
  for (const kind of Object.keys(concerns)) source.addEventListener(kind, listener);
  source.addEventListener("open", () => hear(true));
  source.addEventListener("error", () => hear(false));
  return source;
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** When the server was last heard, if that is too long ago; null while all is well. */
export function useSilence(): number | null {
  const { heardAt } = useSyncExternalStore(listen, () => hearing);
  const now = useNow();
  return now - heardAt > silenceMs ? heardAt : null;
}
