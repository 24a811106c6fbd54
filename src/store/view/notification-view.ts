/** Lists notices for a screen: newest first, a page after the other by the last one's place. */
import type { ListedNotice, NotificationQuery, NotificationView } from "../../flows/view/notification-view.ts";
import { at, text, textOrNull, type Database, type Query, type Row } from "../connection.ts";
import { noticeColumns, noticeOf } from "../notice-repository.ts";

export function notificationView(database: Database): NotificationView {
  return { list: (asked) => database.transaction((query) => list(query, asked)) };
}

async function list(query: Query, asked: NotificationQuery): Promise<readonly ListedNotice[]> {
  const { isOpen, visible, roles, equipment, after, limit } = asked;
  // One row for each role at each place; a null place is everywhere.
  const held = roles?.flatMap(({ role, equipment: places }) =>
    (places ?? [null]).map((place) => [role, place] as const),
  );
  const rows = await query.run(
    "notification.list",
    `select ${noticeColumns} from notice n
     where (not $1::boolean or n.resolved_at is null)
     and ($2::text[] is null or n.equipment = any ($2))
     and ($3::text[] is null or n.equipment = any ($3))
     and ($4::text[] is null or exists (select 1 from unnest($4::text[], $5::text[]) as h (role, place)
       where (h.role = n.role or (n.escalated_at is not null and h.role = n.escalate ->> 'role'))
       and (h.place is null or h.place = n.equipment)))
     and ($6::timestamptz is null or (n.raised_at, n.id) < ($6::timestamptz, $7::text))
     order by n.raised_at desc, n.id desc limit $8`,
    [
      isOpen,
      visible,
      equipment,
      held?.map(([role]) => role) ?? null,
      held?.map(([, place]) => place) ?? null,
      at(after?.raisedAt ?? null),
      after?.id ?? null,
      limit,
    ],
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
