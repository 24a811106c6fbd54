/** Notices for a screen: newest first, a page after the other by the last one's place; and how many are open. */
import type {
  ListedNotice,
  NotificationQuery,
  NotificationView,
  OpenCount,
  Told,
} from "../../flows/view/notification-view.ts";
import { at, int, text, textOrNull, type Database, type Query, type Row } from "../connection.ts";
import { noticeColumns, noticeOf } from "../notice-repository.ts";

export function notificationView(database: Database): NotificationView {
  return {
    list: (asked) => database.transaction((query) => list(query, asked)),
    open: (told) => database.transaction((query) => open(query, told)),
  };
}

/** Whom a notice `n` is told, with the values of `toldOf` as the first three. */
const isTold = `($1::text[] is null or n.equipment = any ($1))
  and ($2::text[] is null or exists (select 1 from unnest($2::text[], $3::text[]) as h (role, place)
    where (h.role = n.role or (n.escalated_at is not null and h.role = n.escalate ->> 'role'))
    and (h.place is null or h.place = n.equipment)))`;

function toldOf({ visible, roles }: Told): readonly unknown[] {
  // One row for each role at each place; a null place is everywhere.
  const held = roles?.flatMap(({ role, equipment: places }) =>
    (places ?? [null]).map((place) => [role, place] as const),
  );
  return [visible, held?.map(([role]) => role) ?? null, held?.map(([, place]) => place) ?? null];
}

async function open(query: Query, told: Told): Promise<readonly OpenCount[]> {
  const rows = await query.run(
    "notification.open",
    `select n.equipment, count(*) as notices, count(*) filter (where n.severity = 'urgent') as urgent from notice n
     where n.resolved_at is null and n.acknowledged_at is null and ${isTold} group by n.equipment order by n.equipment`,
    toldOf(told),
  );
  return rows.map((row) => ({
    equipment: text(row["equipment"]),
    count: int(row["notices"]),
    urgent: int(row["urgent"]),
  }));
}

async function list(query: Query, asked: NotificationQuery): Promise<readonly ListedNotice[]> {
  const { isOpen, equipment, after, limit } = asked;
  const rows = await query.run(
    "notification.list",
    `select ${noticeColumns} from notice n
     where ${isTold} and (not $4::boolean or n.resolved_at is null)
     and ($5::text[] is null or n.equipment = any ($5))
     and ($6::timestamptz is null or (n.raised_at, n.id) < ($6::timestamptz, $7::text))
     order by n.raised_at desc, n.id desc limit $8`,
    [...toldOf(asked), isOpen, equipment, at(after?.raisedAt ?? null), after?.id ?? null, limit],
  );
  const notices = rows.map(noticeOf);
  const deliveries = await deliveriesOf(
    query,
    notices.map(({ id }) => id),
  );
  return notices.map((notice) => ({ notice, deliveries: deliveries.get(notice.id) ?? [] }));
}

async function deliveriesOf(
  query: Query,
  ids: readonly string[],
): Promise<ReadonlyMap<string, ListedNotice["deliveries"]>> {
  const rows = await query.run(
    "notification.deliveries",
    `select notice, channel, stage, state, fault ->> 'message' as problem from notice_delivery
     where notice = any ($1::text[]) order by stage desc, channel`,
    [ids],
  );
  const found = new Map<string, ListedNotice["deliveries"][number][]>();
  for (const row of rows) {
    const id = text(row["notice"]);
    const known = found.get(id);
    const one = deliveryOf(row);
    if (known) known.push(one);
    else found.set(id, [one]);
  }
  return found;
}

function deliveryOf(row: Row): ListedNotice["deliveries"][number] {
  return {
    channel: text(row["channel"]),
    // The columns' checks.
    stage: row["stage"] === "escalated" ? "escalated" : "raised",
    state: row["state"] === "delivered" ? "delivered" : row["state"] === "given-up" ? "given-up" : "planned",
    problem: textOrNull(row["problem"]),
  };
}
