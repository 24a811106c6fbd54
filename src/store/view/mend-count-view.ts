/** How much waits by cause, and which job orders a run could belong to. */
import { mendLists, type MendCountView } from "../../flows/view/mend-count-view.ts";
import { int, text, textOrNull, when, type Query } from "../connection.ts";
import { postingSince } from "./posting-since.ts";

export function mendCountView(query: Query): MendCountView {
  return {
    async waiting(scope) {
      const rows = await query.run("mend.waiting", waiting, [scope?.workUnits ?? null, scope?.workCenters ?? null]);
      return rows.map((row) => ({
        // The statement gives no others.
        list: mendLists.find((list) => list === row["list"]) ?? "questions",
        code: text(row["code"]),
        count: int(row["count"]),
        oldestAt: when(row["oldest"]),
      }));
    },

    async candidates(runs) {
      if (runs.length === 0) return [];
      const rows = await query.run("mend.candidates", candidates, [
        runs.map((run) => run.run),
        runs.map((run) => run.workCenter),
      ]);
      return rows.map((row) => ({
        run: text(row["run"]),
        jobOrder: text(row["id"]),
        number: text(row["number"]),
        segment: text(row["segment"]),
        because: row["because"] === "job" ? "job" : row["because"] === "article" ? "article" : "next",
      }));
    },

    async messagesOf(quarantines) {
      if (quarantines.length === 0) return new Map();
      const rows = await query.run(
        "mend.messages-of",
        "select id, detail ->> 'message' as message from quarantine where id = any ($1::bigint[]) and detail ? 'message'",
        [quarantines],
      );
      return new Map(rows.map((row) => [int(row["id"]), text(row["message"])]));
    },

    async decisionOf(command) {
      const [row] = await query.run("mend.decision-of", "select name from command where id = $1", [command]);
      return row ? text(row["name"]) : null;
    },

    async placeOfQuestion(question) {
      const [row] = await query.run(
        "mend.place-of-question",
        "select about ->> 'workUnit' as unit from question where id = $1",
        [question],
      );
      return row ? { workUnit: textOrNull(row["unit"]) } : null;
    },

    async placeOfJobOrder(jobOrder) {
      const [row] = await query.run("mend.place-of-job-order", "select work_center from job_order where id = $1", [
        jobOrder,
      ]);
      return row ? { workCenter: text(row["work_center"]) } : null;
    },
  };
}

/** A posting of no run belongs where its order's job orders are, as in the list. */
const waiting = `select list, code, count(*) as count, min(since) as oldest from (
    select 'production' as list, q.code, q.opened_at as since from quarantine q join run r on r.id = q.subject
    where q.kind = 'production' and q.state = 'open' and ($1::text[] is null or r.work_unit = any ($1))
    union all
    select 'orders', q.code, q.opened_at from quarantine q where q.kind = 'order' and q.state = 'open' and $1::text[] is null
    union all
    select 'postings', coalesce(p.fault ->> 'code', 'posting/' || p.state), ${postingSince}
    from posting p left join run r on r.id = p.run
    where p.state in ('refused', 'in-doubt', 'needs-person')
    and ($1::text[] is null or r.work_unit = any ($1)
      or (p.run is null and exists (select 1 from job_order j where j.request = p.request and j.work_center = any ($2::text[])
        and (p.segment = '' or j.segment = p.segment))))
    union all
    select 'questions', case when about ? 'source' then 'question/counter' else 'question/other' end, asked_at
    from question where state = 'open' and ($1::text[] is null or about ->> 'workUnit' = any ($1))
  ) waiting group by list, code order by count(*) desc, list, code`;

/** By the job that the machine named, whatever became of it; then what is open at the work center, its own article first. */
const candidates = `select distinct on (w.run, c.rank, c.dispatch_key, c.id) w.run, c.id, o.number, c.segment, c.because
  from unnest($1::text[], $2::text[]) as w (run, center) join run r on r.id = w.run
  cross join lateral (
    (select j.id, j.request, j.segment, j.dispatch_key, 'job' as because, 0 as rank from job_order j
     where j.machine_job = r.job and r.job <> '' and j.work_center = w.center and j.state not in ('cancelled', 'aborted')
     order by j.dispatch_key limit 5)
    union all
    (select j.id, j.request, j.segment, j.dispatch_key, case when j.material = r.article or j.machine_article = r.article then 'article' else 'next' end,
       case when j.material = r.article or j.machine_article = r.article then 1 else 2 end
     from job_order j where j.work_center = w.center and j.state in ('waiting', 'ready', 'running', 'held')
     and j.machine_job is distinct from nullif(r.job, '')
     order by 6, j.dispatch_key limit 5)) c
  join operations_request o on o.id = c.request order by w.run, c.rank, c.dispatch_key, c.id`;
