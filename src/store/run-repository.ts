/** Runs (job responses): what the shop floor did, whoever started it. */
import type { RunRepository, RunRow } from "../flows/ports.ts";
import { at, int, text, textOrNull, when, whenOrNull, type Query, type Row } from "./connection.ts";

const columns = "id, source, work_unit, job, article, outside, job_order, started_at, ended_at, result";

export function runRepository(query: Query): RunRepository {
  return {
    async begin(run, stored) {
      query.post(
        "run.begin",
        `insert into run (${columns}, was_stored, unstored_because)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         on conflict (id) do update set job_order = $7, ended_at = $9, result = $10, was_stored = $11, unstored_because = $12,
         version = run.version + 1 where run.result = 'corrected'`,
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
    },

    async end(id, endedAt, result) {
      query.post("run.end", "update run set ended_at = $2, result = $3, version = version + 1 where id = $1", [
        id,
        at(endedAt),
        result,
      ]);
    },

    async reopen(id) {
      query.post("run.reopen", "update run set ended_at = null, result = null, version = version + 1 where id = $1", [
        id,
      ]);
    },

    async lock(ids) {
      if (ids.length === 0) return [];
      const rows = await query.run(
        "run.lock",
        `select ${columns} from run where id = any ($1::text[]) order by id for update`,
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
  };
}

function runOf(row: Row): RunRow {
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
  };
}
