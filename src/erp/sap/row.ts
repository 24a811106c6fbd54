/** Reading OData v2 rows without trusting them: SAP leaves fields blank, other servers leave them null or out. */

export type Row = Readonly<Record<string, unknown>>;

export function isRow(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The text of a field without outer blanks; empty for null, absent or anything that is no text or number. */
export function text(row: Row, name: string): string {
  const value = row[name];
  return typeof value === "string" ? value.trim() : typeof value === "number" ? String(value) : "";
}

/** SAP's two ways to say yes: `X` and true. */
export function flag(row: Row, name: string): boolean {
  const value = row[name];
  return value === true || value === "X" || value === "true";
}

/** The expanded children under a navigation: `{ results: [] }`, a bare array or a single row. */
export function children(row: Row, navigation: string): readonly Row[] {
  const value = row[navigation];
  const list = isRow(value) && "results" in value ? value["results"] : value;
  if (Array.isArray(list)) return list.filter(isRow);
  return isRow(list) && !("__deferred" in list) ? [list] : [];
}

/** Numbers outside of quotes become the text that was sent: no quantity ever passes through a float. */
export function parseJson(source: string): unknown {
  if (!/[:,[]\s*-?\d/.test(source)) return JSON.parse(source);
  return JSON.parse(source, (_key, value: unknown, context?: { readonly source?: string }) =>
    typeof value === "number" ? (context?.source ?? String(value)) : value,
  );
}
