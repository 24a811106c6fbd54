/**
 * What leaves the house for a notice: the JSON of a webhook, frozen when the delivery is planned so that every attempt says
 * the same, and the e-mail that is written out of it.
 */
import { formatInstant, type Instant } from "../base/instant.ts";
import type { DeliveryStage, NewNotice, NoticeLanguage, NoticeRole } from "../record/notice.ts";

/** @source Standard Webhooks 1.0.0: `type`, `timestamp` and `data` */
export interface NoticeMessage {
  readonly type: `notification.${DeliveryStage}`;
  readonly timestamp: string;
  readonly data: {
    readonly id: string;
    readonly kind: string;
    readonly severity: string;
    readonly role: string;
    readonly equipment: string;
    readonly site: string;
    readonly language: string;
    readonly text: string;
    readonly values: Readonly<Record<string, string>>;
    readonly order: string | null;
    readonly posting: string | null;
  };
}

export function messageBody(
  notice: Pick<NewNotice, "kind" | "severity" | "equipment" | "text" | "values" | "request" | "posting">,
  of: {
    readonly id: string;
    readonly stage: DeliveryStage;
    readonly role: NoticeRole;
    readonly site: string;
    readonly language: NoticeLanguage;
    readonly at: Instant;
  },
): string {
  const { kind, severity, equipment, text, values, request, posting } = notice;
  const message: NoticeMessage = {
    type: `notification.${of.stage}`,
    timestamp: formatInstant(of.at),
    data: {
      id: of.id,
      kind,
      severity,
      role: of.role,
      equipment,
      site: of.site,
      language: of.language,
      text,
      values,
      order: request,
      posting,
    },
  };
  return JSON.stringify(message);
}

export interface NoticeMail {
  readonly subject: string;
  readonly text: string;
}

/** A subject is cut here: mail programs show no more, and a header line has a limit. */
const subjectLengthMax = 150;

/** @param body  what `messageBody` made */
export function mailOf(body: string): NoticeMail {
  // Our own frozen text.
  const { type, timestamp, data } = JSON.parse(body) as NoticeMessage;
  const [escalated, ours, at] =
    data.language === "de"
      ? ["Nicht bestätigt: ", "Diese Nachricht kommt von Millrace", "um"]
      : ["Not acknowledged: ", "This message comes from Millrace", "at"];
  const head = `[${data.site}] ${type === "notification.escalated" ? escalated : ""}${data.text}`;
  const subject = head.length > subjectLengthMax ? `${head.slice(0, subjectLengthMax - 1)}…` : head;
  const lines = Object.entries(data.values).map(([name, value]) => `  ${name}: ${value}`);
  return {
    subject,
    text: [data.text, "", ...lines, "", `${ours}, ${data.equipment}, ${at} ${timestamp}.`, ""].join("\n"),
  };
}
