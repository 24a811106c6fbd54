/** Notices: each occurrence once, one open for a subject, escalated only while nobody has acknowledged; and their outbox. */
import { toJson } from "../base/json.ts";
import type { NoticeChange, NoticeRepository, Stop } from "../notice/ports.ts";
import {
  longestRetryMs,
  noticeKinds,
  noticeRoles,
  noticeSeverities,
  type DeliverySettlement,
  type Escalation,
  type NewNotice,
  type Notice,
  type NoticeDelivery,
  type NoticeKind,
  type NoticeValues,
} from "../record/notice.ts";
import { at, int, text, textOrNull, when, whenOrNull, type Query, type Row } from "./connection.ts";

export const noticeColumns = `n.id, n.kind, n.subject, n.severity, n.role, n.equipment, n.said, n.text, n.request, n.job_order, n.posting,
  n.channels, n.raised_at, n.last_at, n.count, n.escalate, n.escalated_at, n.acknowledged_by, n.acknowledged_at, n.resolved_at`;

export function noticeRepository(query: Query): NoticeRepository {
  return {
    ...raising(query),
    ...looking(query),
    ...sending(query),

    async escalatable(now, limit) {
      const rows = await query.run(
        "notice.escalatable",
        `select ${noticeColumns} from notice n where n.escalate_at <= $1 and n.escalated_at is null and n.acknowledged_at is null
         and n.resolved_at is null order by n.escalate_at limit $2 for update`,
        [at(now), limit],
      );
      return rows.map(noticeOf);
    },

    async escalate(id, escalatedAt) {
      await query.run(
        "notice.escalate",
        "update notice set escalated_at = $2, version = version + 1 where id = $1 and acknowledged_at is null and escalated_at is null",
        [id, at(escalatedAt)],
      );
    },

    async lock(id) {
      const [row] = await query.run("notice.lock", `select ${noticeColumns} from notice n where id = $1 for update`, [
        id,
      ]);
      return row ? noticeOf(row) : null;
    },

    async acknowledge(id, by, acknowledgedAt) {
      await query.run(
        "notice.acknowledge",
        `update notice set acknowledged_by = $2, acknowledged_at = greatest($3::timestamptz, escalated_at), version = version + 1
         where id = $1 and acknowledged_at is null`,
        [id, by, at(acknowledgedAt)],
      );
    },
  };
}

function raising(
  query: Query,
): Pick<
  NoticeRepository,
  "raise" | "plan" | "resolve" | "resolveOthers" | "resolveGone" | "openQuestions" | "quarantineState"
> {
  return {
    raise: (id, notice, raisedAt) => raise(query, id, notice, at(raisedAt)),

    async plan(deliveries, plannedAt) {
      for (const { notice, stage, channel, role, body, giveUpAt } of deliveries) {
        await query.run(
          "notice.plan",
          `insert into notice_delivery (notice, stage, channel, role, body, due_at, give_up_at, planned_at)
           values ($1, $2, $3, $4, $5, $6, $7, $6) on conflict do nothing`,
          [notice, stage, channel, role, body, at(plannedAt), at(giveUpAt)],
        );
      }
    },

    resolve: (kind, subjects, resolvedAt) => resolve(query, kind, subjects, at(resolvedAt)),

    async resolveOthers(kind, still, resolvedAt) {
      const rows = await query.run(
        "notice.resolve-others",
        `update notice set resolved_at = $3, version = version + 1
         where kind = $1 and subject <> all ($2::text[]) and resolved_at is null returning id, equipment`,
        [kind, still, at(resolvedAt)],
      );
      return rows.map(changeOf);
    },

    async resolveGone(resolvedAt) {
      const rows = await query.run("notice.resolve-gone", resolveGone, [at(resolvedAt)]);
      return rows.map(changeOf);
    },

    async openQuestions(subjects) {
      const rows = await query.run(
        "notice.open-questions",
        "select subject, asked_at from question where subject = any ($1::text[]) and state = 'open'",
        [subjects],
      );
      return new Map(rows.map((row) => [text(row["subject"]), when(row["asked_at"])]));
    },

    async quarantineState(kind, subject) {
      const [row] = await query.run(
        "notice.quarantine-state",
        "select state from quarantine where kind = $1 and subject = $2",
        [kind, subject],
      );
      return row ? text(row["state"]) : null;
    },
  };
}

async function resolve(
  query: Query,
  kind: NoticeKind,
  subjects: readonly string[],
  resolvedAt: string,
): Promise<readonly NoticeChange[]> {
  const rows = await query.run(
    "notice.resolve",
    `update notice set resolved_at = $3, version = version + 1
     where kind = $1 and subject = any ($2::text[]) and resolved_at is null returning id, equipment`,
    [kind, subjects, resolvedAt],
  );
  return rows.map(changeOf);
}

function changeOf(row: Row): NoticeChange {
  return { id: text(row["id"]), equipment: text(row["equipment"]) };
}

/**
 * What the record says of each open notice's cause. A changed order is news until somebody has taken note, or for a day;
 * a parked posting stays told while it is tried again.
 */
const resolveGone = `update notice n set resolved_at = $1, version = version + 1 where n.resolved_at is null and case n.kind
  when 'quarantine' then not exists (
    select 1 from quarantine q where q.kind || '/' || q.subject = n.subject and q.state = 'open')
  when 'question' then not exists (select 1 from question q where q.subject = n.subject and q.answered_at is null)
  when 'posting-refused' then not exists (
    select 1 from posting p where p.id = n.posting and p.state not in ('confirmed', 'dismissed', 'reversing', 'reversed'))
  when 'setup-ready' then not exists (select 1 from job_order j where j.id = n.job_order and j.state in ('waiting', 'ready'))
  when 'setup-failed' then not exists (select 1 from job_order j where j.id = n.job_order and j.state in ('waiting', 'ready'))
  when 'order-new' then not exists (select 1 from job_order j
    where j.request = n.request and j.work_center = n.equipment and j.state in ('waiting', 'ready', 'held'))
  when 'order-priority' then not exists (select 1 from job_order j
    where j.request = n.request and j.work_center = n.equipment and j.state in ('waiting', 'ready', 'held'))
  when 'order-change' then n.acknowledged_at is not null or n.last_at < $1::timestamptz - interval '1 day'
  else false end returning n.id, n.equipment`;

async function raise(
  query: Query,
  id: string,
  notice: NewNotice,
  raisedAt: string,
): ReturnType<NoticeRepository["raise"]> {
  const caused = await query.run(
    "notice.cause",
    "insert into notice_cause (kind, subject, occurrence, at) values ($1, $2, $3, $4) on conflict do nothing returning kind",
    [notice.kind, notice.subject, notice.occurrence, raisedAt],
  );
  if (caused.length === 0) return null;
  const over = notice.isAnew ? await resolve(query, notice.kind, [notice.subject], raisedAt) : [];
  const minutes = notice.escalate?.afterMinutes ?? null;
  const [row] = await query.run(
    "notice.raise",
    `insert into notice (id, kind, subject, severity, role, equipment, said, text, request, job_order, posting, channels, raised_at,
       last_at, escalate, escalate_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, $14,
       $13::timestamptz + interval '1 minute' * $15::double precision)
     on conflict (kind, subject) where resolved_at is null do update set count = notice.count + 1,
       last_at = greatest(notice.last_at, $13), severity = $4, said = $7, text = $8, version = notice.version + 1
     returning id`,
    [
      id,
      notice.kind,
      notice.subject,
      notice.severity,
      notice.role,
      notice.equipment,
      toJson(notice.values),
      notice.text,
      notice.request,
      notice.jobOrder,
      notice.posting,
      notice.by,
      raisedAt,
      notice.escalate && toJson(notice.escalate),
      minutes,
    ],
  );
  const kept = text(row?.["id"]);
  return { id: kept, isNew: kept === id, over };
}

function looking(query: Query): Pick<NoticeRepository, "postings" | "requestOf" | "stops"> {
  return {
    async postings(ids) {
      const rows = await query.run(
        "notice.postings",
        `select p.id, p.kind, p.request, p.attempts, coalesce(r.work_unit,
           (select min(j.work_center) from job_order j where j.request = p.request and j.segment = p.segment)) as place
         from posting p left join run r on r.id = p.run where p.id = any ($1::text[])`,
        [ids],
      );
      return rows.map((row) => ({
        id: text(row["id"]),
        kind: text(row["kind"]),
        request: text(row["request"]),
        attempts: int(row["attempts"]),
        place: textOrNull(row["place"]),
      }));
    },

    async requestOf(jobOrder) {
      const [row] = await query.run("notice.request-of", "select request from job_order where id = $1", [jobOrder]);
      return row ? text(row["request"]) : null;
    },

    async stops(now) {
      const rows = await query.run("notice.stops", stops, [at(now)]);
      return rows.map(stopOf);
    },
  };
}

/**
 * The last state of every work unit that has an open run, and since when it has not worked. What a later reading has taken
 * back does not count; a reason given for any part of the stop explains it.
 */
const stops = `with held as not materialized (
    select f.work_unit, f.kind, f.event_at, f.body from fact f
    where f.kind in ('StateEntered', 'StopExplained') and f.event_at <= $1 and not exists (
      select 1 from fact c where c.source = f.source and c.event_at = f.event_at and c.kind = 'Corrected'
      and c.body ->> 'corrects' = f.id)),
  stop as (
    select distinct on (r.work_unit) r.work_unit, last.state, r.job, r.job_order, case
        when worked.event_at is null and before.state in ('held', 'fault', 'idle') then r.started_at
        else greatest(r.started_at, (select min(s.event_at) from held s where s.kind = 'StateEntered' and s.work_unit = r.work_unit
          and s.event_at >= r.started_at and s.event_at > coalesce(worked.event_at, '-infinity'))) end as since
    from run r
    cross join lateral (select s.event_at, s.body ->> 'state' as state from held s
      where s.kind = 'StateEntered' and s.work_unit = r.work_unit order by s.event_at desc limit 1) last
    left join lateral (select s.event_at from held s where s.kind = 'StateEntered' and s.work_unit = r.work_unit
      and s.event_at >= r.started_at and s.event_at < last.event_at and s.body ->> 'state' in ('production', 'setup', 'off')
      order by s.event_at desc limit 1) worked on true
    left join lateral (select s.body ->> 'state' as state from held s where s.kind = 'StateEntered'
      and s.work_unit = r.work_unit and s.event_at < r.started_at order by s.event_at desc limit 1) before on true
    where r.ended_at is null and not r.outside and last.state in ('held', 'fault', 'idle')
    order by r.work_unit, r.started_at, r.id)
  select s.work_unit, s.state, s.job, s.job_order, s.since, j.request from stop s left join job_order j on j.id = s.job_order
  where not exists (select 1 from held e where e.kind = 'StopExplained' and e.work_unit = s.work_unit and e.event_at >= s.since
    and (e.body ->> 'since')::bigint >= extract(epoch from s.since) * 1000)
  order by s.work_unit`;

function stopOf(row: Row): Stop {
  return {
    workUnit: text(row["work_unit"]),
    state: text(row["state"]),
    since: when(row["since"]),
    job: text(row["job"]),
    jobOrder: textOrNull(row["job_order"]),
    request: textOrNull(row["request"]),
  };
}

function sending(query: Query): Pick<NoticeRepository, "claim" | "settle" | "nextDue"> {
  return {
    async claim(now, until, limit, besides = []) {
      const rows = await query.run(
        "notice.claim",
        `update notice_delivery d set attempts = d.attempts + 1, due_at = $2 from notice n
         where n.id = d.notice and (d.notice, d.stage, d.channel) in (
           select c.notice, c.stage, c.channel from notice_delivery c where c.state = 'planned' and c.channel <> all ($4::text[])
           and (c.due_at <= $1 or c.due_at > $1::timestamptz + interval '${longestRetryMs} milliseconds') -- a clock was set back
           order by c.due_at limit $3 for update skip locked)
         returning d.notice, d.stage, d.channel, d.role, n.equipment, d.body, d.attempts, d.give_up_at, d.done`,
        [at(now), at(until), limit, besides],
      );
      return rows.map(deliveryOf);
    },

    settle: (settlement, settledAt) => settle(query, settlement, at(settledAt)),

    async nextDue(besides = []) {
      const [row] = await query.run(
        "notice.next-due",
        "select min(due_at) as due from notice_delivery where state = 'planned' and channel <> all ($1::text[])",
        [besides],
      );
      return whenOrNull(row?.["due"] ?? null);
    },
  };
}

async function settle(
  query: Query,
  { delivery, to, dueAt, done, fault }: DeliverySettlement,
  settledAt: string,
): Promise<void> {
  const { notice, stage, channel, attempts } = delivery;
  await query.run(
    "notice.settle",
    `update notice_delivery set state = $5, due_at = coalesce($6, due_at), done = $7, fault = $8, settled_at = $9
     where notice = $1 and stage = $2 and channel = $3 and attempts = $4 and state = 'planned'`,
    [
      notice,
      stage,
      channel,
      attempts,
      to,
      at(dueAt),
      done,
      fault && toJson({ kind: fault.kind, code: fault.code, message: fault.message }),
      settledAt,
    ],
  );
}

export function noticeOf(row: Row): Notice {
  return {
    id: text(row["id"]),
    kind: oneOf(noticeKinds, row["kind"]),
    subject: text(row["subject"]),
    severity: oneOf(noticeSeverities, row["severity"]),
    role: oneOf(noticeRoles, row["role"]),
    equipment: text(row["equipment"]),
    // Written by `raise` from these types, as is `escalate`; `channels` is a text[].
    values: row["said"] as NoticeValues,
    text: text(row["text"]),
    request: textOrNull(row["request"]),
    jobOrder: textOrNull(row["job_order"]),
    posting: textOrNull(row["posting"]),
    by: row["channels"] as readonly string[],
    escalate: row["escalate"] as Escalation | null,
    raisedAt: when(row["raised_at"]),
    lastAt: when(row["last_at"]),
    count: int(row["count"]),
    acknowledgedBy: textOrNull(row["acknowledged_by"]),
    acknowledgedAt: whenOrNull(row["acknowledged_at"]),
    escalatedAt: whenOrNull(row["escalated_at"]),
    resolvedAt: whenOrNull(row["resolved_at"]),
  };
}

function deliveryOf(row: Row): NoticeDelivery {
  return {
    notice: text(row["notice"]),
    stage: oneOf(["raised", "escalated"] as const, row["stage"]),
    channel: text(row["channel"]),
    role: oneOf(noticeRoles, row["role"]),
    equipment: text(row["equipment"]),
    body: text(row["body"]),
    attempts: int(row["attempts"]),
    giveUpAt: when(row["give_up_at"]),
    // The column is text[].
    done: row["done"] as readonly string[],
  };
}

function oneOf<T extends string>(known: readonly T[], value: unknown): T {
  const found = known.find((one) => one === value);
  if (found === undefined)
    throw new Error(`The database holds "${String(value)}" in a notice, which this program does not know.`);
  return found;
}
