/**
 * How far the poll has come: the newest change stamp, the place inside an unfinished scan, and for each order the
 * content that was delivered last. An order that comes back to an earlier content (locked, then unlocked) must be
 * delivered again, an order that only our own postings touched must not: stamps alone cannot tell these apart.
 */
import { fail, ok, type Result } from "../../base/result.ts";
import { isRow } from "./row.ts";

export interface Cursor {
  /** Stamp from which the running scan reads; empty for the first scan. */
  readonly from: string;
  /**
   * Where the running scan goes on; null when a new scan begins. `stamp` is read again, because more may bear it;
   * `number` is the last order of a page that had no other stamp, after which to go on inside it.
   */
  readonly after: { readonly stamp: string; readonly number: string | null } | null;
  /** Newest stamp seen. */
  readonly newest: string;
  /** Order number → hash of the content that was delivered last; what was not read for the longest time first. */
  readonly seen: ReadonlyMap<string, string>;
}

export const beginning: Cursor = { from: "", after: null, newest: "", seen: new Map() };

/** Orders whose content is remembered: beyond them an unchanged order is delivered again, which does no harm. */
const ordersMax = 5000;

/** @fault invalid erp/sap-cursor  not a cursor of this connector */
export function readCursor(cursor: string | null): Result<Cursor> {
  if (cursor === null) return ok(beginning);
  try {
    const read: unknown = JSON.parse(cursor);
    if (
      isRow(read) &&
      read["v"] === 1 &&
      typeof read["from"] === "string" &&
      typeof read["newest"] === "string" &&
      isRow(read["seen"])
    ) {
      const after = isRow(read["after"])
        ? { stamp: String(read["after"]["stamp"]), number: optional(read["after"]["number"]) }
        : null;
      // Cursors of before hold earlier contents as well; the last one is current.
      const seen = Object.entries(read["seen"]).map(([number, contents]): [string, string] => [
        number.slice(1),
        String(contents).split(",").at(-1) ?? "",
      ]);
      return ok({ from: read["from"], newest: read["newest"], after, seen: new Map(seen) });
    }
  } catch {
    // falls through: what is no JSON is no cursor
  }
  return fail(
    "invalid",
    "erp/sap-cursor",
    "The stored place in SAP's orders cannot be read. Reset it to read all orders again.",
  );
}

function optional(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

export function writeCursor(cursor: Cursor): string {
  // A leading letter keeps the order of insertion: JSON objects sort keys that look like numbers.
  const seen = Object.fromEntries([...cursor.seen].map(([number, content]) => [`#${number}`, content]));
  return JSON.stringify({ v: 1, from: cursor.from, after: cursor.after, newest: cursor.newest, seen });
}

/** No order was forgotten yet for want of room. */
export function remembersAll(seen: ReadonlyMap<string, unknown>): boolean {
  return seen.size < ordersMax;
}

/** Notes the content of an order. @returns whether it is news; an order that was forgotten always is */
export function sight(seen: Map<string, string>, number: string, content: string): boolean {
  const isNews = seen.get(number) !== content;
  // What moves is remembered, whatever else was forgotten.
  seen.delete(number);
  seen.set(number, content);
  for (const [oldest] of seen) {
    if (seen.size <= ordersMax) break;
    seen.delete(oldest);
  }
  return isNews;
}
