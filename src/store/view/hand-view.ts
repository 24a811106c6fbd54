/** Documents that were keyed by hand and are to be decided, each with the postings of its order that wait. */
import { withExactNumbers } from "../../base/json.ts";
import { waitingMost, type HandView, type WaitingItem } from "../../flows/view/hand-view.ts";
import type { OperationsRequest } from "../../isa95/schedule/operations-request.ts";
import { waitingStates } from "../../record/hand-document.ts";
import { text, textOrNull, when, whenOrNull, type Query, type Row } from "../connection.ts";
import { handColumns, handOf, handSubjectText } from "../outage-repository.ts";
import { postingColumns, postingOf } from "../posting-repository.ts";

export function handView(query: Query): HandView {
  return {
    async hands(subjects) {
      if (subjects.length === 0) return [];
      const documents = await query.run("hand.documents", documentsText, [subjects]);
      const rows = await query.run("hand.waiting", waitingText, [subjects, waitingStates, waitingMost + 1]);
      const waiting = Map.groupBy(rows, (row) => text(row["subject"]));
      return documents.map((row) => {
        const subject = text(row["subject"]);
        const found = waiting.get(subject) ?? [];
        return {
          subject,
          hand: handOf(row),
          request: withExactNumbers<OperationsRequest>(row["body"]),
          waiting: found.slice(0, waitingMost).map(waitingItem),
          hasMore: found.length > waitingMost,
        };
      });
    },
  };
}

const open = `hand_document h where h.state = 'open' and ${handSubjectText} = any ($1::text[])`;

const documentsText = `select h.*, o.body from (select ${handSubjectText} as subject, ${handColumns} from ${open}) h
  join operations_request o on o.id = h.request order by h.subject`;

const waitingText = `select h.subject, w.* from
    (select ${handSubjectText} as subject, h.request, h.kind, h.segment from ${open}) h
  cross join lateral (
    select ${postingColumns}, r.work_unit, r.started_at, r.ended_at, p.ordinal from posting p left join run r on r.id = p.run
    where p.request = h.request and p.kind = h.kind and (h.segment = '' or p.segment = h.segment) and p.state = any ($2::text[])
    order by p.ordinal limit $3) w
  order by h.subject, w.ordinal`;

function waitingItem(row: Row): WaitingItem {
  const { envelope: _, ...posting } = postingOf(row);
  const workUnit = textOrNull(row["work_unit"]);
  return {
    posting,
    run:
      posting.run === null || workUnit === null
        ? null
        : { id: posting.run, workUnit, startedAt: when(row["started_at"]), endedAt: whenOrNull(row["ended_at"]) },
  };
}
