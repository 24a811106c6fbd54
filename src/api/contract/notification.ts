/** What people are told, who has acknowledged it, and to whom it was escalated. */
import { z } from "zod";
import { roles } from "../../access/permission.ts";
import { outcome, page, pageQuery, time } from "./answer.ts";
import type { RouteTable } from "./route.ts";

export const noticeKinds = [
  "order-new",
  "order-priority",
  "order-change",
  "setup-ready",
  "setup-failed",
  "stop-without-reason",
  "posting-refused",
  "quarantine",
  "machine-stale",
] as const;

export const notification = z
  .object({
    id: z.string(),
    kind: z.enum(noticeKinds),
    severity: z.enum(["info", "warning", "urgent"]),
    /** To which role, at which place. */
    role: z.enum(roles),
    equipment: z.string(),
    /** What the screen puts into words, e.g. parameter, wanted, got. */
    values: z.record(z.string(), z.string()),
    /** The same in English, as e-mail and webhook say it. */
    text: z.string(),
    at: time,
    order: z.string().nullable(),
    posting: z.string().nullable(),
    acknowledgedBy: z.string().nullable(),
    acknowledgedAt: time.nullable(),
    escalatedAt: time.nullable(),
    /** The cause is gone; nothing is to be done any more. */
    resolvedAt: time.nullable(),
  })
  .meta({ id: "Notification" });
export type NotificationView = z.infer<typeof notification>;

export const notificationRoutes = {
  "GET /api/v1/notifications": {
    permission: "notification.read",
    summary: "Notifications to one's roles, newest first",
    query: pageQuery.extend({ state: z.enum(["open", "all"]).default("open"), equipment: z.string().optional() }),
    reply: page(notification),
  },
  "POST /api/v1/notifications/:notification/acknowledge": {
    permission: "notification.acknowledge",
    summary: "A person takes it over",
    reply: outcome,
    isCommand: true,
  },
} as const satisfies RouteTable;
