/** Messages of partners that speak B2MML, each once, and what such a partner may ask to be shown. */
import { toJson, withExactNumbers } from "../base/json.ts";
import type { ShownResponse, Tx } from "../flows/ports.ts";
import type { DispatchedJob, PerformedJob, RunSum } from "../isa95/conversation/job.ts";
import type { MessageVerdict } from "../isa95/conversation/answer.ts";
import type { OperationsRequest } from "../isa95/schedule/operations-request.ts";
import type { OperationsResponse } from "../isa95/response/operations-response.ts";
import type { DocumentKind } from "../record/posting.ts";
import { at, text, textOrNull, when, whenOrNull, type Query } from "./connection.ts";
import { jobOrderColumns, jobOrderRowOf } from "./job-order-repository.ts";
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
        [erp, bodId, verdict, toJson(reasons), answer],
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

    responsesLike: (erp, by, limit) => responsesLike(query, erp, by, limit),
    jobOrdersLike: (erp, by, limit) => jobOrdersLike(query, erp, by, limit),
    jobResponsesLike: (erp, by, limit) => jobResponsesLike(query, erp, by, limit),
  };
}

async function responsesLike(
  query: Query,
  ...[erp, { keys, orders }, limit]: Parameters<Tx["conversations"]["responsesLike"]>
): Promise<readonly ShownResponse[]> {
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
}

/** An empty list is no matter which. */
const anyOf = (column: string, list: string): string => `(cardinality(${list}) = 0 or ${column} like any (${list}))`;

async function jobOrdersLike(
  query: Query,
  ...[erp, { orders, jobOrders }, limit]: Parameters<Tx["conversations"]["jobOrdersLike"]>
): Promise<readonly DispatchedJob[]> {
  const columns = jobOrderColumns.replaceAll(/\w+/g, "j.$&");
  const rows = await query.run(
    "conversation.job-orders",
    `select r.number, ${columns} from job_order j join operations_request r on r.id = j.request
     where r.erp = $1 and ${anyOf("r.number", "$2::text[]")} and ${anyOf("j.id", "$3::text[]")}
     order by r.number, j.segment, j.id limit $4`,
    [erp, orders.map(likeOf), jobOrders.map(likeOf), limit],
  );
  return rows.map((row) => ({ order: text(row["number"]), jobOrder: jobOrderRowOf(row).jobOrder }));
}

async function jobResponsesLike(
  query: Query,
  ...[erp, { orders, jobOrders, runs }, limit]: Parameters<Tx["conversations"]["jobResponsesLike"]>
): Promise<readonly PerformedJob[]> {
  const rows = await query.run(
    "conversation.job-responses",
    `select r.number, u.id, u.source, u.work_unit, u.job, u.article, u.job_order, u.started_at, u.ended_at, u.result,
       (select jsonb_agg(jsonb_build_object('what', s.what, 'material', s.material, 'uom', s.uom, 'micro', s.micro::text)
          order by s.what, s.material, s.uom) from run_amount s where s.run = u.id and s.what not in ('energy', 'counted')) as sums
     from run u join job_order j on j.id = u.job_order join operations_request r on r.id = j.request
     where r.erp = $1 and u.heir is null and u.result is distinct from 'corrected'
       and ${anyOf("r.number", "$2::text[]")} and ${anyOf("j.id", "$3::text[]")} and ${anyOf("u.id", "$4::text[]")}
     order by r.number, u.started_at, u.id limit $5`,
    [erp, orders.map(likeOf), jobOrders.map(likeOf), runs.map(likeOf), limit],
  );
  return rows.map((row) => ({
    order: text(row["number"]),
    run: {
      id: text(row["id"]),
      source: text(row["source"]),
      workUnit: text(row["work_unit"]),
      job: text(row["job"]),
      article: text(row["article"]),
      jobOrder: text(row["job_order"]),
      startedAt: when(row["started_at"]),
      endedAt: whenOrNull(row["ended_at"]),
      result: textOrNull(row["result"]),
    },
    sums: sumsOf(row["sums"]),
  }));
}

function sumsOf(value: unknown): PerformedJob["sums"] {
  // built by the statement above; null when nothing was counted
  const sums = (value ?? []) as readonly { what: RunSum["what"]; material: string; uom: string; micro: string }[];
  return sums.map(({ what, material, uom, micro }) => ({ what, material, quantity: { micro: BigInt(micro), uom } }));
}
