/** What waits for a person, as lists: read from the tables of record, in pages by time and id. */
import { withExactNumbers } from "../../base/json.ts";
import type {
  MendPage,
  MendView,
  PostingItem,
  PostingTrouble,
  QuarantinedOrderItem,
  QuarantinedRunItem,
  QuestionItem,
} from "../../flows/view/mend-view.ts";
import type { CounterDoubt } from "../../record/counter-answer.ts";
import { productionState, questionStates } from "../../record/decision.ts";
import { documentKinds, postingStates, type PostingContent } from "../../record/posting.ts";
import { at, int, text, textOrNull, when, whenOrNull, type Query, type Row } from "../connection.ts";
import { postingSince } from "./posting-since.ts";

export function mendView(query: Query): MendView {
  return {
    async causes() {
      const rows = await query.run(
        "mend.causes",
        `select kind, code, count(*) as count, min(opened_at) as oldest from quarantine where state = 'open'
         group by kind, code order by count(*) desc, kind, code`,
      );
      return rows.map((row) => ({
        kind: row["kind"] === "order" ? "order" : "production",
        code: text(row["code"]),
        count: int(row["count"]),
        oldestAt: when(row["oldest"]),
      }));
    },

    async runs({ filter, ...page }) {
      const rows = await query.run("mend.runs", runsText, [
        filter.states,
        filter.code,
        page.scope?.workUnits ?? null,
        ...pageValues(page),
      ]);
      return rows.map(runItem);
    },

    async orders({ filter, ...page }) {
      if (page.scope) return [];
      const rows = await query.run("mend.orders", ordersText, [filter.states, filter.code, ...pageValues(page)]);
      return rows.map(orderItem);
    },

    async postings({ filter, ...page }) {
      const rows = await query.run("mend.postings", postingsText, [
        filter.troubles,
        page.scope?.workUnits ?? null,
        page.scope?.workCenters ?? null,
        ...pageValues(page),
        filter.code ?? null,
      ]);
      return rows.map(postingItem);
    },

    async questions({ filter, ...page }) {
      const rows = await query.run("mend.questions", questionsText, [
        filter.states,
        page.scope?.workUnits ?? null,
        ...pageValues(page),
        filter.code ?? null,
      ]);
      return rows.map(questionItem);
    },
  };
}

function pageValues({ after, limit }: Pick<MendPage<unknown>, "after" | "limit">): readonly unknown[] {
  return [after && at(after.at), after?.id ?? null, limit];
}

/** Sums by grade and unit of what is held to be true; what was taken back cancels out. */
const countedText = `select coalesce(jsonb_agg(jsonb_build_object('grade', s.what, 'quantity',
    jsonb_build_object('micro', s.micro::text, 'uom', s.uom)) order by s.what, s.uom), '[]')
  from run_sum s where s.run = r.id and s.what in ('good', 'scrap', 'rework') and s.micro <> 0`;

const runsText = `select q.id::text as id, q.code, q.message, q.opened_at, r.id as run, r.version, r.source, r.work_unit, r.job, r.article,
    r.outside, r.started_at, r.ended_at, r.result, r.job_order, r.decided, (${countedText}) as counted
  from quarantine q join run r on r.id = q.subject
  where q.kind = 'production' and q.state = any ($1::text[]) and ($2::text is null or q.code = $2)
  and ($3::text[] is null or r.work_unit = any ($3::text[]))
  and ($4::timestamptz is null or (q.opened_at, q.id) > ($4::timestamptz, $5::bigint))
  order by q.opened_at, q.id limit $6`;

function runItem(row: Row): QuarantinedRunItem {
  const decided = textOrNull(row["decided"]);
  return {
    id: text(row["id"]),
    run: text(row["run"]),
    version: int(row["version"]),
    state: productionState({
      jobOrder: textOrNull(row["job_order"]),
      decided: decided === "assigned" || decided === "dismissed" ? decided : null,
      isTakenBack: row["result"] === "corrected",
    }),
    code: text(row["code"]),
    message: text(row["message"]),
    source: text(row["source"]),
    workUnit: text(row["work_unit"]),
    job: text(row["job"]),
    article: text(row["article"]),
    outside: row["outside"] === true,
    startedAt: when(row["started_at"]),
    endedAt: whenOrNull(row["ended_at"]),
    counted: withExactNumbers<QuarantinedRunItem["counted"]>(row["counted"]),
    since: when(row["opened_at"]),
  };
}

const ordersText = `select q.id, q.subject, q.code, q.message, q.state, q.version, q.opened_at, m.erp, m.number
  from quarantine q join erp_message m on m.id = (q.detail ->> 'message')::bigint
  where q.kind = 'order' and q.state = any ($1::text[]) and ($2::text is null or q.code = $2)
  and ($3::timestamptz is null or (q.opened_at, q.id) > ($3::timestamptz, $4::bigint))
  order by q.opened_at, q.id limit $5`;

function orderItem(row: Row): QuarantinedOrderItem {
  return {
    id: String(int(row["id"])),
    quarantine: int(row["id"]),
    version: int(row["version"]),
    state: row["state"] === "dismissed" ? "dismissed" : "open",
    erp: text(row["erp"]),
    number: text(row["number"]),
    code: text(row["code"]),
    message: text(row["message"]),
    since: when(row["opened_at"]),
  };
}

/** A dismissed one is shown while it holds its facts: that is what can be released. */
const postingsText = `select * from (
    select p.id, p.version, p.state, p.key, p.erp, p.kind, p.request, o.number, p.segment, o.body ->> 'material' as article,
      p.run, r.work_unit, p.content, p.fault, p.attempts, p.sent_at, p.asked_at, p.asked_absent, p.due_at, p.parked, p.supersedes,
      ${postingSince} as since,
      case when p.state = 'refused' and p.parked then 'parked' else p.state end as trouble
    from posting p join operations_request o on o.id = p.request left join run r on r.id = p.run
    where (p.state in ('refused', 'in-doubt', 'needs-person')
      or (p.state = 'dismissed' and exists (select 1 from posting_line l where l.posting = p.id and l.active)))
    and ($2::text[] is null or r.work_unit = any ($2::text[])
      or (p.run is null and exists (select 1 from job_order j where j.request = p.request and j.work_center = any ($3::text[])
        and (p.segment = '' or j.segment = p.segment))))
  ) as t where trouble = any ($1::text[]) and ($7::text is null or coalesce(fault ->> 'code', 'posting/' || state) = $7::text)
  and ($4::timestamptz is null or (since, id) > ($4::timestamptz, $5::text))
  order by since, id limit $6`;

function postingItem(row: Row): PostingItem {
  const fault = row["fault"] as { readonly code: string; readonly message: string } | null; // written by settle
  const state = known(postingStates, row["state"]);
  const trouble = text(row["trouble"]);
  return {
    id: text(row["id"]),
    version: int(row["version"]),
    // The query gives no others.
    trouble: trouble as PostingTrouble,
    state,
    key: text(row["key"]),
    erp: text(row["erp"]),
    kind: known(documentKinds, row["kind"]),
    request: text(row["request"]),
    orderNumber: text(row["number"]),
    segment: text(row["segment"]),
    article: text(row["article"]),
    run: textOrNull(row["run"]),
    workUnit: textOrNull(row["work_unit"]),
    content: withExactNumbers<PostingContent>(row["content"]),
    code: fault?.code ?? null,
    message: fault?.message ?? null,
    attempts: int(row["attempts"]),
    lastSentAt: whenOrNull(row["sent_at"]),
    askedAt: whenOrNull(row["asked_at"]),
    askedAbsent: int(row["asked_absent"]),
    since: when(row["since"]),
    nextTryAt: trouble === "parked" || state === "in-doubt" ? when(row["due_at"]) : null,
    supersedes: textOrNull(row["supersedes"]),
  };
}

const questionsText = `select id, version, state, subject, text, evidence, about, asked_at from question
  where state = any ($1::text[]) and ($2::text[] is null or about ->> 'workUnit' = any ($2::text[]))
  and ($6::text is null or case when about ? 'source' then 'question/counter' else 'question/other' end = $6::text)
  and ($3::timestamptz is null or (asked_at, id) > ($3::timestamptz, $4::bigint))
  order by asked_at, id limit $5`;

function questionItem(row: Row): QuestionItem {
  const about = withExactNumbers<CounterDoubt | Record<string, never>>(row["about"]);
  return {
    id: String(int(row["id"])),
    question: int(row["id"]),
    version: int(row["version"]),
    state: known(questionStates, row["state"]),
    subject: text(row["subject"]),
    text: text(row["text"]),
    evidence: row["evidence"],
    // Questions about other things keep an empty object there.
    about: "source" in about ? (about as CounterDoubt) : null,
    since: when(row["asked_at"]),
  };
}

function known<T extends string>(all: readonly T[], value: unknown): T {
  const found = all.find((one) => one === value);
  if (found === undefined)
    throw new Error(`The database holds the state "${String(value)}", which this program does not know.`);
  return found;
}
