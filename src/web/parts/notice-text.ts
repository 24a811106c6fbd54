/** A notification in the reader's language: our words for its kind, filled with its values; else as the server says it. */
import type { NotificationView } from "../../api/contract/notification.ts";
import type { Texts } from "../text/text.tsx";

/** Parts of an order that a change names, each with what it was and is. */
const parts = ["quantity", "state", "material", "start", "end", "operations"] as const;

export function noticeText(notice: NotificationView, text: Texts): string {
  const values = readable(notice.values, text);
  const hasParameter = values["parameter"] !== undefined;
  const key = notice.kind === "setup-failed" && hasParameter ? "setup-failed.parameter" : notice.kind;
  const own = text.look(`notice.${key}`, values);
  return own === undefined || /\{\w+\}/.test(own) ? notice.text : own;
}

function readable(values: Readonly<Record<string, string>>, text: Texts): Record<string, string> {
  const { since, document } = values;
  const changes = parts
    .filter((part) => values[part]?.includes(" → ") === true)
    .map((part) => `${text.t(`part.${part}`)} ${values[part] ?? ""}`);
  return {
    ...values,
    ...(since === undefined ? {} : { since: text.dateTime(since) }),
    ...(document === undefined ? {} : { document: text.look(`word.${document}`) ?? document }),
    ...(changes.length === 0 ? {} : { changes: changes.join(", ") }),
  };
}
