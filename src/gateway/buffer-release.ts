/**
 * Which rows of the buffer's file may go: those that are committed elsewhere. Sources that are held wait while others go on:
 * their rows stay, and those of the others among them go.
 */
import type { ReleasedRows, ReleaseRequest } from "./buffer-message.ts";
import { addTotals, inTransaction, metaOf, type BufferFile, type Totals } from "./buffer-statement.ts";

export interface HeldRows {
  /** Rows up to here are committed, but those of sources that are held. */
  upto: number;
  /** Of each source that is held the row up to which it is committed. */
  places: ReadonlyMap<string, number>;
  /** What is left up to here waits. */
  swept: number;
}

export function heldRows(): HeldRows {
  return { upto: 0, places: new Map(), swept: 0 };
}

/** Rows given up in one step when there is no room and some are committed elsewhere. */
const giveUpRows = 256;
/** Rows that one step looks at: whoever appends waits for it. */
const lookedMost = 5_000;

type Range = Pick<ReleaseRequest, "before" | "ahead" | "rowsMax">;

export function release(file: BufferFile, held: HeldRows, request: ReleaseRequest): ReleasedRows {
  note(held, request);
  return deleteSome(file, held, request, Math.min(request.upto, ...request.held.values()));
}

/** Deletes a few of those that may go, however new they are. @returns how many, none when nothing may go */
export function giveUp(file: BufferFile, held: HeldRows): number {
  const before = Number.MAX_SAFE_INTEGER;
  for (;;) {
    const { deleted, more } = deleteSome(file, held, { before, ahead: before, rowsMax: giveUpRows }, 0);
    if (deleted > 0 || !more) return deleted;
  }
}

/** Of a source that has come on, or is held no more, rows may go that were passed over. */
function note(held: HeldRows, { upto, held: places }: ReleaseRequest): void {
  for (const [source, place] of held.places) {
    if (places.get(source) !== place) held.swept = Math.min(held.swept, place);
  }
  held.upto = Math.max(held.upto, upto);
  held.places = places;
}

/** @param upto  rows up to here are committed of all sources */
function deleteSome(file: BufferFile, held: HeldRows, range: Range, upto: number): ReleasedRows {
  const { swept } = held;
  const done = inTransaction(file, () => {
    const before = Number(metaOf(file, "released") ?? 0);
    const released = Math.max(upto, before);
    if (released > before) file.sql.putMeta.run("released", released);
    const totals: Totals = { rows: 0, samples: 0, bytes: 0 };
    deleteReleased(file, released, range, totals);
    const isFull = totals.rows === range.rowsMax;
    const between = isFull
      ? { swept, more: true }
      : deleteBetween(file, held, Math.max(released, swept), range, totals);
    addTotals(file, totals, -1);
    return { deleted: totals.rows, ...between };
  });
  held.swept = done.swept;
  return { deleted: done.deleted, more: done.more };
}

function deleteReleased({ sql }: BufferFile, released: number, range: Range, totals: Totals): void {
  let upto = 0;
  for (const row of sql.oldest.iterate(released, range.rowsMax)) {
    if (isKept(row, range)) break;
    upto = Number(row["seq"]);
    add(totals, row);
  }
  if (totals.rows > 0) sql.deleteUpto.run(upto);
}

/** Among what waits: from the first row that does. */
function deleteBetween(
  { sql }: BufferFile,
  { places, upto }: HeldRows,
  from: number,
  range: Range,
  totals: Totals,
): { readonly swept: number; readonly more: boolean } {
  let swept = from;
  const gone: number[] = [];
  let looked = 0;
  for (const row of sql.between.iterate(from, upto, lookedMost)) {
    const seq = Number(row["seq"]);
    const isWaiting = seq > (places.get(String(row["source"])) ?? Number.POSITIVE_INFINITY);
    if (!isWaiting) {
      if (isKept(row, range) || totals.rows === range.rowsMax) break;
      gone.push(seq);
      add(totals, row);
    }
    swept = seq;
    looked += 1;
  }
  for (const seq of gone) sql.deleteOne.run(seq);
  return { swept, more: totals.rows === range.rowsMax || looked === lookedMost };
}

function isKept(row: Record<string, unknown>, { before, ahead }: Range): boolean {
  const receivedAt = Number(row["received_at"]);
  return receivedAt >= before && receivedAt < ahead;
}

function add(totals: Totals, row: Record<string, unknown>): void {
  totals.rows += 1;
  totals.samples += Number(row["samples"]);
  totals.bytes += Number(row["bytes"]);
}
