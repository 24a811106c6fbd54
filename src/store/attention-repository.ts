/** What waits for a person: quarantine and questions, each subject once. */
import { toJson } from "../base/json.ts";
import type { AttentionRepository } from "../flows/ports.ts";
import { at, type Query } from "./connection.ts";

export function attentionRepository(query: Query): AttentionRepository {
  return {
    async quarantine(kind, subject, why, detail, openedAt) {
      query.post(
        "attention.quarantine",
        `insert into quarantine (kind, subject, code, message, detail, state, opened_at) values ($1, $2, $3, $4, $5, 'open', $6)
         on conflict on constraint quarantine_once do update
         set code = $3, message = $4, detail = $5, state = case when quarantine.state = 'resolved' then 'open' else quarantine.state end`,
        [kind, subject, why.code, why.message, toJson(detail), at(openedAt)],
      );
    },

    async resolve(kind, subject, settledAt) {
      query.post(
        "attention.resolve",
        "update quarantine set state = 'resolved', settled_at = $3 where kind = $1 and subject = $2 and state = 'open'",
        [kind, subject, at(settledAt)],
      );
    },

    async ask(questions, askedAt) {
      if (questions.length === 0) return;
      query.post(
        "attention.ask",
        `insert into question (subject, text, evidence, asked_at)
         select s, t, e::jsonb, $4 from unnest($1::text[], $2::text[], $3::text[]) as q (s, t, e) on conflict (subject) do nothing`,
        [
          questions.map((q) => q.subject),
          questions.map((q) => q.text),
          questions.map((q) => toJson(q.evidence)),
          at(askedAt),
        ],
      );
    },
  };
}
