/** The views over PostgreSQL: one read-only snapshot for each answer. */
import type { Views, ViewStore } from "../../flows/view/store-view.ts";
import type { Database, Query } from "../connection.ts";
import { floorView } from "./floor-view.ts";
import { orderView } from "./order-view.ts";

export function postgresViews(database: Database): ViewStore {
  return {
    read: (work) =>
      database.transaction(async (query) => {
        await query.run("view.snapshot", "set transaction isolation level repeatable read, read only");
        return work(viewsOf(query));
      }),
  };
}

function viewsOf(query: Query): Views {
  return {
    floor: floorView(query),
    orders: orderView(query),
  };
}
