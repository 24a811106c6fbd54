/**
 * The thread that owns the buffer's SQLite file: WAL, `synchronous=FULL`, exclusive lock. It blocks while the disk
 * works, which is why it is a thread of its own. Answers requests of `buffer-message.ts` in order; no policy here.
 */
import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { parentPort, type MessagePort } from "node:worker_threads";
import { assert } from "../base/result.ts";
import type {
  Answers,
  BufferAnswer,
  BufferRequest,
  Committed,
  CommitRequest,
  Entry,
  LostRows,
  Opened,
  OpenRequest,
  ReadRequest,
  ReadRows,
  StorageError,
  StoredRow,
  StoredSource,
  StoredStats,
} from "./buffer-message.ts";
import { giveUp, heldRows, release, type HeldRows } from "./buffer-release.ts";
import { addTotals, inTransaction, metaOf, prepare, schema, type BufferFile } from "./buffer-statement.ts";

const FORMAT = 1;
const PAGE_BYTES = 4096;
const SQLITE_FULL = 13;
const SQLITE_CORRUPT = 11;
const SQLITE_CANTOPEN = 14;
/** Rows that one request looks for past damage: others wait for it. */
const PAST_DAMAGE_ROWS = 5_000;

interface Store extends BufferFile {
  readonly held: HeldRows;
  readonly heldBytesMax: number;
}

let store: Store | null = null;

assert(parentPort, "the buffer's worker runs as a worker thread");
listen(parentPort);

function listen(port: MessagePort): void {
  port.on("message", (request: BufferRequest) => {
    const transfer: ArrayBuffer[] = [];
    let answer: BufferAnswer;
    try {
      answer = { ok: true, value: perform(request, transfer) };
    } catch (error) {
      answer = { ok: false, error: storageError(error) };
    }
    port.postMessage(answer, transfer);
    if (request.kind === "close") port.close();
  });
}

function perform(request: BufferRequest, transfer: ArrayBuffer[]): Answers[keyof Answers] {
  if (request.kind === "open") return open(request);
  if (request.kind === "close") return close();
  assert(store, "the buffer was opened");
  switch (request.kind) {
    case "commit":
      return commit(store, request);
    case "read":
      return read(store, request, transfer);
    case "release":
      return release(store, store.held, request);
    case "stats":
      return stats(store);
  }
}

function open(request: OpenRequest): Opened {
  const database = new DatabaseSync(request.file);
  try {
    // Exclusive before the first access: the index of the WAL stays in memory and a second process is refused.
    database.exec(`pragma locking_mode = exclusive; pragma page_size = ${PAGE_BYTES}`);
    database.exec("pragma journal_mode = wal; pragma synchronous = full; pragma journal_size_limit = 16777216");
    if (request.bytesMax !== null) {
      database.exec(`pragma max_page_count = ${Math.max(16, Math.floor(request.bytesMax / PAGE_BYTES))}`);
    }
    if (statSync(request.file).size <= request.checkBytesMax) refuseDamage(database);
    database.exec(`begin immediate; ${schema} commit`);
    store = { database, sql: prepare(database), held: heldRows(), heldBytesMax: request.heldBytesMax };
    return describe(store, request.freshId);
  } catch (error) {
    store = null;
    database.close();
    throw error;
  }
}

function refuseDamage(database: DatabaseSync): void {
  const found = database.prepare("pragma quick_check(1)").get()?.["quick_check"];
  if (found !== "ok") throw new DamageError(String(found));
}

class DamageError extends Error {
  readonly errcode = SQLITE_CORRUPT;
}

class FormatError extends Error {
  readonly errcode = SQLITE_CANTOPEN;
}

function describe(current: Store, freshId: string): Opened {
  const { sql } = current;
  if (metaOf(current, "id") === null) {
    sql.putMeta.run("format", FORMAT);
    sql.putMeta.run("id", freshId);
  }
  const format = metaOf(current, "format");
  if (format !== FORMAT) throw new FormatError(`the file has format ${String(format)}, this program reads ${FORMAT}`);
  return {
    id: String(metaOf(current, "id")),
    isDamaged: metaOf(current, "damaged") !== null,
    head: Number(sql.head.get()?.["seq"] ?? 0),
    released: Number(metaOf(current, "released") ?? 0),
    sources: current.database.prepare("select name, at, seq, gap from source").all().map(toSource),
    items: current.database
      .prepare("select source, path from item")
      .all()
      .map(({ source, path }) => ({ source: String(source), path: String(path) })),
  };
}

function commit(current: Store, { entries }: CommitRequest): Committed {
  const { held, heldBytesMax } = current;
  const waits = ({ source, row }: Entry): boolean => row !== null && held.places.has(source);
  let sacrificed = 0;
  let isRefused = false;
  if (entries.some(waits) && usedBytes(current) > heldBytesMax) {
    sacrificed = sacrifice(current);
    // As long as anything is given up there is room; all of it at once would keep everybody waiting.
    isRefused = sacrificed === 0;
  }
  const taken = entries.filter((entry) => !isRefused || !waits(entry));
  for (;;) {
    try {
      const { seqs, sources } = inTransaction(current, () => insertAll(current, taken));
      let next = 0;
      return {
        seqs: entries.map((entry) => (isRefused && waits(entry) ? null : (seqs[next++] ?? null))),
        sources,
        sacrificed,
      };
    } catch (error) {
      // Rows that are committed elsewhere are kept for convenience only: new ones are worth more.
      const freed = primaryCode(error) === SQLITE_FULL ? sacrifice(current) : 0;
      if (freed === 0) throw error;
      sacrificed += freed;
    }
  }
}

function usedBytes({ sql }: Store): number {
  return (Number(sql.pages.get()?.["page_count"]) - Number(sql.freePages.get()?.["freelist_count"])) * PAGE_BYTES;
}

function sacrifice(current: Store): number {
  try {
    return giveUp(current, current.held);
  } catch {
    // The disk itself is full and cannot even take the deletion: the first error says so.
    return 0;
  }
}

function insertAll(current: Store, entries: readonly Entry[]): Pick<Committed, "seqs" | "sources"> {
  const { sql } = current;
  const seqs: number[] = [];
  const sources = new Map<string, StoredSource>();
  const totals = { rows: 0, samples: 0, bytes: 0 };
  for (const { source, row, through, gap, items } of entries) {
    for (const path of items) sql.putItem.run(source, path);
    let seq = 0;
    if (row) {
      const { fromAt, toAt, receivedAt, samples, bytes } = row;
      seq = Number(sql.insert.run(source, fromAt, toAt, receivedAt, samples, bytes).lastInsertRowid);
      totals.rows += 1;
      totals.samples += samples;
      totals.bytes += bytes.byteLength;
    }
    seqs.push(seq);
    const before = sources.get(source) ?? sourceOf(current, source);
    const moves = through !== null && (through.how === "exact" || before.at === null || through.at >= before.at);
    if (!moves && gap === undefined) continue;
    sources.set(source, {
      name: source,
      at: moves ? through.at : before.at,
      seq: moves && seq > 0 ? seq : before.seq,
      gap: gap === undefined ? before.gap : gap,
    });
  }
  for (const { name, at, seq, gap } of sources.values()) sql.putSource.run(name, at, seq, gap);
  addTotals(current, totals, 1);
  return { seqs, sources: [...sources.values()] };
}

function read(current: Store, request: ReadRequest, transfer: ArrayBuffer[]): ReadRows {
  const { sql } = current;
  const head = Number(sql.head.get()?.["seq"] ?? 0);
  const rows: StoredRow[] = [];
  let samples = 0;
  try {
    // Within: a statement that failed says so once more when it is used again.
    const found = request.sources
      ? sql.readSome.iterate(request.after, JSON.stringify(request.sources))
      : sql.readAll.iterate(request.after);
    for (const row of found) {
      rows.push(storedRow(row, transfer));
      samples += Number(row["samples"]);
      if (samples >= request.samplesMax) return { rows, lost: null, through: Number(row["seq"]) };
    }
  } catch (error) {
    if (primaryCode(error) !== SQLITE_CORRUPT) throw error;
    const last = rows.at(-1);
    return last ? { rows, lost: null, through: last.seq } : readPastDamage(current, request, head, transfer);
  }
  return { rows, lost: null, through: Math.max(head, request.after) };
}

function storedRow(row: Record<string, unknown>, transfer: ArrayBuffer[]): StoredRow {
  // The column is a blob: SQLite gives a Uint8Array with a buffer of its own.
  const bytes = row["bytes"] as Uint8Array<ArrayBuffer>;
  if (bytes.byteLength === bytes.buffer.byteLength && bytes.byteLength > 0) transfer.push(bytes.buffer);
  return {
    seq: Number(row["seq"]),
    source: String(row["source"]),
    fromAt: Number(row["from_at"]),
    toAt: Number(row["to_at"]),
    bytes,
  };
}

/** Row by row up to the first that can be read: a damaged page takes with it only what it held. */
function readPastDamage(current: Store, request: ReadRequest, head: number, transfer: ArrayBuffer[]): ReadRows {
  const { after, sources } = request;
  const end = Math.min(head, after + PAST_DAMAGE_ROWS);
  const lost: number[] = [];
  for (let seq = after + 1; seq <= end; seq += 1) {
    const row = rowAt(current, seq);
    if (row === "damaged") lost.push(seq);
    if (row === null || row === "damaged") continue;
    const isAsked = !sources || sources.includes(String(row["source"]));
    if (!isAsked && lost.length === 0) continue;
    const rows = isAsked ? [storedRow(row, transfer)] : [];
    return { rows, lost: lostRows(current, request, lost, Number(row["received_at"])), through: seq };
  }
  return { rows: [], lost: lostRows(current, request, lost, null), through: Math.max(end, after) };
}

function lostRows(
  current: Store,
  { after, sources }: ReadRequest,
  lost: readonly number[],
  beforeAt: number | null,
): LostRows | null {
  const [from] = lost;
  const to = lost.at(-1);
  if (from === undefined || to === undefined) return null;
  const before = rowAt(current, after);
  unlessDamaged(() => current.sql.putMeta.run("damaged", 1));
  const known = sources ?? unlessDamaged(() => current.sql.sources.all().map(({ name }) => String(name))) ?? [];
  const afterAt = before === null || before === "damaged" ? null : Number(before["received_at"]);
  return { from, to, rows: lost.length, sources: known, afterAt, beforeAt };
}

function rowAt(current: Store, seq: number): Record<string, unknown> | "damaged" | null {
  const found = unlessDamaged(() => ({ row: current.sql.readOne.get(seq) ?? null }));
  return found ? found.row : "damaged";
}

function unlessDamaged<T>(look: () => T): T | null {
  try {
    return look();
  } catch (error) {
    if (primaryCode(error) !== SQLITE_CORRUPT) throw error;
    return null;
  }
}

function stats(current: Store): StoredStats {
  const released = Number(metaOf(current, "released") ?? 0);
  const oldest = current.sql.oldestAfter.get(released)?.["received_at"];
  return {
    rows: Number(metaOf(current, "rows") ?? 0),
    samples: Number(metaOf(current, "samples") ?? 0),
    bytes: Number(metaOf(current, "bytes") ?? 0),
    released,
    oldestUnreleasedAt: oldest === undefined ? null : Number(oldest),
  };
}

function close(): null {
  store?.database.close();
  store = null;
  return null;
}

function sourceOf(current: Store, name: string): StoredSource {
  const row = current.sql.source.get(name);
  return row ? toSource(row) : { name, at: null, seq: 0, gap: null };
}

function toSource(row: Record<string, unknown>): StoredSource {
  const { name, at, seq, gap } = row;
  return {
    name: String(name),
    at: at === null ? null : Number(at),
    seq: Number(seq),
    gap: typeof gap === "string" ? gap : null,
  };
}

function primaryCode(error: unknown): number {
  return storageError(error).code & 0xff;
}

function storageError(error: unknown): StorageError {
  const code = typeof error === "object" && error && "errcode" in error ? Number(error.errcode) : 0;
  return { code, message: error instanceof Error ? error.message : String(error) };
}
