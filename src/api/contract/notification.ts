/** What people are told, who has acknowledged it, and to whom it was escalated. */
import { z } from "zod";
import { roles } from "../../access/permission.ts";
import { noticeKinds, noticeSeverities } from "../../record/notice.ts";
import { outcome, page, pageQuery, time } from "./answer.ts";
import type { RouteTable } from "./route.ts";

export const notification = z
  .object({
    id: z.string(),
    kind: z.enum(noticeKinds),
    severity: z.enum(noticeSeverities),
    /** To which role, at which place. */
    role: z.enum(roles),
    equipment: z.string(),
    /** What the screen puts into words, e.g. parameter, wanted, got. */
    values: z.record(z.string(), z.string()),
    /** The same in the site's language, as e-mail and webhook say it. */
    text: z.string(),
    at: time,
    /** How often the cause was stated while the notification was open, and when last. */
    count: z.number().int(),
    lastAt: time,
    order: z.string().nullable(),
    posting: z.string().nullable(),
    acknowledgedBy: z.string().nullable(),
    acknowledgedAt: time.nullable(),
    escalatedAt: time.nullable(),
    /** The role that it went to as well, because nobody had acknowledged. */
    escalatedTo: z.enum(roles).nullable(),
    /** The cause is gone; nothing is to be done any more. */
    resolvedAt: time.nullable(),
    /** What left the house for it: by webhook and e-mail. */
    deliveries: z.array(
      z.object({
        channel: z.string(),
        stage: z.enum(["raised", "escalated"]),
        state: z.enum(["planned", "delivered", "given-up"]),
        /** Why the last attempt failed, or who could not be reached. */
        problem: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: "Notification" });
export type NotificationView = z.infer<typeof notification>;

/** Open notifications to one's roles that nobody has taken over yet. */
export const openNotifications = z
  .object({
    count: z.number().int(),
    urgent: z.number().int(),
    /** Equipment without any is left out. */
    byEquipment: z.array(z.object({ equipment: z.string(), count: z.number().int() })),
  })
  .meta({ id: "OpenNotifications" });
export type OpenNotifications = z.infer<typeof openNotifications>;

export const notificationRoutes = {
  "GET /api/v1/notifications": {
    permission: "notification.read",
    summary: "Notifications to one's roles, newest first",
    query: pageQuery.extend({ state: z.enum(["open", "all"]).default("open"), equipment: z.string().optional() }),
    reply: page(notification),
  },
  "GET /api/v1/notifications/open": {
    permission: "notification.read",
    summary: "How many notifications to one's roles nobody has taken over yet, by equipment",
    reply: openNotifications,
  },
  "POST /api/v1/notifications/:notification/acknowledge": {
    permission: "notification.acknowledge",
    summary: "A person takes it over",
    reply: outcome,
    isCommand: true,
  },
} as const satisfies RouteTable;
