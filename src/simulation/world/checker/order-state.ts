/** An order stands here as it stands in the ERP, once everybody had time to read it: held as long as it is held there, and over when it has ended there. */
import { jobOrder } from "../../store/schema/order.ts";
import { isEnded } from "./restored.ts";
import type { AtRest } from "./scene.ts";

const over: ReadonlySet<string> = new Set(["completed", "aborted", "cancelled"]);

export function checkOrderStates({ database, books, happened, complain }: AtRest): void {
  const reopened = new Set(happened.decisions.flatMap((one) => (one.what === "reopened" ? [one.of.order] : [])));
  for (const { id, request, state } of database.rows(jobOrder)) {
    const number = request.split("/").at(-1) ?? "";
    const statuses = books.order(number)?.statuses;
    // Put back, an order is older than what is known of it here, and is not read again until it changes.
    if (!statuses || happened.erpLost?.orders.has(number)) continue;
    const isFree = !isEnded(books, number) && !statuses.has("locked") && !statuses.has("on-hold");
    if (isFree && state === "held")
      complain("orders-followed", `job order ${id} is held; the ERP holds its order no longer`);
    if (isEnded(books, number) && !over.has(state) && !reopened.has(number))
      complain("orders-followed", `job order ${id} is ${state}; the ERP has ended its order`);
  }
}
