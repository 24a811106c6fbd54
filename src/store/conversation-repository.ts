/** Messages of partners that speak B2MML, each once, and what such a partner may ask to be shown. */
import { withExactNumbers } from "../base/json.ts";
import type { Tx } from "../flows/ports.ts";
import type { MessageVerdict } from "../isa95/conversation/answer.ts";
import type { OperationsRequest } from "../isa95/schedule/operations-request.ts";
import type { OperationsResponse } from "../isa95/response/operations-response.ts";
import type { DocumentKind } from "../record/posting.ts";
import { at, text, type Query } from "./connection.ts";
import { likeOf } from "./pattern.ts";

export function conversationRepository(query: Query): Tx["conversations"] {
  return {
    async claim({ erp, bodId, digest, verb, noun, givenBy, bytes }, receivedAt) {
      // Another transaction that has just claimed the BODID is waited for.
      const rows = await query.run(
        "conversation.claim",
        `insert into b2mml_message (erp, bod_id, digest, verb, noun, given_by, bytes, received_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict on constraint b2mml_message_once do nothing returning id`,
        [erp, bodId, digest, verb, noun, givenBy, Buffer.from(bytes), at(receivedAt)],
      );
      return rows.length === 1;
    },

    async get(erp, bodId) {
      const [row] = await query.run(
        "conversation.get",
        "select digest, verdict, reasons, answer from b2mml_message where erp = $1 and bod_id = $2",
        [erp, bodId],
      );
      if (!row) return null;
      return {
        digest: text(row["digest"]),
        // the column holds these alone, and no transaction leaves it empty
        verdict: text(row["verdict"]) as MessageVerdict,
        // a list of texts, as it was written below
        reasons: row["reasons"] as readonly string[],
        answer: row["answer"] === null ? null : text(row["answer"]),
      };
    },

    async settle(erp, bodId, { verdict, reasons, answer }) {
      const rows = await query.run(
        "conversation.settle",
        `update b2mml_message set verdict = $3, reasons = $4, answer = $5
         where erp = $1 and bod_id = $2 and verdict is null returning id`,
        [erp, bodId, verdict, JSON.stringify(reasons), answer],
      );
      if (rows.length !== 1) throw new Error(`Message ${bodId} of ${erp} is not claimed, or was settled before.`);
    },

    async requestsLike(erp, patterns, limit) {
      const rows = await query.run(
        "conversation.requests",
        `select body from operations_request where erp = $1 and number like any ($2::text[]) order by number limit $3`,
        [erp, patterns.map(likeOf), limit],
      );
      return rows.map((row) => withExactNumbers<OperationsRequest>(row["body"]));
    },

    async responsesLike(erp, { keys, orders }, limit) {
      const rows = await query.run(
        "conversation.responses",
        `select p.key, p.kind, p.content -> 'response' as response from posting p
         join operations_request r on r.id = p.request
         where p.erp = $1 and p.state = 'confirmed' and jsonb_typeof(p.content -> 'response') = 'object'
           and (p.key like any ($2::text[]) or r.number like any ($3::text[]))
         order by p.key limit $4`,
        [erp, keys.map(likeOf), orders.map(likeOf), limit],
      );
      return rows.map((row) => ({
        key: text(row["key"]),
        // the column holds document kinds alone
        kind: text(row["kind"]) as DocumentKind,
        response: withExactNumbers<OperationsResponse>(row["response"]),
      }));
    },
  };
}
