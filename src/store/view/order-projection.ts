/** The list of orders, kept in the transaction that changes an order or its job orders. How it follows: `order_row_now`. */
import type { Query } from "../connection.ts";

/** After an order was written, or job orders were added to it. */
export function projectOrders(query: Query, requests: readonly string[]): void {
  if (requests.length === 0) return;
  query.post(
    "view.project-orders",
    `insert into order_row as o select * from order_row_now n where n.request = any ($1::text[])
     on conflict (request) do update set subject = excluded.subject, material = excluded.material, progress = excluded.progress,
     work_centers = excluded.work_centers, sort_dispatch = excluded.sort_dispatch, sort_end = excluded.sort_end,
     sort_number = excluded.sort_number`,
    [requests],
  );
}

/** After job orders moved on: a row is written only when the order's progress is another one now. */
export function projectProgress(query: Query, ...requests: readonly string[]): void {
  query.post(
    "view.project-progress",
    `update order_row o set progress = n.progress from (select request, progress from order_row_now where request = any ($1::text[])) n
     where o.request = n.request and o.progress <> n.progress`,
    [requests],
  );
}
