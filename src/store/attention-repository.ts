/** What waits for a person: quarantine and questions, each subject once. */
import { toJson } from "../base/json.ts";
import type { Tx } from "../flows/ports.ts";
import { at, text, type Query } from "./connection.ts";

type AttentionRepository = Tx["attention"];

export function attentionRepository(query: Query): AttentionRepository {
  return {
    async quarantine(kind, subject, why, detail, openedAt) {
      query.post(
        "attention.quarantine",
        `insert into quarantine (kind, subject, code, message, detail, state, opened_at) values ($1, $2, $3, $4, $5, 'open', $6)
         on conflict on constraint quarantine_once do update
         set code = $3, message = $4, detail = $5, state = case when quarantine.state = 'resolved' then 'open' else quarantine.state end,
         settled_at = case when quarantine.state = 'resolved' then null else quarantine.settled_at end,
         version = quarantine.version + case when quarantine.state = 'resolved'
           or (quarantine.code, quarantine.message, quarantine.detail) is distinct from ($3, $4, $5::jsonb) then 1 else 0 end`,
        [kind, subject, why.code, why.message, toJson(detail), at(openedAt)],
      );
    },

    async refusedVersion(subject) {
      const [row] = await query.run(
        "attention.refused-version",
        `select coalesce(detail ->> 'version', '') as version from quarantine
         where kind = 'order' and subject = $1 and state <> 'resolved' for update`,
        [subject],
      );
      return row ? text(row["version"]) : null;
    },

    async resolve(kind, subject, settledAt) {
      query.post(
        "attention.resolve",
        "update quarantine set state = 'resolved', settled_at = $3, version = version + 1 where kind = $1 and subject = $2 and state = 'open'",
        [kind, subject, at(settledAt)],
      );
    },

    ask: async (asked, askedAt) => ask(query, asked, askedAt),

    askStill: (question, askedAt) => askStill(query, question, askedAt),

    answer: (subjects, answeredAt) =>
      settle(
        query,
        subjects.map((subject) => ({ subject })),
        answeredAt,
      ),

    takeBack: (questions, takenBackAt) => settle(query, questions, takenBackAt),

    answerBeginning: (beginnings, answeredAt) => answerBeginning(query, beginnings, answeredAt),
  };
}

function ask(query: Query, ...[asked, askedAt]: Parameters<AttentionRepository["ask"]>): void {
  if (asked.length === 0) return;
  const questions = eachOnce(asked);
  query.post(
    "attention.ask",
    `insert into question (subject, text, evidence, about, asked_at)
     select s, t, e::jsonb, a::jsonb, $5 from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as q (s, t, e, a)
     on conflict (subject) do update
     set state = 'open', answered_at = null, answer = null, command = null, text = excluded.text, evidence = excluded.evidence,
       about = excluded.about, asked_at = case when question.state = 'open' then question.asked_at else excluded.asked_at end,
       version = question.version + 1
     where question.state <> 'open' and (question.command is null
         and (excluded.about ? 'stood' or excluded.subject ~ '/(last-count|unheard-run|unheard-end)')
       or jsonb_typeof(excluded.evidence -> 0) = 'string' and not question.evidence @> excluded.evidence)
       or question.state = 'open' and question.about ? 'begins' and excluded.about ? 'begins'
       and (excluded.about ->> 'at')::numeric < (question.about ->> 'at')::numeric`,
    [
      questions.map((q) => q.subject),
      questions.map((q) => q.text),
      questions.map((q) => toJson(q.evidence)),
      questions.map((q) => toJson(q.about ?? {})),
      at(askedAt),
    ],
  );
}

async function askStill(
  query: Query,
  ...[question, askedAt]: Parameters<AttentionRepository["askStill"]>
): Promise<void> {
  const { subject, text, evidence, about = {} } = question;
  await query.run(
    "attention.ask-still",
    `insert into question (subject, text, evidence, about, asked_at) values ($1, $2, $3, $4, $5)
     on conflict (subject) do update
     set state = 'open', answered_at = null, answer = null, command = null, text = excluded.text, asked_at = excluded.asked_at,
       version = question.version + 1
     where question.state <> 'open'`,
    [subject, text, toJson(evidence), toJson(about), at(askedAt)],
  );
}

/** What nobody has to decide any more: a person's decision names its command. */
async function settle(
  query: Query,
  ...[questions, settledAt]: Parameters<AttentionRepository["takeBack"]>
): Promise<void> {
  if (questions.length === 0) return;
  await query.run(
    "attention.settle",
    `update question set state = 'answered', answer = '{"goesOn": false}', answered_at = $3, version = version + 1
     from unnest($1::text[], $2::numeric[]) as past (subject, at)
     where question.subject = past.subject and state = 'open' and (past.at is null or (about ->> 'at')::numeric = past.at)`,
    [questions.map((q) => q.subject), questions.map((q) => q.at ?? null), at(settledAt)],
  );
}

async function answerBeginning(
  query: Query,
  ...[beginnings, answeredAt]: Parameters<AttentionRepository["answerBeginning"]>
): Promise<void> {
  if (beginnings.length === 0) return;
  await query.run(
    "attention.answer-beginning",
    `update question set state = 'answered', answer = '{"goesOn": false}', answered_at = $2, version = version + 1
     where state = 'open' and exists (select 1 from unnest($1::text[]) as b (beginning) where starts_with(subject, beginning))`,
    [beginnings, at(answeredAt)],
  );
}

type Question = Parameters<AttentionRepository["ask"]>[0][number];

/** A subject once, with everything that it names, in an order in which two who ask at once do not wait for each other. */
function eachOnce(questions: readonly Question[]): readonly Question[] {
  const once = new Map<string, Question>();
  for (const question of questions) {
    const first = once.get(question.subject);
    const evidence =
      Array.isArray(first?.evidence) && Array.isArray(question.evidence)
        ? [...new Set<unknown>([...first.evidence, ...question.evidence])]
        : question.evidence;
    once.set(question.subject, { ...(first ?? question), evidence });
  }
  return [...once.values()].toSorted((a, b) => (a.subject < b.subject ? -1 : 1));
}
