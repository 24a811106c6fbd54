/** What can still be read of what is kept of a machine, where some of it is damaged. */
import type { KeptBatch, KeptCheckpoint } from "../flows/collector-ports.ts";
import type { KeptLink } from "../record/sample-batch.ts";
import { keptOf } from "./kept-row.ts";
import { int, text, type Query, type Row } from "./connection.ts";
import { ifReadable } from "./readable.ts";

/** So many days are looked at. */
const daysMost = 7;

export async function readableCheckpoints(query: Query, source: string): Promise<readonly KeptCheckpoint[]> {
  const newest = "select ordinal, map, state from collector_checkpoint where source = $1";
  const ofDay = `select ordinal, map, state from collector_day where source = $1 order by day desc offset $2 limit 1`;
  const found = [await read(query, "collector.readable-checkpoint", newest, [source])];
  // One by one: a damaged one takes no other with it.
  for (let n = 0; n < daysMost; n += 1) found.push(await read(query, "collector.readable-day", ofDay, [source, n]));
  return found.flat().toSorted((a, b) => b.ordinal - a.ordinal);
}

async function read(
  query: Query,
  name: string,
  asked: string,
  values: readonly unknown[],
): Promise<readonly KeptCheckpoint[]> {
  const rows = await ifReadable(query, "collector.readable", () => query.run(name, asked, values));
  return (rows ?? []).map((row: Row) => ({ ordinal: int(row["ordinal"]), map: text(row["map"]), state: row["state"] }));
}

/** Halves what cannot be read as one, down to single batches. */
export async function readableBatches(
  query: Query,
  source: string,
  after: number,
  upto: number,
): Promise<readonly (KeptBatch & KeptLink)[]> {
  if (upto <= after) return [];
  const found = await ifReadable(query, "collector.readable-batches", () => between(query, source, after, upto));
  if (found) return found;
  if (upto - after === 1) return [];
  const middle = after + Math.floor((upto - after) / 2);
  return [
    ...(await readableBatches(query, source, after, middle)),
    ...(await readableBatches(query, source, middle, upto)),
  ];
}

async function between(
  query: Query,
  source: string,
  after: number,
  upto: number,
): Promise<readonly (KeptBatch & KeptLink)[]> {
  const rows = await query.run(
    "collector.batches-between",
    "select ordinal, follows, bytes from sample_batch where source = $1 and ordinal > $2 and ordinal <= $3 order by ordinal",
    [source, after, upto],
  );
  return rows.map((row) => keptOf(row, source));
}
