/**
 * The shape of `notices` in `site.yaml`: ways to people, and who is told of what. That ids exist is checked in
 * `notice-check.ts`; what holds without any rule stands in docs/guide/notification.md.
 */
import { z } from "zod";
import { noticeKinds, noticeRoles } from "../record/notice.ts";
import { zodSettings, type SettingsSchema } from "./connection.ts";
import { identifier } from "./text-schema.ts";

const milliseconds = z
  .int({ error: "write a whole number of milliseconds" })
  .min(100, { error: "write at least 100 milliseconds" })
  .max(15_000, { error: "write at most 15000 milliseconds" })
  .default(10_000);

/** An address without anything that could become a header of its own. */
const mailAddress = z.email({ error: "write an e-mail address, for example shift-lead@plant.example" });

export const webhookSettings = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: "write an address that begins with https:// or http://" })
    .describe("Where the message is posted; redirects are not followed"),
  secrets: z
    .array(
      z.string().regex(/^whsec_[A-Za-z0-9+/]{32,86}={0,2}$/, {
        error: "write whsec_ and 24 to 64 bytes in base64, as {env: NAME} or {file: path}",
      }),
      { error: "write a list of one or more references to secrets" },
    )
    .min(1, { error: "write at least one secret; receivers must be able to tell that a message is ours" })
    .max(4, { error: "write at most 4 secrets" })
    .describe("Each signs every message; two while the receiver changes from one to the other"),
  timeoutMs: milliseconds.describe("How long one attempt may take"),
});
export type WebhookChannelSettings = z.output<typeof webhookSettings>;

export const emailSettings = z.strictObject({
  host: z.string({ error: "write the name of the mail server" }).min(1, { error: "write the name of the mail server" }),
  port: z.coerce
    .number()
    .int({ error: "write a port" })
    .min(1, { error: "write a port from 1 to 65535" })
    .max(65_535, { error: "write a port from 1 to 65535" })
    .default(587),
  security: z
    .enum(["tls", "starttls", "none"])
    .default("starttls")
    .describe("tls: from the first byte (port 465); starttls: must be encrypted before anything is said; none: never"),
  user: z.string().min(1).optional(),
  password: z.string().min(1).optional(),
  ca: z.string().includes("BEGIN CERTIFICATE", { error: "write {file: path} of a PEM file" }).optional(),
  from: mailAddress.describe("Sender of every mail"),
  to: z
    .array(mailAddress, { error: "write a list of addresses" })
    .max(100, { error: "write at most 100 addresses" })
    .default([])
    .describe("Told beside the accounts with the role"),
  timeoutMs: milliseconds.describe("How long the server may take for one step"),
});
export type EmailChannelSettings = z.output<typeof emailSettings>;

/** By `kind`, for the check of the settings and for completion in editors. */
export const channelKinds: Readonly<Record<string, SettingsSchema>> = {
  webhook: zodSettings(webhookSettings),
  email: zodSettings(emailSettings),
};

const channel = z
  .strictObject({
    id: identifier,
    kind: z.enum(["webhook", "email"]),
    settings: z
      .record(z.string(), z.unknown(), { error: "write the settings of the channel" })
      .describe("Any text may be {env: NAME} or {file: path}; secrets must be"),
  })
  .describe("A way to people beside the screen");

const role = z.enum(noticeRoles);
const by = z
  .array(identifier, { error: "write a list of ids of channels" })
  .default([])
  .describe("Ids of channels; the screen always shows it");

const rule = z
  .strictObject({
    kinds: z
      .array(z.enum(noticeKinds), { error: "write a list of kinds" })
      .min(1, { error: "write at least one kind" }),
    equipment: identifier.optional().describe("Holds there and below; the whole site when left out"),
    role: role.describe("Who is told"),
    by,
    afterSeconds: z
      .int({ error: "write a whole number of seconds" })
      .min(1, { error: "write at least 1 second" })
      .max(86_400, { error: "write at most 86400 seconds" })
      .optional()
      .describe("For stop-without-reason and machine-stale: how long it lasts before it is told"),
    escalate: z
      .union(
        [
          z.literal("never"),
          z.strictObject({
            afterMinutes: z
              .int({ error: "write a whole number of minutes" })
              .min(1, { error: "write at least 1 minute" })
              .max(10_080, { error: "write at most 10080 minutes" }),
            role,
            by,
          }),
        ],
        { error: "write never, or {afterMinutes: …, role: …}" },
      )
      .optional()
      .describe("Who is told when nobody has acknowledged; the kind's default when left out"),
  })
  .describe("Who is told of what");

export const noticesSchema = z
  .strictObject({
    channels: z.array(channel, { error: "write a list of channels" }).default([]),
    rules: z.array(rule, { error: "write a list of rules" }).default([]),
    giveUpAfterHours: z
      .int({ error: "write a whole number of hours" })
      .min(1, { error: "write at least 1 hour" })
      .max(168, { error: "write at most 168 hours" })
      .default(24)
      .describe("After this an undelivered message is not tried any more"),
  })
  .describe("Who is told of what, and how");
export type NoticesContent = z.output<typeof noticesSchema>;
