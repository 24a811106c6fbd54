/**
 * Rows of the lists of orders, renewed one by one: a list of ten thousand is not read again because one of them has counted
 * on. A row that no longer fits the list's filter stays until the list is opened anew, so that nothing jumps away.
 */
import type { InfiniteData, Query, QueryClient } from "@tanstack/react-query";
import type { ReplyOf } from "../../api/contract/contract.ts";
import { call } from "./call.ts";

type Part = ReplyOf<"GET /api/v1/orders">;
type Row = Part["items"][number];
const listKey = ["GET /api/v1/orders"];

/** More at once are not worth a call each; the rest comes with their next event. */
const atOnce = 20;

/** Which of the orders stand in a list that somebody looks at. */
function shownOf(client: QueryClient, orders: readonly string[]): string[] {
  const lists = client.getQueryCache().findAll({ queryKey: listKey, type: "active" });
  const shown = new Set(
    lists.flatMap((list) =>
      // lists of orders are made by useList, part by part
      ((list.state.data as InfiniteData<Part> | undefined)?.pages ?? []).flatMap(({ items }) =>
        items.map(({ id }) => id),
      ),
    ),
  );
  return orders.filter((order) => shown.has(order)).slice(0, atOnce);
}

/** Counts the renewals. */
let turns = 0;
/** By which renewal an order's row was put. */
const putBy = new Map<string, number>();

/** Orders that are asked for when a list that is under way is there: they may stand in it. */
const waiting = new Set<string>();
/** Rows that were put while a list was under way, and are put once more when it is there. */
const early = new Map<string, Row>();
/** Readings of lists of which the end is waited for. */
const awaited = new WeakSet<Promise<unknown>>();

export async function renewRows(client: QueryClient, orders: readonly string[]): Promise<void> {
  if (orders.length === 0) return;
  turns += 1;
  const turn = turns;
  const shown = shownOf(client, orders);
  if (awaitReadings(client)) for (const order of orders) if (!shown.includes(order)) waiting.add(order);
  const replies = await Promise.all(
    shown.map((order) => call("GET /api/v1/orders/:order", { params: { order } }).catch(() => null)),
  );
  // replies may come in another order than they were asked for
  const rows = replies.filter((row) => row !== null).filter(({ id }) => (putBy.get(id) ?? 0) < turn);
  for (const { id } of rows) putBy.set(id, turn);
  put(client, rows);
}

/**
 * What a list that is under way brings may have been answered before: then all is done once more, once for each reading.
 *
 * @returns whether a list is under way
 */
function awaitReadings(client: QueryClient): boolean {
  const isUnderWay = ({ state }: Query): boolean => state.fetchStatus === "fetching";
  const readings = client
    .getQueryCache()
    .findAll({ queryKey: listKey, predicate: isUnderWay })
    .flatMap(({ promise }) => promise ?? []);
  for (const reading of readings) {
    if (awaited.has(reading)) continue;
    awaited.add(reading);
    void reading.catch(() => undefined).then(() => doOnceMore(client));
  }
  return readings.length > 0;
}

async function doOnceMore(client: QueryClient): Promise<void> {
  put(client, [...early.values()]);
  const orders = [...waiting];
  waiting.clear();
  // nothing else may be said of them: all are asked for, and not all at once
  for (let from = 0; from < orders.length; from += atOnce) {
    await renewRows(client, orders.slice(from, from + atOnce));
  }
}

function put(client: QueryClient, rows: readonly Row[]): void {
  if (rows.length === 0) return;
  const byId = new Map(rows.map((row) => [row.id, row]));
  client.setQueriesData<InfiniteData<Part>>(
    { queryKey: listKey },
    (list) =>
      list && {
        ...list,
        pages: list.pages.map((part) => ({ ...part, items: part.items.map((row) => byId.get(row.id) ?? row) })),
      },
  );
  const isEarly = awaitReadings(client);
  for (const row of rows) {
    if (isEarly) early.set(row.id, row);
    else early.delete(row.id);
  }
}
