/** The view of a replay over PostgreSQL: read only, batches page by page. */
import { withExactNumbers } from "../../base/json.ts";
import type { ReplayOrder, ReplayRun, ReplayStore, ReplayView } from "../../flows/view/replay-view.ts";
import type { OperationsRequest } from "../../isa95/schedule/operations-request.ts";
import { owedKinds, type PostingContent } from "../../record/posting.ts";
import { at, exact, int, text, textOrNull, type Database, type Query, type Row } from "../connection.ts";
import { collectorRepository } from "../collector-repository.ts";
import { contentOf } from "../kept-row.ts";
import { decisionRepository } from "../decision-repository.ts";
import { factColumns, factOf } from "../fact-repository.ts";
import { postingKindOf, postingStateOf } from "../posting-repository.ts";

export function postgresReplay(database: Database): ReplayStore {
  return {
    read: (work) =>
      database.transaction(async (query) => {
        query.post("replay.snapshot", "set transaction isolation level repeatable read, read only");
        return work(replayView(query));
      }),
  };
}

function replayView(query: Query): ReplayView {
  return {
    async checkpoint(source, before) {
      const [row] = await query.run(
        "replay.checkpoint",
        "select ordinal, map, state from collector_day where source = $1 and position <= $2 order by position desc limit 1",
        [source, at(before)],
      );
      return row ? { ordinal: int(row["ordinal"]), map: text(row["map"]), state: row["state"] } : null;
    },

    async isWhole(source) {
      const [row] = await query.run(
        "replay.whole",
        `select not exists (select 1 from fact f where f.source = $1 and f.event_at <
           coalesce((select min(from_at) from sample_batch where source = $1), 'infinity')) as whole`,
        [source],
      );
      return row?.["whole"] === true;
    },

    async batches(source, after, to, limit) {
      const rows = await query.run(
        "replay.batches",
        `select ordinal, bytes from sample_batch where source = $1 and ordinal > $2
         and ordinal <= (select max(ordinal) from sample_batch where source = $1 and from_at < $3)
         order by ordinal limit $4`,
        [source, after, at(to), limit],
      );
      return rows.map((row) => ({ ordinal: int(row["ordinal"]), content: contentOf(row, source) }));
    },

    answers: (source) => decisionRepository(query).answers(source),
    timedSince: (source) => collectorRepository(query).timedSince(source),

    async facts(source, from, to) {
      const rows = await query.run(
        "replay.facts",
        `select ${factColumns} from fact where source = $1 and event_at >= $2 and event_at < $3 order by event_at, id`,
        [source, at(from), at(to)],
      );
      return rows.map(factOf);
    },

    async runs(ids) {
      const rows = await query.run("replay.runs", `${runText} where u.id = any ($1::text[]) order by u.id`, [ids]);
      return rows.map(runOf);
    },

    order: (request) => orderOf(query, request),
  };
}

const runText = `select u.id, coalesce(nullif(u.job, ''), u.article) as job, j.request, j.segment
  from run u left join job_order j on j.id = u.job_order`;

function runOf(row: Row): ReplayRun {
  return {
    id: text(row["id"]),
    job: text(row["job"]),
    request: textOrNull(row["request"]),
    segment: textOrNull(row["segment"]),
  };
}

async function orderOf(query: Query, request: string): Promise<ReplayOrder | null> {
  const [row] = await query.run("replay.request", "select body from operations_request where id = $1", [request]);
  if (!row) return null;
  const runs = await query.run("replay.order-runs", `${runText} where j.request = $1 order by u.id`, [request]);
  const postings = await query.run(
    "replay.postings",
    `select p.key, p.kind, p.state, p.run, p.segment, p.content, p.supersedes is not null as edited,
       array(select l.fact from posting_line l where l.posting = p.id) as facts
     from posting p where p.request = $1 and p.run is not null and p.kind = any ($2::text[]) order by p.ordinal`,
    [request, owedKinds],
  );
  const facts = await query.run(
    "replay.posted-facts",
    `select distinct ${factColumns
      .split(", ")
      .map((column) => `f.${column}`)
      .join(
        ", ",
      )} from posting p join posting_line l on l.posting = p.id join fact f on f.id = l.fact where p.request = $1`,
    [request],
  );
  const good = await query.run(
    "replay.good",
    "select segment, sum(good_micro)::bigint as good from job_order where request = $1 group by segment",
    [request],
  );
  return {
    request: withExactNumbers<OperationsRequest>(row["body"]),
    runs: runs.map(runOf),
    postings: postings.flatMap((one) => {
      const kind = postingKindOf(one["kind"]);
      if (kind !== "confirmation" && kind !== "goods-receipt" && kind !== "goods-issue") return [];
      return [
        {
          key: text(one["key"]),
          kind,
          state: postingStateOf(one["state"]),
          run: text(one["run"]),
          segment: text(one["segment"]),
          content: withExactNumbers<PostingContent>(one["content"]),
          // The column is text[].
          facts: one["facts"] as readonly string[],
          isEdited: one["edited"] === true,
        },
      ];
    }),
    facts: facts.map(factOf),
    good: new Map(good.map((one) => [text(one["segment"]), exact(one["good"])])),
  };
}
