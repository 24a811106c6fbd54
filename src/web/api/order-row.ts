/**
 * Rows of the lists of orders, renewed one by one: a list of ten thousand is not read again because one of them has counted
 * on. A row that no longer fits the list's filter stays until the list is opened anew, so that nothing jumps away.
 */
import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import type { ReplyOf } from "../../api/contract/contract.ts";
import { call } from "./call.ts";

type Part = ReplyOf<"GET /api/v1/orders">;
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

export async function renewRows(client: QueryClient, orders: readonly string[]): Promise<void> {
  const rows = await Promise.all(
    shownOf(client, orders).map((order) => call("GET /api/v1/orders/:order", { params: { order } }).catch(() => null)),
  );
  const byId = new Map(rows.flatMap((row) => (row === null ? [] : [[row.id, row] as const])));
  if (byId.size === 0) return;
  client.setQueriesData<InfiniteData<Part>>(
    { queryKey: listKey },
    (list) =>
      list && {
        ...list,
        pages: list.pages.map((part) => ({ ...part, items: part.items.map((row) => byId.get(row.id) ?? row) })),
      },
  );
}
