/** HTML as text in which everything that comes from outside is escaped. What a page shows is decided by the pages. */

/** Text that is HTML already; made by `html` alone. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Shown = string | number | bigint | Html | readonly Html[] | null;

/** A template whose values are escaped, unless they are HTML themselves; null shows nothing. */
export function html(parts: TemplateStringsArray, ...values: readonly Shown[]): Html {
  const text = parts.map((part, i) => (i < values.length ? `${part}${shown(values[i] ?? null)}` : part));
  return new Html(text.join(""));
}

/** A form with one button; the values travel as hidden fields. Works without script. */
export function button(
  action: string,
  label: string,
  values: Readonly<Record<string, string>> = {},
  title = label,
): Html {
  const fields = Object.entries(values).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
  );
  return html`<form method="post" action="${action}">${fields}<button title="${title}">${label}</button></form>`;
}

function shown(value: Shown): string {
  if (value === null) return "";
  if (value instanceof Html) return value.text;
  if (typeof value === "object") return value.map((part) => part.text).join("");
  return escape(String(value));
}

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => escapes[sign] ?? sign);
}
