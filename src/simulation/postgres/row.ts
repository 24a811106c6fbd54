/**
 * Rows of PostgreSQL in the shapes of the memory store: which tables people and checkers look at, and how each column
 * of a row comes over as JSON.
 */
import { assert } from "../../base/result.ts";
import { instant } from "../../base/instant.ts";
import { fromJson } from "../../base/json.ts";
import { text, type Query } from "../../store/connection.ts";
import { jobOrder, operationsRequest } from "../store/schema/order.ts";
import { handDocument } from "../store/schema/outage.ts";
import { finality, lane, posting, postingLine } from "../store/schema/posting.ts";
import {
  balance,
  collector,
  fact,
  movement,
  quarantine,
  question,
  run,
  sampleSetAside,
} from "../store/schema/shop-floor.ts";
import type { TableOf } from "../store/table.ts";

export type AnyTable = TableOf<never>;

/** What is shown; whoever reads another table is told so. */
export const shown: readonly AnyTable[] = [
  jobOrder,
  operationsRequest,
  finality,
  lane,
  posting,
  postingLine,
  balance,
  collector,
  fact,
  movement,
  quarantine,
  question,
  run,
  sampleSetAside,
  handDocument,
];

/** A row of JSON text as the memory store has it. */
export type ReadRow = (table: string, json: string) => object;

/** @param query  of the database whose columns they are */
export async function rowReader(query: Query): Promise<ReadRow> {
  const columns = await query.run(
    "simulation.columns",
    `select c.relname as table, a.attname as column, format_type(a.atttypid, null) as type
     from pg_attribute a join pg_class c on c.oid = a.attrelid
     where c.relnamespace = 'millrace'::regnamespace and a.attnum > 0 and not a.attisdropped and c.relname = any ($1::text[])`,
    [shown.map((table) => table.name)],
  );
  const readers = new Map<string, [column: string, read: (value: unknown) => unknown][]>();
  for (const row of columns) {
    const [table, column] = [text(row["table"]), text(row["column"])];
    const read = readerOf(text(row["type"]), column);
    if (read) readers.set(table, [...(readers.get(table) ?? []), [column, read]]);
  }
  return (table, json) => {
    const row = fromJson<Record<string, unknown>>(json);
    for (const [column, read] of readers.get(table) ?? []) {
      if (row[column] !== null) row[column] = read(row[column]);
    }
    return row;
  };
}

/** Null: as JSON has it. */
function readerOf(type: string, column: string): ((value: unknown) => unknown) | null {
  switch (type) {
    case "timestamp with time zone":
      return (value) => instant(Date.parse(String(value)));
    case "bigint":
      return column.endsWith("micro") ? (value) => BigInt(whole(value)) : whole;
    case "bytea":
      return (value) => Buffer.from(String(value).slice(2), "hex");
    default:
      return null;
  }
}

/** JSON has lost the end of a number that is larger. */
function whole(value: unknown): number {
  assert(typeof value === "number" && Number.isSafeInteger(value), "a whole number of JSON is exact");
  return value;
}
