/** How much is waiting, for people and for the commands that ask. */
import type { StatusRepository, WaitingFinal } from "../flows/ports.ts";
import { int, text, type Query } from "./connection.ts";

export function statusRepository(query: Query): StatusRepository {
  return {
    async outbox() {
      const rows = await query.run(
        "status.outbox",
        "select state, parked, count(*) as postings from posting where state not in ('confirmed', 'dismissed', 'reversed') group by 1, 2",
      );
      const count = (wanted: (state: string, parked: boolean) => boolean): number =>
        rows.reduce(
          (sum, row) => (wanted(text(row["state"]), row["parked"] === true) ? sum + int(row["postings"]) : sum),
          0,
        );
      return {
        pending: count((state) => state === "planned" || state === "sending"),
        inDoubt: count((state) => state === "in-doubt"),
        refused: count((state, parked) => (state === "refused" && !parked) || state === "needs-person"),
        parked: count((state, parked) => state === "refused" && parked),
      };
    },

    async finals(limit) {
      const rows = await query.run("status.finals", finalsText, [limit]);
      // Built by the statement below, field by field.
      return rows.map((row) => row["waiting"] as WaitingFinal);
    },

    async attention() {
      const [row] = await query.run(
        "status.attention",
        `select (select count(*) from quarantine where state = 'open') as quarantine,
                (select count(*) from question where answered_at is null) as questions,
                (select count(*) from instruction where state in ('planned', 'writing', 'verified', 'in-doubt')) as instructions`,
      );
      return {
        quarantine: int(row?.["quarantine"]),
        questions: int(row?.["questions"]),
        instructions: int(row?.["instructions"]),
      };
    },
  };
}

/** Decisions whose document is not where it should be: sent and confirmed, or taken back. */
const finalsText = `select json_build_object('order', r.number, 'segment', f.segment, 'state', f.state,
    'posting', case when p.id is not null then json_build_object('kind', p.kind, 'key', p.key, 'state', p.state) end,
    'fault', p.fault ->> 'message',
    'heldBy', coalesce((select json_agg(json_build_object('kind', q.kind, 'key', q.key, 'segment', q.segment, 'state', q.state,
        'parked', q.parked, 'fault', q.fault ->> 'message') order by q.ordinal)
      from posting q where p.state = 'planned' and q.request = p.request and q.segment = any (p.closes) and q.id <> p.id
      and q.state not in ('confirmed', 'dismissed', 'reversed')), '[]'::json)) as waiting
  from finality f join operations_request r on r.id = f.request
  left join posting p on p.id = coalesce(f.reversal, f.posting)
  where f.state = 'reopening' or (f.state = 'final' and p.state <> 'confirmed')
  order by f.decided_at, f.id limit $1`;
