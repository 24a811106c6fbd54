/** Rows of kept samples, read. */
import { decodeBatch, type BatchContent, type KeptLink } from "../record/sample-batch.ts";
import type { KeptBatch } from "../flows/collector-ports.ts";
import { UnreadableColumn, int, type Row } from "./connection.ts";

/** Of a row with `ordinal`, `follows` and `bytes`. */
export function keptOf(row: Row, source: string): KeptBatch & KeptLink {
  const { samples, gaps, fromHistory } = contentOf(row, source);
  const follows = row["follows"] === null ? null : int(row["follows"]);
  return { ordinal: int(row["ordinal"]), follows, samples, gaps, ...(fromHistory && { fromHistory }) };
}

/** Of a row with the bytes of a kept batch. What cannot be read is no sample's fault that is read after it. */
export function contentOf(row: Row, source: string): BatchContent {
  // The column is bytea.
  const read = decodeBatch(row["bytes"] as Uint8Array);
  if (read.ok) return read.value;
  throw new UnreadableColumn(`Kept samples of ${source}: ${read.fault.message}`, { cause: read.fault });
}
