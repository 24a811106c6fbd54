/** Answers with the time line of an order. */
import { instant } from "../../base/instant.ts";
import { formatMicro } from "../../base/quantity.ts";
import { ok } from "../../base/result.ts";
import { entryKinds, type EntryRow } from "../../flows/view/timeline-view.ts";
import type { ViewStore } from "../../flows/view/store-view.ts";
import type { TimelineEntry } from "../contract/order.ts";
import type { HandlersOf } from "../handler.ts";
import { cursorOf, notFound, partsOf, timeOf } from "./answer.ts";
import { visibleOrder } from "./order.ts";

export function timelineHandlers(ports: {
  readonly views: ViewStore;
}): HandlersOf<"GET /api/v1/orders/:order/timeline"> {
  return {
    "GET /api/v1/orders/:order/timeline": async ({ caller, params, query }) => {
      const id = params["order"] ?? "";
      const place = partsOf(query.cursor, ["number", "string"]);
      if (!place.ok) return place;
      const [at, last] = place.value ?? [];
      const after = at === undefined ? null : { at: instant(Number(at)), id: String(last) };
      const named = query.kinds?.split(",") ?? [];
      const kinds = named.length === 0 ? null : entryKinds.filter((kind) => named.includes(kind));
      return ports.views.read(async (views) => {
        if (!(await visibleOrder(views, caller, id))) return notFound("order", id);
        const rows = await views.timeline.page(id, kinds, after, query.limit + 1);
        const shown = rows.slice(0, query.limit);
        const end = rows.length > query.limit ? shown.at(-1) : undefined;
        return ok({ items: shown.map(entryOf), next: end ? cursorOf([end.at, end.id]) : null });
      });
    },
  };
}

function entryOf(row: EntryRow): TimelineEntry {
  const { micro, lastAt, ...values } = row.values;
  return {
    id: row.id,
    at: timeOf(row.at),
    recordedAt: timeOf(row.recordedAt),
    kind: row.kind,
    operation: row.operation,
    workUnit: row.workUnit,
    code: row.code,
    values: {
      ...values,
      ...(micro === undefined ? {} : { value: formatMicro(BigInt(micro)) }),
      ...(lastAt === undefined ? {} : { lastAt: timeOf(instant(Number(lastAt))) }),
    },
    level: levelOf(row),
    opens: row.opens,
  };
}

const bad: ReadonlySet<string> = new Set(["refused", "needs-person", "fault", "AlarmRaised", "in-doubt"]);
const careful: ReadonlySet<string> = new Set(["Corrected", "CountCorrected", "GapOpened", "rolled-back", "open"]);

const noticeLevels: Readonly<Record<string, TimelineEntry["level"]>> = { urgent: "bad", warning: "warning" };

function levelOf({ kind, code, values }: EntryRow): TimelineEntry["level"] {
  if (kind === "document") return "good";
  if (kind === "quarantine") return code === "resolved" || code === "assigned" || code === "dismissed" ? "good" : "bad";
  if (kind === "notification") return noticeLevels[values["severity"] ?? ""] ?? "info";
  const said = kind === "state" || kind === "instruction" ? (values["state"] ?? code) : code;
  if (bad.has(said) || bad.has(code)) return "bad";
  if (careful.has(said) || careful.has(code)) return "warning";
  if (kind === "instruction" && said === "armed") return "good";
  return "info";
}
