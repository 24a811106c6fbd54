/**
 * Postings: planned with the facts they speak for, sent by one worker at a time, settled with proof; see
 * `store/posting-repository`.
 */
import { hash } from "node:crypto";
import type { Instant } from "../../base/instant.ts";
import { currentTrace } from "../../base/trace.ts";
import type { BesidePosting, NewPosting, PostingRepository, PostingRow } from "../../flows/ports.ts";
import {
  holdsFacts,
  isSentAgain,
  longestWaitMs,
  type PostingContent,
  type PostingState,
} from "../../record/posting.ts";
import { postingOf } from "../../store/posting-repository.ts";
import { byText, kept } from "./copy.ts";
import type { Query } from "./database.ts";
import { freeLanes, letGo, settle } from "./posting-settlement.ts";
import { handDocument, waitsForLook } from "./schema/outage.ts";
import {
  holdsUpSequence,
  lane,
  posting as table,
  postingAttempt,
  postingLine,
  wouldOvertake,
  type PostingColumns,
} from "./schema/posting.ts";
import { run } from "./schema/shop-floor.ts";
import { keyOf, type Seen } from "./table.ts";
import type { Statement } from "./transaction.ts";

export function postingRepository(query: Query): PostingRepository {
  return {
    async plan(postings, at, inDoubt) {
      for (const posting of postings) query.post((s) => planOne(s, posting, at, inDoubt));
    },

    withdrawUnsent: (facts, at) => query.run((s) => withdrawUnsent(s, facts, at)),

    made: (run) =>
      query.run((s) =>
        s
          .find(table, "run", run)
          .filter((row) => row.supersedes === null)
          .toSorted((a, b) => a.ordinal - b.ordinal)
          .map(({ key, kind, state, content }) => ({ key, kind, state, postingDate: dayOf(content) })),
      ),

    unsureBeside: (posting) => query.run((s) => unsureBeside(s, posting)),

    issued: (request) => query.run((s) => issued(s, request)),

    due: (...asked) => query.run((s) => due(s, ...asked)),

    takeLanes: (postings) => takeLanes(query, postings),

    async beginSending(sent, epoch, at) {
      if (sent.length === 0) return;
      query.post((s) => beginSending(s, sent, epoch, at));
    },

    async settle(settlements, epoch, at) {
      return settlements.length === 0 ? [] : query.run((s) => settle(s, settlements, epoch, at));
    },

    doubtful: (...asked) => query.run((s) => doubtful(s, ...asked)),

    doubtOlder: (erp, epoch, at) =>
      query.run((s) => doubtSending(s, erp, (row) => (row.epoch < epoch ? { epoch } : null), at)),

    doubtAbandoned: (erp, epoch, inFlight, at) => query.run((s) => doubtAbandoned(s, erp, epoch, inFlight, at)),

    doubtHeld: (erp, epoch, at) => query.run((s) => doubtHeld(s, erp, epoch, at)),

    unpark: (erp, at) => query.run((s) => unpark(s, erp, at)),

    nextDue: (erp, now) => query.run((s) => nextDue(s, erp, now)),

    lock: (id) =>
      query.run(async (s) => {
        const row = await s.lock(table, id, "update");
        return row ? postingOf(row) : null;
      }),

    move: (posting, to, at, facts) => query.run((s) => move(s, posting, to, at, facts)),
  };
}

function dayOf(content: PostingContent): string {
  return "response" in content ? (content.response?.dates.postingDate ?? "") : "";
}

function unsureBeside(s: Seen, id: string): readonly BesidePosting[] {
  const own = s.get(table, id);
  const ownRun = own && own.run !== null ? s.get(run, own.run) : undefined;
  if (!own || !ownRun) return [];
  return s
    .find(table, "operation", keyOf(own.request, own.segment))
    .filter((row) => row.kind === own.kind && row.run !== null && row.run !== own.run)
    .filter((row) => s.get(run, row.run ?? "")?.source === ownRun.source)
    .toSorted((a, b) => a.ordinal - b.ordinal)
    .flatMap(({ state, asked_absent: absent, content, ordinal }) =>
      (state === "in-doubt" && absent === 0) || state === "needs-person"
        ? [{ state, postingDate: dayOf(content), isBefore: ordinal < own.ordinal }]
        : [],
    );
}

async function planOne(s: Statement, posting: NewPosting, at: Instant, inDoubt: boolean): Promise<void> {
  const { sequenceKey } = posting;
  const before = sequenceKey === null ? [] : s.find(table, "sequence", sequenceKey);
  await s.insert(table, {
    id: posting.id,
    key: posting.key,
    erp: posting.erp,
    kind: posting.kind,
    request: posting.request,
    segment: posting.segment,
    run: posting.run,
    state: inDoubt ? "in-doubt" : "planned",
    sequence_key: sequenceKey,
    sequence_number:
      sequenceKey === null ? null : before.reduce((most, row) => Math.max(most, row.sequence_number ?? 0), 0) + 1,
    lanes: [...posting.lanes],
    closes: posting.closes ?? null,
    reverses: posting.reverses ?? null,
    content: kept(posting.content),
    ...unsent,
    due_at: at,
    sent_at: inDoubt ? at : null,
    planned_at: at,
    ordinal: s.nextNumber(table),
    supersedes: null,
    command: null,
    trace_id: traceOf(posting.id),
  });
  for (const fact of posting.facts) {
    await s.insert(postingLine, { posting: posting.id, fact, kind: posting.kind, active: true });
  }
}

export const unsent = {
  envelope: null,
  attempts: 0,
  fault: null,
  parked: false,
  asked_absent: 0,
  asked_at: null,
  document: null,
  epoch: 0,
  settled_at: null,
  confirmed_at: null,
  dismissed_from: null,
  dismissed_in_doubt: false,
  version: 0,
} as const;

/** That of the person's call which plans it, else its own. */
export function traceOf(id: string): string {
  return currentTrace()?.traceId ?? hash("md5", id);
}

/** Delivery holds the row of what it is about to send: whoever comes second sees what the first one did. */
async function withdrawUnsent(s: Statement, facts: readonly string[], at: Instant): Promise<void> {
  const lines = facts.flatMap((id) => s.find(postingLine, "fact", id)).filter((line) => line.active);
  for (const id of new Set(lines.map((line) => line.posting))) {
    const withdrawn = await s.update(table, id, (row) =>
      row.state === "planned" && row.attempts === 0 && row.envelope === null
        ? { state: "dismissed" as const, settled_at: at, version: row.version + 1 }
        : null,
    );
    if (withdrawn) await letGo(s, id);
  }
}

/** Added up each time: what PostgreSQL keeps as a sum must be the same. */
async function issued(s: Statement, request: string): ReturnType<PostingRepository["issued"]> {
  const sums = new Map<string, { requirement: string; quantity: { micro: bigint; uom: string } }>();
  for (const { kind, state, content } of s.find(table, "request", request)) {
    if (kind !== "goods-issue" || !holdsFacts(state) || content.kind !== "goods-issue") continue;
    for (const { requirement, stock } of content.response.segment.materials) {
      if (requirement === null) continue;
      const { micro, uom } = stock.quantity;
      const key = keyOf(requirement, uom);
      sums.set(key, { requirement, quantity: { micro: (sums.get(key)?.quantity.micro ?? 0n) + micro, uom } });
    }
  }
  return [...sums]
    .filter(([, { quantity }]) => quantity.micro !== 0n)
    .toSorted(byText(([key]) => key))
    .map(([, sum]) => sum);
}

/** Its time has come; or it lies so far ahead that a clock must have been set back since it was written. */
const isDue = (row: PostingColumns, now: Instant): boolean => row.due_at <= now || row.due_at > now + longestWaitMs;

const byPlace = (a: PostingColumns, b: PostingColumns): number => a.due_at - b.due_at || a.ordinal - b.ordinal;

async function due(
  s: Statement,
  ...[erp, at, limit, after = ""]: Parameters<PostingRepository["due"]>
): Promise<readonly PostingRow[]> {
  const found = s.find(table, "state", keyOf(erp, "planned"));
  const waiting = Map.groupBy(found.toSorted(byPlace), queueOf);
  const heads = [...waiting.values()].flatMap((rows) => rows.find((row) => isDue(row, at) && isFree(s, row)) ?? []);
  const taken: PostingRow[] = [];
  // Those after the order whose turn was last, then from the beginning.
  for (const isLater of [true, false]) {
    const part = heads.filter(({ request }) => request > after === isLater).toSorted(byText(queueOf));
    const first = part.slice(0, Math.max(0, limit - taken.length)).toSorted(byPlace);
    for (const { id } of first.toSorted(byText(({ request }) => request))) {
      const row = s.lockFree(table, id, "update");
      if (row?.state === "planned") taken.push(postingOf(row));
    }
  }
  return taken;
}

const queues = new WeakMap<PostingColumns, string>();

/** What shares an order, a kind, all lanes and a sequence; as `queue_of` in the database, where it stands in the row. */
function queueOf(row: PostingColumns): string {
  let queue = queues.get(row);
  if (queue === undefined) {
    const { request, kind, lanes, sequence_key: sequence } = row;
    queue = keyOf(request, kind, hash("md5", [...lanes, ...(sequence === null ? [] : [sequence])].join("|")));
    queues.set(row, queue);
  }
  return queue;
}

function isFree(seen: Seen, row: PostingColumns): boolean {
  if (waitsForLook(seen, row)) return false;
  if (row.lanes.some((key) => seen.get(lane, key) !== undefined)) return false;
  const { sequence_key: key, sequence_number: number } = row;
  const isBehind =
    key !== null &&
    number !== null &&
    seen
      .find(table, "sequence", key)
      .some((other) => (other.sequence_number ?? number) < number && holdsUpSequence.has(other.state));
  return !isBehind && !(row.closes !== null && wouldOvertake(seen, row));
}

async function takeLanes(
  query: Query,
  ...[postings]: Parameters<PostingRepository["takeLanes"]>
): Promise<readonly string[]> {
  const wanted = postings
    .flatMap(({ id, lanes }) => lanes.map((key) => ({ id, key })))
    .toSorted(byText(({ key }) => key));
  if (wanted.length === 0) return postings.map((p) => p.id);
  const got = await query.run(async (s) => {
    const mine = new Map<string, number>();
    for (const { id, key } of wanted) {
      if (!(await s.insertOrFind(lane, { key, posting: id }))) mine.set(id, (mine.get(id) ?? 0) + 1);
    }
    return mine;
  });
  const whole = postings.filter((p) => (got.get(p.id) ?? 0) === p.lanes.length).map((p) => p.id);
  const partly = [...got.keys()].filter((id) => !whole.includes(id));
  if (partly.length > 0) query.post((s) => freeLanes(s, partly));
  return whole;
}

async function beginSending(
  s: Statement,
  ...[sent, epoch, at]: Parameters<PostingRepository["beginSending"]>
): Promise<void> {
  for (const { id, envelope, attempt } of sent) {
    await s.update(table, id, (row) =>
      row.state === "planned"
        ? {
            state: "sending" as const,
            envelope: envelope.slice(),
            attempts: attempt,
            sent_at: at,
            epoch,
            fault: null,
            parked: false,
            version: row.version + 1,
          }
        : null,
    );
  }
  const open = { started_at: at, ended_at: null, outcome: null, fault: null };
  for (const { id, attempt } of sent) await s.insert(postingAttempt, { posting: id, number: attempt, ...open });
}

async function doubtful(
  s: Statement,
  ...[erp, at, until, limit, epoch]: Parameters<PostingRepository["doubtful"]>
): Promise<readonly PostingRow[]> {
  const found = s
    .find(table, "state", keyOf(erp, "in-doubt"))
    .filter((row) => isDue(row, at))
    .toSorted((a, b) => a.ordinal - b.ordinal);
  const taken: PostingRow[] = [];
  for (const { id } of found) {
    if (taken.length >= limit) break;
    const held = s.lockFree(table, id, "no-key-update");
    if (held?.state !== "in-doubt" || !isDue(held, at)) continue;
    const row = await s.update(table, id, () => ({ due_at: until, epoch }));
    if (row) taken.push(postingOf(row));
  }
  return taken;
}

/** @param which  what else changes on a posting that is in doubt now; null leaves it */
async function doubtSending(
  s: Statement,
  erp: string,
  which: (row: PostingColumns) => Partial<PostingColumns> | null,
  at: Instant,
): Promise<number> {
  let count = 0;
  for (const { id } of s.find(table, "state", keyOf(erp, "sending"))) {
    const doubted = await s.update(table, id, (row) => {
      const change = row.state === "sending" ? which(row) : null;
      const doubt = { state: "in-doubt", settled_at: at, due_at: at, asked_absent: 0 } as const;
      return change && { ...doubt, ...change, version: row.version + 1 };
    });
    if (doubted) count += 1;
  }
  return count;
}

async function doubtAbandoned(
  s: Statement,
  ...[erp, epoch, inFlight, at]: Parameters<PostingRepository["doubtAbandoned"]>
): Promise<number> {
  const isHeld = (row: PostingColumns): boolean =>
    inFlight.some((held) => held.id === row.id && held.attempt === row.attempts);
  return doubtSending(s, erp, (row) => (row.epoch === epoch && !isHeld(row) ? {} : null), at);
}

async function doubtHeld(s: Statement, erp: string, epoch: number, at: Instant): Promise<number> {
  let count = 0;
  const isHeld = (row: PostingColumns): boolean =>
    row.state === "planned" &&
    row.kind !== "order-accepted" &&
    isSentAgain(postingOf(row)) &&
    s.find(handDocument, "open", row.request).length > 0;
  for (const found of s.find(table, "state", keyOf(erp, "planned"))) {
    if (found.fault === null || !isHeld(found)) continue;
    const { id } = found;
    const row = s.lockFree(table, id, "update");
    if (!row || !isHeld(row)) continue;
    const doubt = { state: "in-doubt", epoch, settled_at: at, due_at: at, asked_absent: 0 } as const;
    await s.update(table, id, ({ version }) => ({ ...doubt, version: version + 1 }));
    count += 1;
  }
  return count;
}

async function unpark(s: Statement, erp: string, at: Instant): Promise<number> {
  let count = 0;
  for (const { id } of s.find(table, "state", keyOf(erp, "refused"))) {
    const back = await s.update(table, id, (row) =>
      row.state === "refused" && row.parked && isDue(row, at)
        ? { state: "planned" as const, version: row.version + 1 }
        : null,
    );
    if (back) count += 1;
  }
  return count;
}

function nextDue(seen: Seen, erp: string, now: Instant): Instant | null {
  let next: Instant | null = null;
  for (const state of ["planned", "in-doubt", "refused"] satisfies PostingState[]) {
    for (const row of seen.find(table, "state", keyOf(erp, state))) {
      if (row.due_at <= now || (state === "refused" && !row.parked)) continue;
      if (next === null || row.due_at < next) next = row.due_at;
    }
  }
  return next;
}

async function move(s: Statement, ...[posting, to, at, facts]: Parameters<PostingRepository["move"]>): Promise<void> {
  const moved = await s.update(table, posting.id, (row) =>
    row.version === posting.version
      ? { state: to, parked: false, settled_at: at, due_at: at, version: row.version + 1 }
      : null,
  );
  if (!moved) throw new Error(`Posting ${posting.id} was changed by somebody else meanwhile.`);
  if (!holdsFacts(to) && facts !== "kept") await letGo(s, posting.id);
}
