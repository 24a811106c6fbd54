/** Notifications: what one's roles are told, and taking one over. */
import type { Caller } from "../../access/caller.ts";
import { formatInstant, instantWithin, type Instant } from "../../base/instant.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import { acknowledgeNotice, type AcknowledgePorts } from "../../flows/acknowledge-notice.ts";
import {
  isToldTo,
  type HeldRole,
  type ListedNotice,
  type NotificationQuery,
  type NotificationView,
  type Told,
} from "../../flows/view/notification-view.ts";
import type { NotificationView as Notification } from "../contract/notification.ts";
import type { HandlersOf } from "../handler.ts";
import { timeOrNull } from "./answer.ts";

export interface NotificationPorts extends AcknowledgePorts {
  readonly view: NotificationView;
  /** The roles that a person holds, and where; null for a key, which has scopes and sees what goes to any role. */
  readonly rolesOf: (caller: Caller) => Promise<readonly HeldRole[] | null>;
  /** The ids of an equipment and of everything below it; null when the site does not have it. */
  readonly below: (equipment: string) => readonly string[] | null;
}

export function notificationHandlers(
  ports: NotificationPorts,
): HandlersOf<
  | "GET /api/v1/notifications"
  | "GET /api/v1/notifications/open"
  | "POST /api/v1/notifications/:notification/acknowledge"
> {
  const toldTo = async (caller: Caller): Promise<Told> => {
    const visible = caller.visible("notification.read");
    return { visible: visible && [...visible], roles: await ports.rolesOf(caller) };
  };
  return {
    async "GET /api/v1/notifications"({ query, caller }) {
      const after = query.cursor === undefined ? ok(null) : placeIn(query.cursor);
      if (!after.ok) return after;
      const equipment = query.equipment === undefined ? null : ports.below(query.equipment);
      if (query.equipment !== undefined && equipment === null)
        return fail("invalid", "notice/unknown-equipment", `The site has no equipment ${query.equipment}.`);
      const asked: NotificationQuery = {
        ...(await toldTo(caller)),
        isOpen: query.state === "open",
        equipment,
        after: after.value,
        // One more, to know whether there is another page.
        limit: query.limit + 1,
      };
      const found = await ports.view.list(asked);
      const items = found.slice(0, query.limit);
      const last = items.at(-1)?.notice;
      return ok({ items: items.map(shown), next: found.length > items.length && last ? cursorOf(last) : null });
    },

    async "GET /api/v1/notifications/open"({ caller }) {
      const open = await ports.view.open(await toldTo(caller));
      return ok({
        count: open.reduce((sum, { count }) => sum + count, 0),
        urgent: open.reduce((sum, { urgent }) => sum + urgent, 0),
        byEquipment: open.map(({ equipment, count }) => ({ equipment, count })),
      });
    },

    async "POST /api/v1/notifications/:notification/acknowledge"({ params, caller, command }) {
      const held = await ports.rolesOf(caller);
      const acknowledged = await acknowledgeNotice(ports, {
        command,
        notice: params["notification"] ?? "",
        actor: caller.actor,
        may: (notice) => caller.may("notification.acknowledge", notice.equipment) && isToldTo(held, notice),
      });
      if (!acknowledged.ok) return acknowledged;
      const { isNew, by } = acknowledged.value;
      const isOwn = by === caller.actor;
      return ok({ isNew, message: isOwn ? "You have taken it over." : "Somebody else has taken it over already." });
    },
  };
}

function shown({ notice, deliveries }: ListedNotice): Notification {
  const { id, kind, severity, role, equipment, values, text, count } = notice;
  return {
    id,
    kind,
    severity,
    role,
    equipment,
    values,
    text,
    at: formatInstant(notice.raisedAt),
    count,
    lastAt: formatInstant(notice.lastAt),
    order: notice.request,
    posting: notice.posting,
    acknowledgedBy: notice.acknowledgedBy,
    acknowledgedAt: timeOrNull(notice.acknowledgedAt),
    escalatedAt: timeOrNull(notice.escalatedAt),
    escalatedTo: notice.escalatedAt === null ? null : (notice.escalate?.role ?? null),
    resolvedAt: timeOrNull(notice.resolvedAt),
    deliveries: [...deliveries],
  };
}

function cursorOf({ raisedAt, id }: { readonly raisedAt: Instant; readonly id: string }): string {
  return `${raisedAt}.${id}`;
}

/** @fault invalid notice/cursor  not one of ours */
function placeIn(cursor: string): Result<NotificationQuery["after"]> {
  const [, ms, id] = /^(\d{1,15})\.([0-9a-f]{32})$/.exec(cursor) ?? [];
  const raisedAt = ms === undefined ? null : instantWithin(Number(ms));
  if (raisedAt === null || id === undefined)
    return fail("invalid", "notice/cursor", "This page cannot be found. Begin again at the newest.");
  return ok({ raisedAt, id });
}
