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
  const { since, document, quantity } = values;
  const changes = parts
    .filter((part) => values[part]?.includes(" → ") === true)
    .map((part) => `${text.t(`part.${part}`)} ${values[part] ?? ""}`);
  return {
    ...values,
    ...(quantity === undefined ? {} : { quantity: quantityText(quantity, text) }),
    ...(since === undefined ? {} : { since: text.dateTime(since) }),
    ...(document === undefined ? {} : { document: text.look(`word.${document}`) ?? document }),
    ...(changes.length === 0 ? {} : { changes: changes.join(", ") }),
  };
}

/** `36 C62` as an amount in the reader's language; a change, `36 C62 → 40 C62`, stays as it is. */
function quantityText(quantity: string, text: Texts): string {
  const [value, uom, ...more] = quantity.split(" ");
  const isAmount = value !== undefined && /^-?\d+(\.\d+)?$/.test(value) && uom !== undefined && more.length === 0;
  return isAmount ? text.amount({ value, uom }) : quantity;
}
