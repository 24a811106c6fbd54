/** Runs (job responses): what the shop floor did, whoever started it. */
import type { HeldRun, RunRepository } from "../flows/ports.ts";
import { at, int, text, textOrNull, when, whenOrNull, type Query, type Row } from "./connection.ts";

export const runColumns = "id, source, work_unit, job, article, outside, job_order, started_at, ended_at, result";
export const heldRunColumns = `${runColumns}, decided, assignment, heir, planned_before::text, version`;

export function runRepository(query: Query): RunRepository {
  return {
    begin: (run, stored) => begin(query, run, stored),

    async end(id, endedAt, result) {
      query.post("run.end", "update run set ended_at = $2, result = $3, version = version + 1 where id = $1", [
        id,
        at(endedAt),
        result,
      ]);
    },

    async reopen(id) {
      query.post(
        "run.reopen",
        "update run set ended_at = null, result = null, planned_before = null, version = version + 1 where id = $1",
        [id],
      );
    },

    async lock(ids) {
      if (ids.length === 0) return [];
      // Planned while the table is small, `= any` would go through the whole list for each row of the table.
      const rows = await query.run(
        "run.lock",
        `select ${heldRunColumns} from run where id in (select * from unnest($1::text[])) order by id for update`,
        [ids],
      );
      return rows.map(runOf);
    },

    async openCount(jobOrder) {
      const [row] = await query.run(
        "run.open-count",
        "select count(*) as open from run where job_order = $1 and ended_at is null",
        [jobOrder],
      );
      return int(row?.["open"] ?? 0n);
    },

    async openOf(source) {
      const text = `select ${heldRunColumns} from run where source = $1 and ended_at is null order by started_at, id`;
      return (await query.run("run.open-of", text, [source])).map(runOf);
    },

    async decide(id, { jobOrder, decided, assignment }) {
      await query.run(
        "run.decide",
        "update run set job_order = $2, decided = $3, assignment = $4, version = version + 1 where id = $1",
        [id, jobOrder, decided, assignment],
      );
    },

    async forsaken({ source, job, article }) {
      const rows = await query.run("run.forsaken", forsakenText, [source, job, article]);
      return rows.map((row) => ({ run: runOf(row), lastEventAt: when(row["last_event_at"]) }));
    },

    async putInPlace(id, heir) {
      await query.run("run.put-in-place", "update run set heir = $2, version = version + 1 where id = $1", [id, heir]);
    },

    async planned(id, before) {
      query.post("run.planned", "update run set planned_before = $2 where id = $1", [id, before]);
    },

    ofRequest: (request) => ofRequest(query, request),
  };
}

async function begin(query: Query, ...[run, stored]: Parameters<RunRepository["begin"]>): Promise<void> {
  query.post(
    "run.begin",
    `insert into run (${runColumns}, was_stored, unstored_because)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
     on conflict (id) do update set job_order = $7, ended_at = $9, result = $10, was_stored = $11, unstored_because = $12,
     decided = null, heir = null, planned_before = null, version = run.version + 1 where run.result = 'corrected'`,
    [
      run.id,
      run.source,
      run.workUnit,
      run.job,
      run.article,
      run.outside,
      run.jobOrder,
      at(run.startedAt),
      at(run.endedAt),
      run.result,
      stored.was,
      stored.because,
    ],
  );
}

async function ofRequest(query: Query, request: string): Promise<readonly HeldRun[]> {
  const rows = await query.run(
    "run.of-request",
    `select ${heldRunColumns} from run where job_order in (select id from job_order where request = $1) order by id for update`,
    [request],
  );
  return rows.map(runOf);
}

const forsakenText = `select ${heldRunColumns}, coalesce((select max(event_at) from fact f where f.run = r.id and f.said_by ->> 'by' = 'machine'), r.started_at) as last_event_at
  from run r where source = $1 and job = $2 and article = $3 and result = 'corrected' and heir is null
  and (decided is not null or exists (select 1 from posting p where p.run = r.id)
    or exists (select 1 from fact f where f.run = r.id and (f.rule = 'decision/units' or f.source like 'manual:%')))
  order by id for update`;

export function runOf(row: Row): HeldRun {
  const decided = textOrNull(row["decided"]);
  return {
    id: text(row["id"]),
    source: text(row["source"]),
    workUnit: text(row["work_unit"]),
    job: text(row["job"]),
    article: text(row["article"]),
    outside: row["outside"] === true,
    jobOrder: textOrNull(row["job_order"]),
    startedAt: when(row["started_at"]),
    endedAt: whenOrNull(row["ended_at"]),
    result: textOrNull(row["result"]),
    decided: decided === "assigned" || decided === "dismissed" ? decided : null,
    assignment: int(row["assignment"]),
    heir: textOrNull(row["heir"]),
    // The column is a date.
    plannedBefore: textOrNull(row["planned_before"]) as HeldRun["plannedBefore"],
    version: int(row["version"]),
  };
}
