/** Lists of orders by keyset over `order_row`, and one order with all that was done for it. */
import { withExactNumbers } from "../../base/json.ts";
import {
  progressStates,
  type OrderDetail,
  type OrderFilter,
  type OrderRecord,
  type OrderSort,
  type OrderView,
} from "../../flows/view/order-view.ts";
import type { UsedAmount } from "../../flows/view/use-view.ts";
import type { DecidedBy } from "../../record/finality.ts";
import type { OperationsRequest } from "../../isa95/schedule/operations-request.ts";
import { exact, int, text, textOrNull, when, type Query, type Row } from "../connection.ts";
import { jobOrderColumns, jobOrderRowOf } from "../job-order-repository.ts";
import { containing } from "./pattern.ts";

/** Column of `order_row` by which a list goes; each ends with the order's id, so that it is unique. */
const sortColumn: Readonly<Record<OrderSort, string>> = {
  dispatch: "sort_dispatch",
  latestEnd: "sort_end",
  number: "sort_number",
};

export function orderView(query: Query): OrderView {
  return {
    async page(filter, sort, after, limit) {
      const { name, where, values } = conditionsOf(filter, 3);
      const column = sortColumn[sort];
      const rows = await query.run(
        `orders.page.${sort}.${name}`,
        `select o.request, o.${column} as key from order_row o where o.${column} > $1 and ${where} order by o.${column} limit $2`,
        [after ?? "", limit + 1, ...values],
      );
      const shown = rows.slice(0, limit);
      const orders = await recordsOf(
        query,
        shown.map((row) => text(row["request"])),
      );
      return { orders, next: rows.length > limit ? text(shown.at(-1)?.["key"]) : null };
    },

    async count(filter, max) {
      const { name, where, values } = conditionsOf(filter, 2);
      const [row] = await query.run(
        `orders.count.${name}`,
        `select count(*) as orders from (select 1 from order_row o where ${where} limit $1) counted`,
        [max + 1, ...values],
      );
      return int(row?.["orders"]);
    },

    get: async (order) => (await recordsOf(query, [order]))[0] ?? null,

    detail: (order) => detailOf(query, order),

    async usedByRule(order, of) {
      const [segments, materials] = [of.map(({ segment }) => segment), of.map(({ material }) => material)];
      const rows = await query.run("orders.used-by-rule", usedByRule, [order, segments, materials]);
      return rows.map(usedOf);
    },

    async ofPostings(postings) {
      if (postings.length === 0) return [];
      const rows = await query.run(
        "orders.of-postings",
        "select id, request from posting where id = any ($1::text[])",
        [postings],
      );
      return rows.map((row) => ({ id: text(row["id"]), order: text(row["request"]) }));
    },

    async ofRuns(runs) {
      if (runs.length === 0) return [];
      const rows = await query.run(
        "orders.of-runs",
        "select r.work_unit, j.request from run r left join job_order j on j.id = r.job_order where r.id = any ($1::text[])",
        [runs],
      );
      return rows.map((row) => ({ workUnit: text(row["work_unit"]), order: textOrNull(row["request"]) }));
    },
  };
}

interface Conditions {
  /** Names the combination: the server keeps one plan for each. */
  readonly name: string;
  readonly where: string;
  readonly values: readonly unknown[];
}

const waiting = `(o.request in (select p.request from posting p where p.state = 'needs-person' or (p.state = 'refused' and not p.parked))
  or o.subject in (select q.subject from quarantine q where q.kind = 'order' and q.state = 'open'))`;

/** @param first number of its first parameter */
function conditionsOf(filter: OrderFilter, first: number): Conditions {
  const names: string[] = [];
  const conditions = ["true"];
  const values: unknown[] = [];
  const add = (name: string, condition: (parameter: string) => string, value: unknown): void => {
    if (value === null) return;
    values.push(value);
    names.push(name);
    conditions.push(condition(`$${values.length + first - 1}`));
  };
  add("progress", (p) => `o.progress = ${p}`, filter.progress);
  add("work-center", (p) => `o.work_centers @> array[${p}::text]`, filter.workCenter);
  add("material", (p) => `o.material = ${p}`, filter.material);
  add("text", (p) => `(o.number ilike ${p} or o.material ilike ${p})`, filter.text && containing(filter.text));
  add("visible", (p) => `o.work_centers && ${p}::text[]`, filter.visible);
  if (filter.toMend !== null) {
    names.push(filter.toMend ? "to-mend" : "not-to-mend");
    conditions.push(filter.toMend ? waiting : `not ${waiting}`);
  }
  return { name: names.join("+"), where: conditions.join(" and "), values };
}

/** In the order of the ids; what is not there is left out. */
async function recordsOf(query: Query, ids: readonly string[]): Promise<readonly OrderRecord[]> {
  if (ids.length === 0) return [];
  const rows = await query.run(
    "orders.records",
    `select r.id, r.body, r.version, r.accepted_at, o.progress, o.work_centers,
       (select count(*) from posting p where p.request = r.id and (p.state = 'needs-person' or (p.state = 'refused' and not p.parked)))
       + (select count(*) from quarantine q where q.kind = 'order' and q.subject = o.subject and q.state = 'open') as to_mend
     from operations_request r join order_row o on o.request = r.id
     where r.id = any ($1::text[]) and o.request = any ($1::text[])`,
    [ids],
  );
  const jobRows = await query.run(
    "orders.jobs",
    `select ${jobOrderColumns} from job_order where request = any ($1::text[]) order by segment, dispatch_key, id`,
    [ids],
  );
  const jobs = Map.groupBy(jobRows.map(jobOrderRowOf), (row) => row.jobOrder.request);
  const records = new Map(rows.map((row) => [text(row["id"]), recordOf(row, jobs.get(text(row["id"])) ?? [])]));
  return ids.flatMap((id) => records.get(id) ?? []);
}

function recordOf(row: Row, jobs: OrderRecord["jobs"]): OrderRecord {
  const progress = progressStates.find((known) => known === row["progress"]);
  if (!progress) throw new Error(`The database holds the progress "${String(row["progress"])}".`);
  return {
    request: withExactNumbers<OperationsRequest>(row["body"]),
    version: int(row["version"]),
    acceptedAt: when(row["accepted_at"]),
    progress,
    // The column is text[].
    workCenters: row["work_centers"] as readonly string[],
    jobs,
    toMend: int(row["to_mend"]),
  };
}

function usedOf(row: Row): UsedAmount {
  return {
    segment: text(row["segment"]),
    material: text(row["material"]),
    rule: textOrNull(row["rule"] ?? null),
    quantity: { micro: exact(row["micro"]), uom: text(row["uom"]) },
  };
}

/** Sums of runs do not keep the line that the bill names. */
const usedByRule = `
  select j.segment, s.body ->> 'material' as material, s.body #>> '{quantity,uom}' as uom, f.rule,
    sum((s.body #>> '{quantity,micro}')::bigint * case f.kind when 'Corrected' then -1 else 1 end
      * case s.body ->> 'kind' when 'MaterialReturned' then -1 else 1 end)::bigint as micro
  from job_order j join run r on r.job_order = j.id join fact f on f.run = r.id,
    lateral (select case f.kind when 'Corrected' then f.body -> 'was' else f.body end as body) s
  where j.request = $1 and s.body ->> 'kind' in ('MaterialConsumed', 'MaterialReturned') and (j.segment, s.body ->> 'material') in (select * from unnest($2::text[], $3::text[]))
  group by 1, 2, 3, 4 order by 1, 2, 3, 4`;

/**
 * What the ERP has, or may have: where nobody knows whether it has taken a document back, that one counts until it is sent anew.
 */
const isThere = `(p.state in ('confirmed', 'reversing')
  or p.state in ('needs-person', 'in-doubt') and p.confirmed_at is not null and (p.sent_at > p.confirmed_at) is not true)`;

async function detailOf(query: Query, order: string): Promise<OrderDetail> {
  const runs = await query.run(
    "orders.runs",
    `select j.id, count(*) as runs from job_order j join run r on r.job_order = j.id
     where j.request = $1 and r.result is distinct from 'corrected' group by j.id`,
    [order],
  );
  const seen = await query.run(
    "orders.acknowledged",
    `select a.job_order, a.person from job_order j join job_order_acknowledgement a on a.job_order = j.id where j.request = $1`,
    [order],
  );
  const used = await query.run(
    "orders.used",
    `select j.segment, s.what, s.material, s.uom, sum(s.micro)::bigint as micro
     from job_order j join run r on r.job_order = j.id join run_sum s on s.run = r.id and s.what in ('used', 'counted')
     where j.request = $1 group by 1, 2, 3, 4 order by 1, 2, 3, 4`,
    [order],
  );
  const posted = await query.run(
    "orders.posted",
    `select p.segment, m ->> 'requirement' as line, m #>> '{stock,material}' as material, m #>> '{stock,quantity,uom}' as uom,
     sum((m #>> '{stock,quantity,micro}')::bigint)::bigint as micro
     from posting p, jsonb_array_elements(p.content #> '{response,segment,materials}') as m
     where p.request = $1 and p.kind = 'goods-issue' and ${isThere}
     group by 1, 2, 3, 4 order by 1, 2, 3, 4`,
    [order],
  );
  const finals = await query.run(
    "orders.finals",
    `select f.covers, f.decided_at, f.decided_by, p.id is null or p.state = 'confirmed' as confirmed
     from finality f left join posting p on p.id = f.posting where f.request = $1 and f.state <> 'reopened' order by f.segment`,
    [order],
  );
  return {
    finals: finals.map((row) => ({
      // The columns are text[], and what the repository wrote.
      covers: row["covers"] as readonly string[],
      at: when(row["decided_at"]),
      by: withExactNumbers<DecidedBy>(row["decided_by"]),
      confirmed: row["confirmed"] === true,
    })),
    runs: new Map(runs.map((row) => [text(row["id"]), int(row["runs"])])),
    acknowledgedBy: new Map(seen.map((row) => [text(row["job_order"]), text(row["person"])])),
    used: used.filter((row) => row["what"] === "used").map(usedOf),
    counted: used.filter((row) => row["what"] === "counted").map(usedOf),
    posted: posted.map((row) => ({
      segment: text(row["segment"]),
      requirement: textOrNull(row["line"]),
      material: text(row["material"]),
      quantity: { micro: exact(row["micro"]), uom: text(row["uom"]) },
    })),
  };
}
