/** What waits for a person's decision, locked with its version, and what the decision does to its row. */
import { toJson, withExactNumbers } from "../base/json.ts";
import type { Tx } from "../flows/ports.ts";
import { lastCountRule, type CounterAnswer, type CounterDoubt } from "../record/counter-answer.ts";
import { mayHaveArrived, orderStates, questionStates } from "../record/decision.ts";
import { at, int, text, textOrNull, when, type Query, type Row } from "./connection.ts";
import { confirmedAt, postingColumns, postingOf } from "./posting-repository.ts";

type DecisionRepository = Tx["decisions"];
type QuarantinedOrder = NonNullable<Awaited<ReturnType<DecisionRepository["order"]>>>;
type KeptMessage = NonNullable<Awaited<ReturnType<DecisionRepository["message"]>>>;
type QuestionRow = NonNullable<Awaited<ReturnType<DecisionRepository["question"]>>>;
type DecidablePosting = NonNullable<Awaited<ReturnType<DecisionRepository["posting"]>>>;
type PostingChange = Parameters<DecisionRepository["change"]>[1];
type Superseding = Parameters<DecisionRepository["supersede"]>[1];

export function decisionRepository(query: Query): DecisionRepository {
  return { ...quarantine(query), ...questions(query), ...postings(query) };
}

type Part<Names extends keyof DecisionRepository> = Pick<DecisionRepository, Names>;

function quarantine(query: Query): Part<"order" | "settleOrder" | "message" | "settleMessage" | "settleProduction"> {
  return {
    async order(id) {
      const [row] = await query.run(
        "decision.order",
        "select id, subject, state, detail, version from quarantine where id = $1 and kind = 'order' for update",
        [id],
      );
      return row ? orderOf(row) : null;
    },

    async settleOrder(id, state, command, settledAt) {
      await query.run(
        "decision.settle-order",
        "update quarantine set state = $2, command = $3, settled_at = $4, version = version + 1 where id = $1",
        [id, state, command, at(settledAt)],
      );
    },

    async message(id) {
      const [row] = await query.run(
        "decision.message",
        "select erp, idempotency_key, number, bytes, media_type from erp_message where id = $1",
        [id],
      );
      return row ? messageOf(row) : null;
    },

    async settleMessage(id, verdict, fault, decision) {
      const shown = fault && toJson({ kind: fault.kind, code: fault.code, message: fault.message });
      await query.run(
        "decision.settle-message",
        "update erp_message set verdict = $2, fault = $3, decision = $4 where id = $1",
        [id, verdict, shown, decision && toJson(decision)],
      );
    },

    async settleProduction(run, state, command, settledAt) {
      await query.run(
        "decision.settle-production",
        `update quarantine set state = $2, command = $3, settled_at = $4, version = version + 1
         where kind = 'production' and subject = $1`,
        [run, state, command, at(settledAt)],
      );
    },
  };
}

function questions(
  query: Query,
): Part<"sourceOfQuestion" | "question" | "settleQuestion" | "isCounterAsked" | "answers"> {
  return {
    async sourceOfQuestion(id) {
      const [row] = await query.run(
        "decision.source-of-question",
        `select coalesce(about ->> 'source', substring(subject from '^(.+)/kept/[0-9]+$')) as source from question where id = $1`,
        [id],
      );
      return textOrNull(row?.["source"] ?? null);
    },

    async question(id) {
      const [row] = await query.run(
        "decision.question",
        "select id, subject, text, state, evidence, about, asked_at, version from question where id = $1 for update",
        [id],
      );
      return row ? questionOf(row) : null;
    },

    async settleQuestion(id, { state, answer }, command, settledAt) {
      await query.run(
        "decision.settle-question",
        `update question set state = $2, answer = $3, command = $4, answered_at = $5, version = version + 1
         where id = $1 and state = 'open'`,
        [id, state, toJson(answer), command, at(settledAt)],
      );
    },

    async isCounterAsked(source, since) {
      const rows = await query.run(
        "decision.is-counter-asked",
        `select 1 from question
         where about ->> 'source' = $1 and split_part(about ->> 'rule', '@', 1) <> $3
           and (state = 'open' or (about ->> 'at')::numeric >= $2) limit 1`,
        [source, since, lastCountRule],
      );
      return rows.length > 0;
    },

    async answers(source) {
      const rows = await query.run(
        "decision.answers",
        `select about, coalesce((answer ->> 'goesOn')::boolean, false) as goes_on, command is null as is_taken_back,
           coalesce(jsonb_array_length(answer -> 'units'), 0) > 0 as has_units
         from question where about ->> 'source' = $1 and state in ('answered', 'dismissed')`,
        [source],
      );
      return rows.map(answerOf).toSorted((a, b) => a.at - b.at);
    },
  };
}

function postings(query: Query): Part<"posting" | "runOfPosting" | "postingsOfRun" | "change" | "supersede"> {
  return {
    async posting(id) {
      const [row] = await query.run("decision.posting", `${postingText} where p.id = $1 for update of p`, [id]);
      return row ? decidable(row) : null;
    },

    async runOfPosting(id) {
      const [row] = await query.run("decision.run-of-posting", "select run from posting where id = $1", [id]);
      return textOrNull(row?.["run"] ?? null);
    },

    async postingsOfRun(run) {
      const rows = await query.run(
        "decision.postings-of-run",
        `with recursive line as (select $1::text as id union select r.id from run r join line on r.heir = line.id)
         ${postingText} where p.run = any (array (select id from line)) order by p.ordinal for update of p`,
        [run],
      );
      return rows.map(decidable);
    },

    change: (posting, to, command, changedAt) => change(query, posting, to, command, at(changedAt)),

    supersede: (old, by, command, supersededAt) => supersede(query, old, by, command, at(supersededAt)),
  };
}

const postingText = `select ${postingColumns}, p.planned_at, p.dismissed_in_doubt, p.stands_back_for,
  coalesce(coalesce(p.settled_at, p.planned_at) <= (select restored_at from site_state), false) as is_older,
  coalesce(p.planned_at <= (select restored_at from site_state), false) as is_from_backup,
  exists (select 1 from posting_line l where l.posting = p.id and l.active) as holds_facts
  from posting p`;

function decidable(row: Row): DecidablePosting {
  return {
    ...postingOf(row),
    plannedAt: when(row["planned_at"]),
    isDismissedInDoubt: row["dismissed_in_doubt"] === true,
    standsBackFor: textOrNull(row["stands_back_for"]),
    isOlderThanRestore: row["is_older"] === true,
    isFromBackup: row["is_from_backup"] === true,
    holdsFacts: row["holds_facts"] === true,
  };
}

async function change(
  query: Query,
  posting: DecidablePosting,
  { to, dueAt, document, letsGo }: PostingChange,
  command: string,
  changedAt: string,
): Promise<void> {
  const rows = await query.run(
    "decision.change-posting",
    `update posting p set state = $4, due_at = coalesce($5, due_at), document = coalesce($6, document), parked = false,
     asked_absent = case when $4 = 'in-doubt' then 0 else asked_absent end,
     fault = case when $4 = 'in-doubt' then null else fault end,
     sent_at = case when $4 = 'in-doubt' then coalesce(sent_at, planned_at) else sent_at end,
     dismissed_from = case when $4 = 'dismissed' and $3 <> 'dismissed' then $3 else dismissed_from end,
     dismissed_in_doubt = dismissed_in_doubt or $9,
     confirmed_at = ${confirmedAt("$4", "$6", "$8")},
     command = $7, settled_at = $8, version = version + 1 where id = $1 and version = $2 and state = $3 returning id`,
    [
      posting.id,
      posting.version,
      posting.state,
      to,
      at(dueAt),
      document,
      command,
      changedAt,
      to === "dismissed" && mayHaveArrived(posting),
    ],
  );
  if (rows.length !== 1) throw new Error(`Posting ${posting.id} was changed by somebody else meanwhile.`);
  if (letsGo) await letGo(query, posting.id);
  await query.run(
    "decision.end-attempt",
    "update posting_attempt set ended_at = $2, outcome = $3 where posting = $1 and ended_at is null",
    [posting.id, changedAt, to],
  );
  // What is in doubt holds its lanes; whatever else a person decides is certain.
  if (to !== "in-doubt") await query.run("decision.free-lanes", "delete from lane where posting = $1", [posting.id]);
}

async function letGo(query: Query, id: string): Promise<void> {
  await query.run("decision.let-go", "update posting_line set active = false where posting = $1", [id]);
}

async function supersede(
  query: Query,
  old: DecidablePosting,
  by: Superseding,
  command: string,
  supersededAt: string,
): Promise<void> {
  await change(query, old, { to: "dismissed", dueAt: null, document: null, letsGo: true }, command, supersededAt);
  // Confirmations of an operation go by number: the new one takes the place of the old one.
  await query.run(
    "decision.give-up-number",
    "update posting set sequence_key = null, sequence_number = null where id = $1",
    [old.id],
  );
  await query.run(
    "decision.supersede",
    `insert into posting (id, key, erp, kind, request, segment, run, state, sequence_key, sequence_number, lanes, content, due_at,
       planned_at, supersedes, command, sent_at)
     values ($1, $2, $3, $4, $5, $6, $7, $15, $8, $9, $10, $11, $12, $12, $13, $14,
       case when $15 = 'in-doubt' then $12::timestamptz end)`,
    [
      by.id,
      by.key,
      old.erp,
      old.kind,
      old.request,
      old.segment,
      old.run,
      old.sequence?.key ?? null,
      old.sequence?.number ?? null,
      old.lanes,
      toJson(by.content),
      supersededAt,
      old.id,
      command,
      by.inDoubt ? "in-doubt" : "planned",
    ],
  );
  await query.run(
    "decision.take-lines",
    "insert into posting_line (posting, fact, kind) select $2, fact, kind from posting_line where posting = $1",
    [old.id, by.id],
  );
}

function orderOf(row: Row): QuarantinedOrder {
  const { message } = row["detail"] as { message: number }; // written by accept-order
  return {
    id: int(row["id"]),
    subject: text(row["subject"]),
    state: known(orderStates, row["state"]),
    message,
    version: int(row["version"]),
  };
}

function messageOf(row: Row): KeptMessage {
  const message = {
    idempotencyKey: text(row["idempotency_key"]),
    noun: "order",
    number: text(row["number"]),
    // The column is bytea.
    bytes: row["bytes"] as Uint8Array,
    mediaType: text(row["media_type"]),
  } as const;
  return { erp: text(row["erp"]), message };
}

function questionOf(row: Row): QuestionRow {
  const about = withExactNumbers<CounterDoubt | Record<string, never>>(row["about"]);
  const evidence = row["evidence"];
  return {
    id: int(row["id"]),
    subject: text(row["subject"]),
    text: text(row["text"]),
    state: known(questionStates, row["state"]),
    // Questions about counters name samples; others name facts, or nothing.
    evidence: "source" in about && Array.isArray(evidence) ? (evidence as QuestionRow["evidence"]) : [],
    about: "source" in about ? (about as CounterDoubt) : null,
    askedAt: when(row["asked_at"]),
    version: int(row["version"]),
  };
}

function answerOf(row: Row): CounterAnswer {
  const { rule, run, at: askedAt, value, uom, items, begins, stood } = withExactNumbers<CounterDoubt>(row["about"]);
  return {
    rule,
    run,
    at: askedAt,
    value,
    uom,
    ...(items && { items }),
    ...(begins && { begins }),
    ...(stood && row["has_units"] === true && { stood }),
    ...(row["goes_on"] !== true && { closes: true }),
    ...(row["is_taken_back"] === true && { isTakenBack: true }),
  };
}

function known<T extends string>(all: readonly T[], value: unknown): T {
  const found = all.find((one) => one === value);
  if (found === undefined)
    throw new Error(`The database holds the state "${String(value)}", which this program does not know.`);
  return found;
}
