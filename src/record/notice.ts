/**
 * What people are told: notices, the rules that say who is told how, and their delivery by webhook and e-mail. Which
 * cause makes which notice is decided in `notice/`; spec: docs/spec/notification.md
 */
import type { Instant } from "../base/instant.ts";
import type { Fault } from "../base/result.ts";

/** So long a message waits at most between two attempts; what seems to wait longer was told its time by a clock that was set. */
export const longestRetryMs = 900_000;

export const noticeKinds = [
  "order-new",
  "order-priority",
  "order-change",
  "setup-ready",
  "setup-failed",
  "stop-without-reason",
  "posting-refused",
  "quarantine",
  "question",
  "machine-stale",
] as const;
export type NoticeKind = (typeof noticeKinds)[number];

export const noticeSeverities = ["info", "warning", "urgent"] as const;
export type NoticeSeverity = (typeof noticeSeverities)[number];

/** To whom a notice can go: the roles of `access/permission.ts`, which this room does not know. */
export const noticeRoles = [
  "operator",
  "supervisor",
  "planner",
  "quality",
  "controller",
  "engineer",
  "administrator",
] as const;
export type NoticeRole = (typeof noticeRoles)[number];

export const noticeLanguages = ["en", "de"] as const;
export type NoticeLanguage = (typeof noticeLanguages)[number];

/** Who is told when nobody has acknowledged in time. */
export interface Escalation {
  readonly afterMinutes: number;
  readonly role: NoticeRole;
  /** Ids of the channels that the second role is told by, beside the screen. */
  readonly by: readonly string[];
}

/** Which kinds, at which equipment and everything below it, go to which role, and how. */
export interface NoticeRule {
  readonly kinds: readonly NoticeKind[];
  readonly equipment: string;
  readonly role: NoticeRole;
  /** Ids of channels, beside the screen. */
  readonly by: readonly string[];
  /** For kinds that are a state lasting too long; null: the kind's default. */
  readonly afterSeconds: number | null;
  /** Null: never. Left out: the kind's default. */
  readonly escalate?: Escalation | null;
}

export interface NoticeChannel {
  readonly id: string;
  readonly kind: "webhook" | "email";
  /** As written, references unresolved: may be shown. */
  readonly written: unknown;
  /** References resolved. Not enumerable, so that it is not logged or copied by accident. */
  readonly settings: unknown;
}

export interface NoticePolicy {
  readonly language: NoticeLanguage;
  readonly rules: readonly NoticeRule[];
  readonly channels: readonly NoticeChannel[];
  /** After this an undelivered message is not tried any more. */
  readonly giveUpAfterHours: number;
}

/** What a notice says, as names and texts; which names a kind has stands in the spec. */
export type NoticeValues = Readonly<Record<string, string>>;

/** A cause put into the form in which it is kept. */
export interface NewNotice {
  readonly kind: NoticeKind;
  /** What it is about. Of one kind, a subject has at most one open notice: repeats count up. */
  readonly subject: string;
  /** Which happening of it: the same occurrence is told once, however often it is derived. */
  readonly occurrence: string;
  /** An earlier occurrence is over by this one, whether or not anybody has looked since: it is a notice of its own. */
  readonly isAnew: boolean;
  readonly severity: NoticeSeverity;
  readonly role: NoticeRole;
  readonly equipment: string;
  readonly values: NoticeValues;
  readonly text: string;
  /** Id of the OperationsRequest, the JobOrder, the posting that it is about. */
  readonly request: string | null;
  readonly jobOrder: string | null;
  readonly posting: string | null;
  readonly by: readonly string[];
  readonly escalate: Escalation | null;
}

export interface Notice extends Omit<NewNotice, "occurrence" | "isAnew"> {
  readonly id: string;
  readonly raisedAt: Instant;
  /** When the cause was last stated. */
  readonly lastAt: Instant;
  /** How often the cause was stated; 1 at first. */
  readonly count: number;
  readonly acknowledgedBy: string | null;
  readonly acknowledgedAt: Instant | null;
  readonly escalatedAt: Instant | null;
  readonly resolvedAt: Instant | null;
}

/** Why something is sent: the notice is new, or nobody has acknowledged it. */
export type DeliveryStage = "raised" | "escalated";
export type DeliveryState = "planned" | "delivered" | "given-up";

/** One notice by one channel. At least once: receivers tell doubles by `messageId`. */
export interface NoticeDelivery {
  readonly notice: string;
  readonly stage: DeliveryStage;
  readonly channel: string;
  readonly role: NoticeRole;
  readonly equipment: string;
  /** The frozen JSON that a webhook carries, and out of which an e-mail is written. */
  readonly body: string;
  /** Attempts that have begun. */
  readonly attempts: number;
  readonly giveUpAt: Instant;
  /** Recipients that have it, or will never have it: by key, in the words of the channel, never an address. */
  readonly done: readonly string[];
}

export interface DeliverySettlement {
  readonly delivery: Pick<NoticeDelivery, "notice" | "stage" | "channel" | "attempts">;
  readonly to: DeliveryState;
  readonly dueAt: Instant | null;
  readonly done: readonly string[];
  readonly fault: Fault | null;
}

/** The same for every attempt of one delivery. */
export function messageId({ notice, stage }: Pick<NoticeDelivery, "notice" | "stage">): string {
  return stage === "raised" ? notice : `${notice}-${stage}`;
}
