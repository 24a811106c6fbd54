/** One posting with its frozen bytes, its attempts and the facts that it speaks for. */
import type { PostingDetail } from "../../flows/view/evidence-view.ts";
import { int, text, textOrNull, when, whenOrNull, type Query } from "../connection.ts";
import { postingColumns, postingOf } from "../posting-repository.ts";

export async function postingDetail(query: Query, id: string): Promise<PostingDetail | null> {
  const [row] = await query.run(
    "evidence.posting",
    `select ${postingColumns}, p.planned_at, p.settled_at, p.supersedes, p.trace_id, r.number, p.reverses,
       (select b.id from posting b where b.reverses = p.id) as reversed_by,
       exists (select 1 from posting_line l where l.posting = p.id and l.active) as holds_facts from posting p
     join operations_request r on r.id = p.request where p.id = $1`,
    [id],
  );
  if (!row) return null;
  const attempts = await query.run(
    "evidence.attempts",
    `select number, started_at, ended_at, outcome, fault ->> 'message' as message from posting_attempt where posting = $1
     order by number`,
    [id],
  );
  const facts = await query.run(
    "evidence.posting-facts",
    "select l.fact from posting_line l join fact f on f.id = l.fact where l.posting = $1 order by f.event_at, f.id",
    [id],
  );
  const { envelope, ...posting } = postingOf(row);
  return {
    posting,
    number: text(row["number"]),
    envelope,
    attempts: attempts.map((attempt) => ({
      number: int(attempt["number"]),
      startedAt: when(attempt["started_at"]),
      endedAt: whenOrNull(attempt["ended_at"]),
      outcome: textOrNull(attempt["outcome"]),
      message: textOrNull(attempt["message"]),
    })),
    facts: facts.map((line) => text(line["fact"])),
    supersedes: textOrNull(row["supersedes"]),
    reverses: textOrNull(row["reverses"]),
    reversedBy: textOrNull(row["reversed_by"]),
    holdsFacts: row["holds_facts"] === true,
    traceId: text(row["trace_id"]),
    dueAt: when(row["due_at"]),
    plannedAt: when(row["planned_at"]),
    settledAt: whenOrNull(row["settled_at"]),
  };
}
