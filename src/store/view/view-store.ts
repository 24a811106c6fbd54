/** The views over PostgreSQL: one read-only snapshot for each answer. */
import type { Views, ViewStore } from "../../flows/view/store-view.ts";
import type { Database, Query } from "../connection.ts";
import { connectionView } from "./connection-view.ts";
import { evidenceView } from "./evidence-view.ts";
import { floorView } from "./floor-view.ts";
import { handView } from "./hand-view.ts";
import { materialView } from "./material-view.ts";
import { mendCountView } from "./mend-count-view.ts";
import { mendView } from "./mend-view.ts";
import { orderView } from "./order-view.ts";
import { refusedFieldView } from "./refused-field-view.ts";
import { timelineView } from "./timeline-view.ts";

export function postgresViews(database: Database): ViewStore {
  return {
    read: (work) =>
      database.transaction(async (query) => {
        query.post("view.snapshot", "set transaction isolation level repeatable read, read only");
        return work(viewsOf(query));
      }),
  };
}

function viewsOf(query: Query): Views {
  return {
    floor: floorView(query),
    orders: orderView(query),
    timeline: timelineView(query),
    evidence: evidenceView(query),
    materials: materialView(query),
    connections: connectionView(query),
    refusedFields: refusedFieldView(query),
    mend: { ...mendView(query), ...mendCountView(query), ...handView(query) },
  };
}
