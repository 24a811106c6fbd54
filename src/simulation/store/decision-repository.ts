/** What waits for a person's decision, and what the decision does to its row; see `store/decision-repository`. */
import type { Instant } from "../../base/instant.ts";
import type { RefusedOrder } from "../../flows/attention-ports.ts";
import type { Tx } from "../../flows/ports.ts";
import { lastCountRule, type CounterAnswer, type CounterDoubt } from "../../record/counter-answer.ts";
import { sourceOfKept } from "../../record/kept-subject.ts";
import { mayHaveArrived } from "../../record/decision.ts";
import { postingOf } from "../../store/posting-repository.ts";
import { kept, keptFault } from "./copy.ts";
import type { Query } from "./database.ts";
import { traceOf, unsent } from "./posting-repository.ts";
import { confirmedAt, freeLanes, letGo } from "./posting-settlement.ts";
import { lineOf } from "./run-repository.ts";
import { erpMessage, restoredAtOf } from "./schema/order.ts";
import { isOlderThanRestore, posting, postingAttempt, postingLine, type PostingColumns } from "./schema/posting.ts";
import { quarantine, question, type QuestionColumns } from "./schema/shop-floor.ts";
import { keyOf, type Seen } from "./table.ts";
import type { Statement } from "./transaction.ts";

type DecisionRepository = Tx["decisions"];
type DecidablePosting = NonNullable<Awaited<ReturnType<DecisionRepository["posting"]>>>;
type QuestionRow = NonNullable<Awaited<ReturnType<DecisionRepository["question"]>>>;
type Part<Names extends keyof DecisionRepository> = Pick<DecisionRepository, Names>;

export function decisionRepository(query: Query): DecisionRepository {
  return { ...quarantined(query), ...questions(query), ...postings(query) };
}

function quarantined(query: Query): Part<"order" | "settleOrder" | "message" | "settleMessage" | "settleProduction"> {
  return {
    order: (id) =>
      query.run(async (s) => {
        const row = await s.lock(quarantine, String(id), "update");
        if (row?.kind !== "order" || row.state === "assigned") return null;
        const { message } = row.detail as RefusedOrder; // written by accept-order
        return { id, subject: row.subject, state: row.state, message, version: row.version };
      }),

    settleOrder: (id, state, command, at) =>
      query.run(
        async (s) =>
          void (await s.update(quarantine, String(id), (row) => ({
            state,
            command,
            settled_at: at,
            version: row.version + 1,
          }))),
      ),

    message: (id) =>
      query.run((s) => {
        const row = s.get(erpMessage, String(id));
        if (!row) return null;
        const { erp, idempotency_key: idempotencyKey, number, bytes, media_type: mediaType } = row;
        return { erp, message: { idempotencyKey, noun: "order", number, bytes, mediaType } };
      }),

    settleMessage: (id, verdict, fault) =>
      query.run(
        async (s) =>
          void (await s.update(erpMessage, String(id), () => ({
            verdict,
            fault: fault && keptFault(fault),
          }))),
      ),

    settleProduction: (run, state, command, at) =>
      query.run(async (s) => {
        for (const { id } of s.find(quarantine, "quarantine_once", keyOf("production", run))) {
          const change = { state, command, settled_at: at };
          await s.update(quarantine, String(id), (row) => ({ ...change, version: row.version + 1 }));
        }
      }),
  };
}

function questions(
  query: Query,
): Part<"sourceOfQuestion" | "question" | "settleQuestion" | "isCounterAsked" | "answers"> {
  return {
    sourceOfQuestion: (id) =>
      query.run((s) => {
        const row = s.get(question, String(id));
        const source = row?.about["source"];
        return typeof source === "string" ? source : row ? sourceOfKept(row.subject) : null;
      }),

    question: (id) =>
      query.run(async (s) => {
        const row = await s.lock(question, String(id), "update");
        if (!row) return null;
        const isCounter = "source" in row.about;
        return {
          id,
          subject: row.subject,
          text: row.text,
          state: row.state,
          // Questions about counters name samples; others name facts, or nothing.
          evidence: isCounter && Array.isArray(row.evidence) ? (row.evidence as QuestionRow["evidence"]) : [],
          about: isCounter ? (row.about as unknown as CounterDoubt) : null, // written by collection
          askedAt: row.asked_at,
          version: row.version,
        };
      }),

    settleQuestion: (id, { state, answer }, command, at) =>
      query.run(
        async (s) =>
          void (await s.update(question, String(id), (row) =>
            row.state === "open"
              ? { state, answer: kept(answer), command, answered_at: at, version: row.version + 1 }
              : null,
          )),
      ),

    isCounterAsked: (source, since) =>
      query.run((s) =>
        s
          .all(question)
          .some(
            ({ about, state }) =>
              about["source"] === source &&
              String(about["rule"]).split("@")[0] !== lastCountRule &&
              (state === "open" || Number(about["at"]) >= since),
          ),
      ),

    answers: (source) =>
      query.run((s) =>
        s
          .all(question)
          .filter((row) => row.about["source"] === source && row.state !== "open")
          .map(answerOf)
          .toSorted((a, b) => a.at - b.at),
      ),
  };
}

function answerOf({ about, answer, command }: QuestionColumns): CounterAnswer {
  const { rule, run, at, value, uom, items, begins, stood } = about as unknown as CounterDoubt; // written by collection
  return {
    rule,
    run,
    at,
    value,
    uom,
    ...(items && { items }),
    ...(begins && { begins }),
    ...(stood && hasUnits(answer) && { stood }),
    ...(!goesOn(answer) && { closes: true }),
    ...(command === null && { isTakenBack: true }),
  };
}

function goesOn(answer: unknown): boolean {
  return typeof answer === "object" && answer !== null && "goesOn" in answer && answer.goesOn === true;
}

function hasUnits(answer: unknown): boolean {
  const units = typeof answer === "object" && answer !== null && "units" in answer ? answer.units : [];
  return Array.isArray(units) && units.length > 0;
}

function postings(query: Query): Part<"posting" | "runOfPosting" | "postingsOfRun" | "change" | "supersede"> {
  return {
    posting: (id) =>
      query.run(async (s) => {
        const row = await s.lock(posting, id, "update");
        return row ? decidable(s, row) : null;
      }),

    runOfPosting: (id) => query.run((s) => s.get(posting, id)?.run ?? null),

    postingsOfRun: (run) =>
      query.run(async (s) => {
        const found = lineOf(s, run).flatMap((id) => s.find(posting, "run", id));
        const rows: DecidablePosting[] = [];
        for (const { id } of found.toSorted((a, b) => a.ordinal - b.ordinal)) {
          const row = await s.lock(posting, id, "update");
          if (row) rows.push(decidable(s, row));
        }
        return rows;
      }),

    change: (old, to, command, at) => query.run((s) => change(s, old, to, command, at)),

    supersede: (old, by, command, at) => query.run((s) => supersede(s, old, by, command, at)),
  };
}

function decidable(seen: Seen, row: PostingColumns): DecidablePosting {
  const restoredAt = restoredAtOf(seen);
  return {
    ...postingOf(row),
    plannedAt: row.planned_at,
    isDismissedInDoubt: row.dismissed_in_doubt,
    // No outage is looked into here.
    standsBackFor: null,
    isOlderThanRestore: isOlderThanRestore(seen, row),
    isFromBackup: restoredAt !== null && row.planned_at <= restoredAt,
    holdsFacts: seen.find(postingLine, "posting", row.id).some((line) => line.active),
  };
}

async function change(
  s: Statement,
  old: DecidablePosting,
  { to, dueAt, document, letsGo }: Parameters<DecisionRepository["change"]>[1],
  command: string,
  at: Instant,
): Promise<void> {
  const changed = await s.update(posting, old.id, (row) =>
    row.version === old.version && row.state === old.state
      ? {
          state: to,
          due_at: dueAt ?? row.due_at,
          document: document ?? row.document,
          parked: false,
          asked_absent: to === "in-doubt" ? 0 : row.asked_absent,
          fault: to === "in-doubt" ? null : row.fault,
          sent_at: to === "in-doubt" ? (row.sent_at ?? row.planned_at) : row.sent_at,
          dismissed_from: to === "dismissed" && old.state !== "dismissed" ? old.state : row.dismissed_from,
          dismissed_in_doubt: row.dismissed_in_doubt || (to === "dismissed" && mayHaveArrived(old)),
          command,
          settled_at: at,
          confirmed_at: confirmedAt(row, to, document, at),
          version: row.version + 1,
        }
      : null,
  );
  if (!changed) throw new Error(`Posting ${old.id} was changed by somebody else meanwhile.`);
  if (letsGo) await letGo(s, old.id);
  for (const { number } of s.find(postingAttempt, "posting", old.id)) {
    await s.update(postingAttempt, keyOf(old.id, number), (row) =>
      row.ended_at === null ? { ended_at: at, outcome: to } : null,
    );
  }
  // What is in doubt holds its lanes; whatever else a person decides is certain.
  if (to !== "in-doubt") await freeLanes(s, [old.id]);
}

async function supersede(
  s: Statement,
  old: DecidablePosting,
  by: Parameters<DecisionRepository["supersede"]>[1],
  command: string,
  at: Instant,
): Promise<void> {
  await change(s, old, { to: "dismissed", dueAt: null, document: null, letsGo: true }, command, at);
  // Confirmations of an operation go by number: the new one takes the place of the old one.
  await s.update(posting, old.id, () => ({ sequence_key: null, sequence_number: null }));
  await s.insert(posting, {
    id: by.id,
    key: by.key,
    erp: old.erp,
    kind: old.kind,
    request: old.request,
    segment: old.segment,
    run: old.run,
    state: by.inDoubt ? "in-doubt" : "planned",
    sequence_key: old.sequence?.key ?? null,
    sequence_number: old.sequence?.number ?? null,
    lanes: old.lanes,
    closes: null,
    reverses: null,
    content: kept(by.content),
    ...unsent,
    due_at: at,
    sent_at: by.inDoubt ? at : null,
    planned_at: at,
    ordinal: s.nextNumber(posting),
    supersedes: old.id,
    command,
    trace_id: traceOf(by.id),
  });
  for (const { fact, kind } of s.find(postingLine, "posting", old.id)) {
    await s.insert(postingLine, { posting: by.id, fact, kind, active: true });
  }
}
