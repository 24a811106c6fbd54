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

export async function renewRows(client: QueryClient, orders: readonly string[]): Promise<void> {
  if (orders.length === 0) return;
  turns += 1;
  const turn = turns;
  const shown = shownOf(client, orders);
  const others = orders.filter((order) => !shown.includes(order));
  afterReading(client, () => void renewRows(client, others));
  const replies = await Promise.all(
    shown.map((order) => call("GET /api/v1/orders/:order", { params: { order } }).catch(() => null)),
  );
  // replies may come in another order than they were asked for
  const rows = replies.filter((row) => row !== null).filter(({ id }) => (putBy.get(id) ?? 0) < turn);
  for (const { id } of rows) putBy.set(id, turn);
  put(client, rows, turn);
}

/** What a list that is under way brings may have been answered before: then it is done once more. */
function afterReading(client: QueryClient, work: () => void): void {
  const isUnderWay = ({ state }: Query): boolean => state.fetchStatus === "fetching";
  for (const { promise } of client.getQueryCache().findAll({ queryKey: listKey, predicate: isUnderWay })) {
    void promise?.catch(() => undefined).then(work);
  }
}

function put(client: QueryClient, rows: readonly Row[], turn: number): void {
  const byId = new Map(rows.filter(({ id }) => putBy.get(id) === turn).map((row) => [row.id, row]));
  if (byId.size === 0) return;
  client.setQueriesData<InfiniteData<Part>>(
    { queryKey: listKey },
    (list) =>
      list && {
        ...list,
        pages: list.pages.map((part) => ({ ...part, items: part.items.map((row) => byId.get(row.id) ?? row) })),
      },
  );
  afterReading(client, () => put(client, rows, turn));
}
