/**
 * How far the poll has come: the newest change stamp, the place inside an unfinished scan, and for each order the
 * contents that were already delivered. An order that comes back to an earlier content (locked, then unlocked) must be
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
  /** Order number → content hashes delivered, the last one current; oldest changed order first. */
  readonly seen: ReadonlyMap<string, readonly string[]>;
}

export const beginning: Cursor = { from: "", after: null, newest: "", seen: new Map() };

/** Orders whose contents are remembered: beyond them an unchanged order is delivered again, which does no harm. */
const ordersMax = 5000;
const contentsMax = 16;

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
      const seen = Object.entries(read["seen"]).map(([number, contents]): [string, string[]] => [
        number,
        String(contents).split(","),
      ]);
      return ok({
        from: read["from"],
        newest: read["newest"],
        after,
        seen: new Map(seen.map(([number, contents]) => [number.slice(1), contents])),
      });
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
  const seen = Object.fromEntries([...cursor.seen].map(([number, contents]) => [`#${number}`, contents.join(",")]));
  return JSON.stringify({ v: 1, from: cursor.from, after: cursor.after, newest: cursor.newest, seen });
}

/** No order was forgotten yet for want of room. */
export function remembersAll(seen: ReadonlyMap<string, unknown>): boolean {
  return seen.size < ordersMax;
}

export type Sighting = "unchanged" | "new" | "returned";

/** Notes a content of an order and says what it is: the current one, a new one, or one of earlier come back. */
export function sight(seen: Map<string, readonly string[]>, number: string, content: string): Sighting {
  const known = seen.get(number) ?? [];
  if (known.at(-1) === content) return "unchanged";
  seen.delete(number);
  seen.set(number, [...known.filter((one) => one !== content), content].slice(-contentsMax));
  for (const [oldest] of seen) {
    if (seen.size <= ordersMax) break;
    seen.delete(oldest);
  }
  return known.includes(content) ? "returned" : "new";
}
