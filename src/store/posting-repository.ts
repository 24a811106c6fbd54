/** Postings: planned with the facts they speak for, sent by one worker at a time, settled with proof. */
import type { Instant } from "../base/instant.ts";
import { toJson, withExactNumbers } from "../base/json.ts";
import type { NewPosting, PostingRepository, PostingRow, Settlement } from "../flows/ports.ts";
import { documentKinds, holdsFacts, postingStates, type PostingContent, type PostingState } from "../record/posting.ts";
import { doubtHeld } from "./held-repeat.ts";
import { unsureBeside } from "./posting-beside.ts";
import { dueText, isDue } from "./posting-turn.ts";
import { at, exact, int, text, textOrNull, whenOrNull, type Query, type Row } from "./connection.ts";

export const postingColumns = `p.id, p.key, p.erp, p.kind, p.request, p.segment, p.run, p.state, p.sequence_key, p.sequence_number, p.lanes, p.closes, p.content,
  p.envelope, p.attempts, p.fault, p.due_at, p.parked, p.sent_at, p.asked_absent, p.asked_at, p.document, p.epoch, p.version, p.trace_id`;

export function postingRepository(query: Query): PostingRepository {
  return {
    async plan(postings, plannedAt, inDoubt) {
      for (const posting of postings) await planOne(query, posting, at(plannedAt), inDoubt ? "in-doubt" : "planned");
    },

    withdrawUnsent: (facts, withdrawnAt) => withdrawUnsent(query, facts, at(withdrawnAt)),

    made: (run) => made(query, run),

    unsureBeside: (posting) => unsureBeside(query, posting),

    issued: (request) => issued(query, request),

    due: (...asked) => due(query, ...asked),

    takeLanes: (postings) => takeLanes(query, postings),

    beginSending: (sent, epoch, startedAt) => beginSending(query, sent, epoch, startedAt),

    settle: (settlements, epoch, settledAt) => settle(query, settlements, epoch, at(settledAt)),

    doubtful: (...asked) => doubtful(query, ...asked),

    async doubtOlder(erp, epoch, now) {
      const rows = await query.run(
        "posting.doubt-older",
        `update posting set state = 'in-doubt', epoch = $2, version = version + 1, settled_at = $3, due_at = $3, asked_absent = 0
         where erp = $1 and state = 'sending' and epoch < $2 returning id`,
        [erp, epoch, at(now)],
      );
      return rows.length;
    },

    async doubtAbandoned(erp, epoch, inFlight, now) {
      const rows = await query.run(
        "posting.doubt-abandoned",
        `update posting set state = 'in-doubt', version = version + 1, settled_at = $3, due_at = $3, asked_absent = 0
         where erp = $1 and state = 'sending' and epoch = $2
           and (id, attempts) not in (select i, a from unnest($4::text[], $5::integer[]) as held (i, a)) returning id`,
        [erp, epoch, at(now), inFlight.map((h) => h.id), inFlight.map((h) => h.attempt)],
      );
      return rows.length;
    },

    doubtHeld: (...asked) => doubtHeld(query, ...asked),

    async unpark(erp, now) {
      const rows = await query.run(
        "posting.unpark",
        "update posting set state = 'planned', version = version + 1 where erp = $1 and state = 'refused' and parked and " +
          `${isDue("due_at", "$2")} returning id`,
        [erp, at(now)],
      );
      return rows.length;
    },

    nextDue: (erp, now) => nextDue(query, erp, now),

    lock: (id) => lock(query, id),

    move: (posting, to, movedAt, facts) => move(query, posting, to, at(movedAt), facts),
  };
}

/** Since when the ERP has had the document: whatever becomes of it later, and also when taking it back is given up. */
export function confirmedAt(next: string, document: string, at: string): string {
  return `case when ${next} = 'confirmed' and (p.confirmed_at is null or ${document} <> p.document)
    then ${at}::timestamptz else p.confirmed_at end`;
}

/** Delivery holds the row of what it is about to send: whoever comes second sees what the first one did. */
async function withdrawUnsent(query: Query, facts: readonly string[], withdrawnAt: string): Promise<void> {
  const rows = await query.run(
    "posting.withdraw",
    `update posting p set state = 'dismissed', settled_at = $2, version = version + 1
     where p.state = 'planned' and p.attempts = 0 and p.envelope is null
     and p.id in (select l.posting from posting_line l where l.fact = any ($1::text[]) and l.active) returning id`,
    [facts, withdrawnAt],
  );
  if (rows.length === 0) return;
  await query.run("posting.release-lines", "update posting_line set active = false where posting = any ($1::text[])", [
    rows.map((row) => text(row["id"])),
  ]);
}

async function made(query: Query, run: string): ReturnType<PostingRepository["made"]> {
  const rows = await query.run(
    "posting.made",
    `select key, kind, state, content #>> '{response,dates,postingDate}' as day from posting
     where run = $1 and supersedes is null order by ordinal`,
    [run],
  );
  return rows.map((row) => ({
    key: text(row["key"]),
    kind: postingKindOf(row["kind"]),
    state: postingStateOf(row["state"]),
    postingDate: textOrNull(row["day"]) ?? "",
  }));
}

async function nextDue(query: Query, erp: string, now: Instant): Promise<Instant | null> {
  const [row] = await query.run(
    "posting.next-due",
    `select min(due_at) as due from (
       (select due_at from posting where erp = $1 and state = 'planned' and due_at > $2 order by due_at limit 1)
       union all select due_at from posting where erp = $1 and state = 'in-doubt' and due_at > $2
       union all select due_at from posting where erp = $1 and state = 'refused' and parked and due_at > $2) waiting`,
    [erp, at(now)],
  );
  return whenOrNull(row?.["due"] ?? null);
}

async function lock(query: Query, id: string): Promise<PostingRow | null> {
  const [row] = await query.run("posting.lock", `select ${postingColumns} from posting p where p.id = $1 for update`, [
    id,
  ]);
  return row ? postingOf(row) : null;
}

async function issued(
  query: Query,
  ...[request]: Parameters<PostingRepository["issued"]>
): ReturnType<PostingRepository["issued"]> {
  const rows = await query.run(
    "posting.issued",
    "select requirement, uom, micro from issued where request = $1 and micro <> 0 order by 1, 2",
    [request],
  );
  return rows.map((row) => ({
    requirement: text(row["requirement"]),
    quantity: { micro: exact(row["micro"]), uom: text(row["uom"]) },
  }));
}

async function due(
  query: Query,
  ...[erp, now, limit, after = ""]: Parameters<PostingRepository["due"]>
): Promise<readonly PostingRow[]> {
  const found = await query.run("posting.due", dueText(postingColumns, "w.request > $4", "true"), [
    erp,
    at(now),
    limit,
    after,
  ]);
  const rest = limit - found.length;
  // The turn begins anew, up to where it began now.
  const again =
    after === "" || rest <= 0
      ? []
      : await query.run("posting.due-again", dueText(postingColumns, "w.request <= $4", "w.request <= $4"), [
          erp,
          at(now),
          rest,
          after,
        ]);
  // Somebody may have decided about one while it was being found: it is locked as it is now.
  return [...found, ...again].map(postingOf).filter(({ state }) => state === "planned");
}

async function takeLanes(
  query: Query,
  ...[postings]: Parameters<PostingRepository["takeLanes"]>
): Promise<readonly string[]> {
  const wanted = postings
    .flatMap(({ id, lanes }) => lanes.map((key) => ({ id, key })))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));
  if (wanted.length === 0) return postings.map((p) => p.id);
  const rows = await query.run(
    "lane.take",
    `insert into lane (key, posting) select * from unnest($1::text[], $2::text[]) on conflict (key) do nothing returning posting`,
    [wanted.map((w) => w.key), wanted.map((w) => w.id)],
  );
  const got = Map.groupBy(rows, (row) => text(row["posting"]));
  const whole = postings.filter((p) => (got.get(p.id)?.length ?? 0) === p.lanes.length).map((p) => p.id);
  const partly = [...got.keys()].filter((id) => !whole.includes(id));
  if (partly.length > 0) query.post("lane.give-back", "delete from lane where posting = any ($1::text[])", [partly]);
  return whole;
}

async function beginSending(
  query: Query,
  ...[sent, epoch, startedAt]: Parameters<PostingRepository["beginSending"]>
): Promise<void> {
  if (sent.length === 0) return;
  const ids = sent.map((s) => s.id);
  query.post(
    "posting.begin-sending",
    `update posting p set state = 'sending', envelope = s.bytes, attempts = s.attempt, sent_at = $1, epoch = $2, fault = null,
     parked = false, version = version + 1
     from unnest($3::text[], $4::bytea[], $5::integer[]) as s (id, bytes, attempt) where p.id = s.id and p.state = 'planned'`,
    [at(startedAt), epoch, ids, sent.map((s) => Buffer.from(s.envelope)), sent.map((s) => s.attempt)],
  );
  query.post(
    "posting.attempt",
    "insert into posting_attempt (posting, number, started_at) select i, n, $1 from unnest($2::text[], $3::integer[]) as a (i, n)",
    [at(startedAt), ids, sent.map((s) => s.attempt)],
  );
}

async function doubtful(
  query: Query,
  ...[erp, now, until, limit, epoch]: Parameters<PostingRepository["doubtful"]>
): Promise<readonly PostingRow[]> {
  const rows = await query.run(
    "posting.doubtful",
    `update posting p set due_at = $3, epoch = $5 where p.id in (
       select id from posting where erp = $1 and state = 'in-doubt' and ${isDue("due_at", "$2")} order by ordinal limit $4 for update skip locked)
     returning ${postingColumns}`,
    [erp, at(now), at(until), limit, epoch],
  );
  return rows.map(postingOf);
}

async function planOne(
  query: Query,
  posting: NewPosting,
  plannedAt: string,
  state: "planned" | "in-doubt",
): Promise<void> {
  query.post(
    "posting.plan",
    `insert into posting (id, key, erp, kind, request, segment, run, state, sequence_key, sequence_number, lanes, content, due_at, planned_at, sent_at, closes, reverses)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9::text,
       case when $9::text is null then null else (select coalesce(max(sequence_number), 0) + 1 from posting where sequence_key = $9::text) end,
       $10, $11, $12, $12, case when $8 = 'in-doubt' then $12::timestamptz end, $13, $14)`,
    [
      posting.id,
      posting.key,
      posting.erp,
      posting.kind,
      posting.request,
      posting.segment,
      posting.run,
      state,
      posting.sequenceKey,
      posting.lanes,
      toJson(posting.content),
      plannedAt,
      posting.closes ?? null,
      posting.reverses ?? null,
    ],
  );
  if (posting.facts.length === 0) return;
  query.post(
    "posting.line",
    "insert into posting_line (posting, fact, kind) select $1, f, $2 from unnest($3::text[]) as f",
    [posting.id, posting.kind, posting.facts],
  );
}

async function settle(
  query: Query,
  settlements: readonly Settlement[],
  epoch: number,
  settledAt: string,
): Promise<readonly string[]> {
  if (settlements.length === 0) return [];
  const rows = await query.run(
    "posting.settle",
    `update posting p set state = s.next, document = coalesce(s.document, p.document), fault = s.fault::jsonb,
     due_at = coalesce(s.due, p.due_at), parked = s.parked, asked_absent = s.asked, asked_at = $1, settled_at = $1, epoch = $2,
     confirmed_at = ${confirmedAt("s.next", "s.document", "$1")}, version = version + 1
     from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[], $9::boolean[], $10::integer[], $11::integer[])
       as s (id, was, next, document, fault, due, parked, asked, attempt)
     where p.id = s.id and p.state = s.was and p.attempts = s.attempt and p.epoch <= $2 returning p.id`,
    [
      settledAt,
      epoch,
      settlements.map((s) => s.id),
      settlements.map((s) => s.from),
      settlements.map((s) => s.to),
      settlements.map((s) => s.document?.number ?? null),
      settlements.map((s) => s.fault && toJson(shown(s))),
      settlements.map((s) => at(s.dueAt)),
      settlements.map((s) => s.parked),
      settlements.map((s) => s.askedAbsent),
      settlements.map((s) => s.attempt),
    ],
  );
  const settled = new Set(rows.map((row) => text(row["id"])));
  const done = settlements.filter((s) => settled.has(s.id));
  const free = done.filter((s) => s.releasesLanes).map((s) => s.id);
  if (free.length > 0) query.post("lane.free", "delete from lane where posting = any ($1::text[])", [free]);
  letGo(
    query,
    done.filter((s) => !holdsFacts(s.to)).map((s) => s.id),
  );
  query.post(
    "posting.attempt-end",
    `update posting_attempt a set ended_at = $1, outcome = s.next, fault = s.fault::jsonb
     from unnest($2::text[], $3::integer[], $4::text[], $5::text[]) as s (id, attempt, next, fault)
     where a.posting = s.id and a.number = s.attempt and a.ended_at is null`,
    [
      settledAt,
      done.map((s) => s.id),
      done.map((s) => s.attempt),
      done.map((s) => s.to),
      done.map((s) => s.fault && toJson(shown(s))),
    ],
  );
  return [...settled];
}

/** Their facts are owed again. */
function letGo(query: Query, postings: readonly string[]): void {
  if (postings.length === 0) return;
  query.post("posting.let-go", "update posting_line set active = false where posting = any ($1::text[])", [postings]);
}

async function move(
  query: Query,
  posting: PostingRow,
  to: PostingState,
  movedAt: string,
  facts?: "kept",
): Promise<void> {
  const rows = await query.run(
    "posting.move",
    `update posting set state = $3, parked = false, settled_at = $4, due_at = $4, version = version + 1
     where id = $1 and version = $2 returning id`,
    [posting.id, posting.version, to, movedAt],
  );
  if (rows.length !== 1) throw new Error(`Posting ${posting.id} was changed by somebody else meanwhile.`);
  if (!holdsFacts(to) && facts !== "kept") letGo(query, [posting.id]);
}

/** What of a fault is kept: causes may hold whatever a socket or parser threw. */
function shown({ fault }: Settlement): unknown {
  return (
    fault && {
      kind: fault.kind,
      code: fault.code,
      message: fault.message,
      cause: String(fault.cause ?? "").slice(0, 4000),
    }
  );
}

export function postingOf(row: Row): PostingRow {
  const kind = postingKindOf(row["kind"]);
  const sequenceKey = textOrNull(row["sequence_key"]);
  const document = textOrNull(row["document"]);
  return {
    id: text(row["id"]),
    key: text(row["key"]),
    erp: text(row["erp"]),
    kind,
    request: text(row["request"]),
    segment: text(row["segment"]),
    run: textOrNull(row["run"]),
    state: postingStateOf(row["state"]),
    sequence: sequenceKey === null ? null : { key: sequenceKey, number: int(row["sequence_number"]) },
    // These columns are text[].
    lanes: row["lanes"] as readonly string[],
    closes: row["closes"] as readonly string[] | null,
    content: withExactNumbers<PostingContent>(row["content"]),
    // The column is bytea.
    envelope: row["envelope"] as Uint8Array | null,
    attempts: int(row["attempts"]),
    fault: withExactNumbers<PostingRow["fault"]>(row["fault"]),
    parkedUntil: row["parked"] === true ? whenOrNull(row["due_at"]) : null,
    sentAt: whenOrNull(row["sent_at"]),
    askedAbsent: int(row["asked_absent"]),
    askedAt: whenOrNull(row["asked_at"]),
    document: document === null ? null : { number: document, kind },
    epoch: int(row["epoch"]),
    traceId: text(row["trace_id"]),
    version: int(row["version"]),
  };
}

export function postingStateOf(value: unknown): PostingRow["state"] {
  const state = postingStates.find((known) => known === value);
  if (!state)
    throw new Error(`The database holds the posting state "${String(value)}", which this program does not know.`);
  return state;
}

export function postingKindOf(value: unknown): PostingRow["kind"] {
  const kind = documentKinds.find((known) => known === value);
  if (!kind)
    throw new Error(`The database holds the document kind "${String(value)}", which this program does not know.`);
  return kind;
}
