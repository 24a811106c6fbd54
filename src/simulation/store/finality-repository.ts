/** Decisions that operations are final; see `store/finality-repository`. */
import { addExact, noPart, type ExactMicro } from "../../base/exact-micro.ts";
import type { Instant } from "../../base/instant.ts";
import type { FinalityRepository } from "../../flows/finality-ports.ts";
import type { Finality } from "../../record/finality.ts";
import { byText } from "./copy.ts";
import type { Query } from "./database.ts";
import { jobOrder, mayBeMade, operationsRequest, type JobOrderColumns } from "./schema/order.ts";
import { finality as table, type FinalityColumns } from "./schema/posting.ts";
import { fact, run } from "./schema/shop-floor.ts";
import { keyOf, type Seen } from "./table.ts";

export function finalityRepository(query: Query): FinalityRepository {
  return {
    standing: (request) =>
      query.run((s) =>
        s
          .find(table, "request", request)
          .filter((row) => row.state !== "reopened")
          .toSorted(byText((row) => row.segment))
          .map(finalityOf),
      ),

    history: (request, segment) =>
      query.run((s) =>
        s
          .find(table, "request", request)
          .filter((row) => row.segment === segment)
          .toSorted((a, b) => a.number - b.number)
          .map(finalityOf),
      ),

    insert: (decided) =>
      query.run((s) =>
        s.insert(table, {
          ...columnsOf(decided),
          reopened_at: null,
          reopened_by: null,
          reversal: null,
          version: 0,
        }),
      ),

    save: (decided) =>
      query.run(async (s) => {
        const saved = await s.update(table, decided.id, (row) =>
          row.version === decided.version
            ? {
                state: decided.state,
                reopened_at: decided.reopenedAt,
                reopened_by: decided.reopenedBy,
                reversal: decided.reversal,
                version: row.version + 1,
              }
            : null,
        );
        if (!saved) throw new Error(`The decision ${decided.id} was changed by somebody else meanwhile.`);
      }),

    reopening: (erp) =>
      query.run((s) =>
        s
          .find(table, "state", "reopening")
          .filter((row) => s.get(operationsRequest, row.request)?.erp === erp)
          .toSorted((a, b) => a.decided_at - b.decided_at || byText((row: FinalityColumns) => row.id)(a, b))
          .map(finalityOf),
      ),

    made: (erp, before, limit, { request, except = [] } = {}) =>
      query.run((s) => {
        const left = new Set(except.map((one) => keyOf(one.request, one.segment)));
        const found = request === undefined ? s.find(jobOrder, "made", "yes") : s.find(jobOrder, "request", request);
        const operations = new Map(found.filter(mayBeMade).map((row) => [keyOf(row.request, row.segment), row]));
        return [...operations]
          .toSorted(byText(([key]) => key))
          .filter(([key, row]) => !left.has(key) && isMade(s, erp, before, row))
          .slice(0, limit)
          .map(([, row]) => ({ request: row.request, segment: row.segment }));
      }),
  };
}

function isMade(seen: Seen, erp: string, before: Instant, { request, segment }: JobOrderColumns): boolean {
  const order = seen.get(operationsRequest, request);
  if (!order || order.erp !== erp || ["Cancelled", "Closed", "Aborted"].includes(order.state)) return false;
  const decisions = seen.find(table, "request", request);
  if (decisions.some((row) => row.state !== "reopened" && row.covers.includes(segment))) return false;
  const all = seen.find(jobOrder, "request", request).filter((row) => row.segment === segment);
  const wanted = all.filter((row) => row.state !== "cancelled" && row.state !== "aborted");
  const counted = wanted.map((row): ExactMicro => ({ micro: row.good_micro, ...(row.count_parts.good ?? noPart) }));
  const good = counted.reduce(addExact, { micro: 0n, ...noPart }).micro;
  const asked = wanted.reduce((sum, row) => sum + row.quantity_micro, 0n);
  if (good < asked || all.some((row) => row.state === "running")) return false;
  const runs = all.flatMap((row) => seen.find(run, "job_order", row.id));
  return runs.every(
    (row) =>
      row.ended_at !== null && row.ended_at <= before && seen.after(fact, "recorded", row.id, before).length === 0,
  );
}

function columnsOf(decided: Finality): Omit<FinalityColumns, "reopened_at" | "reopened_by" | "reversal" | "version"> {
  const { id, request, segment, number, state, covers, decidedAt, decidedBy, posting } = decided;
  return { id, request, segment, number, state, covers, decided_at: decidedAt, decided_by: decidedBy, posting };
}

function finalityOf(row: FinalityColumns): Finality {
  return {
    id: row.id,
    request: row.request,
    segment: row.segment,
    number: row.number,
    state: row.state,
    covers: row.covers,
    decidedAt: row.decided_at,
    decidedBy: row.decided_by,
    posting: row.posting,
    reopenedAt: row.reopened_at,
    reopenedBy: row.reopened_by,
    reversal: row.reversal,
    version: row.version,
  };
}
