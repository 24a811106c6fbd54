/** The floor, read from derived tables. */
import { machineStates } from "../../record/fact.ts";
import {
  sumKinds,
  type FloorView,
  type OpenRun,
  type RunSum,
  type SumKind,
  type UnitStateRow,
} from "../../flows/view/floor-view.ts";
import { exact, int, text, textOrNull, when, whenOrNull, type Query, type Row } from "../connection.ts";

export function floorView(query: Query): FloorView {
  return {
    async states(units) {
      const rows = await query.run(
        "floor.states",
        `select u.work_unit, u.state, u.raw, u.since, u.last_event_at, e.reason,
         (select count(*) from unit_person p where p.work_unit = u.work_unit and p.is_on) as people
         from unit_state u left join lateral (
           select f.body ->> 'reason' as reason from fact f
           where u.state in ('held', 'fault') and f.work_unit = u.work_unit and f.kind = 'StopExplained' and f.event_at >= u.since
             and (f.body ->> 'since')::bigint = extract(epoch from u.since) * 1000 -- not of an earlier stop, which may be explained meanwhile
             and not exists (select 1 from fact c where c.source = f.source and c.event_at = f.event_at
               and c.kind = 'Corrected' and c.body ->> 'corrects' = f.id)
           order by f.event_at desc limit 1) e on true
         where u.work_unit = any ($1::text[])`,
        [units],
      );
      return rows.map(stateOf);
    },

    async openRuns(units) {
      const rows = await query.run(
        "floor.open-runs",
        `select r.id, r.work_unit, r.job, r.article, r.outside, r.started_at, j.id as job_order, j.request, o.number, j.segment,
         j.material, j.quantity_micro, j.uom, j.good_micro, j.scrap_micro, j.rework_micro
         from run r left join job_order j on j.id = r.job_order left join operations_request o on o.id = j.request
         where r.ended_at is null and r.work_unit = any ($1::text[]) order by r.started_at, r.id`,
        [units],
      );
      // What an order's run has made stands with its job order.
      const summed = rows.filter((row) => row["job_order"] === null || row["outside"] === true);
      const sums = await runSums(
        query,
        summed.map((row) => text(row["id"])),
      );
      return rows.map((row) => runOf(row, sums.get(text(row["id"])) ?? []));
    },
  };
}

/** The sums of runs, by run. */
export async function runSums(query: Query, runs: readonly string[]): Promise<ReadonlyMap<string, readonly RunSum[]>> {
  if (runs.length === 0) return new Map();
  const rows = await query.run(
    "view.run-sums",
    `select run, what, material, uom, micro, facts, first_at, last_at from run_amount where run = any ($1::text[])
     order by run, what, material, uom`,
    [runs],
  );
  const sums = Map.groupBy(rows, (row) => text(row["run"]));
  return new Map([...sums].map(([run, of]) => [run, of.map(sumOf)]));
}

export function sumKindOf(name: unknown): SumKind {
  const what = sumKinds.find((known) => known === name);
  if (!what) throw new Error(`The database holds the sum "${String(name)}", which this program does not know.`);
  return what;
}

function sumOf(row: Row): RunSum {
  return {
    what: sumKindOf(row["what"]),
    material: text(row["material"]) || null,
    quantity: { micro: exact(row["micro"]), uom: text(row["uom"]) },
    facts: int(row["facts"]),
    firstAt: when(row["first_at"]),
    lastAt: when(row["last_at"]),
  };
}

function stateOf(row: Row): UnitStateRow {
  const state = machineStates.find((known) => known === row["state"]);
  const since = whenOrNull(row["since"]);
  return {
    workUnit: text(row["work_unit"]),
    state:
      state && since !== null
        ? { state, raw: textOrNull(row["raw"]) ?? "", since, reason: textOrNull(row["reason"]) }
        : null,
    lastEventAt: when(row["last_event_at"]),
    people: int(row["people"]),
  };
}

function runOf(row: Row, sums: readonly RunSum[]): OpenRun {
  const jobOrder = textOrNull(row["job_order"]);
  return {
    id: text(row["id"]),
    workUnit: text(row["work_unit"]),
    job: text(row["job"]),
    article: text(row["article"]),
    outside: row["outside"] === true,
    startedAt: when(row["started_at"]),
    jobOrder:
      jobOrder === null
        ? null
        : {
            id: jobOrder,
            request: text(row["request"]),
            number: text(row["number"]),
            segment: text(row["segment"]),
            material: text(row["material"]),
            quantity: { micro: exact(row["quantity_micro"]), uom: text(row["uom"]) },
            goodMicro: exact(row["good_micro"]),
            scrapMicro: exact(row["scrap_micro"]),
            reworkMicro: exact(row["rework_micro"]),
          },
    sums,
  };
}
