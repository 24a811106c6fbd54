/**
 * Samples travel and are kept in batches: one buffer row, one database row, one transaction. Also the compact form of
 * a batch in bytes, the same in the gateway's buffer and in the database.
 */
import type { Instant } from "../base/instant.ts";
import { instant } from "../base/instant.ts";
import { fail, ok, type Result } from "../base/result.ts";
import type { Sample, SampleValue } from "./sample.ts";

/** Something about the stream itself: values may be missing from `at` on, or flow again. */
export interface GapMark {
  readonly state: "opened" | "closed";
  /** Source time where known, else gateway time. */
  readonly at: Instant;
  readonly cause: string;
  /** For `closed`: everything in between was read back from the machine's history. */
  readonly filled: boolean;
  /** For `closed` and not filled: of what values may be missing. Left out by older versions. */
  readonly missing?: MissingValues;
}

/** Values that may be missing, by source time. */
export interface MissingValues {
  /** What was said after it. */
  readonly from: Instant;
  /** The items that it may be, and up to when: none of others. Left out: any, up to the end of the gap. */
  readonly items?: Readonly<Record<string, Instant>>;
}

/** Whether anything may be missing in a gap that is closed: where each item stands as it stood, the machine said nothing in it. */
export function mayMiss({ filled, missing }: GapMark): boolean {
  if (filled) return false;
  return missing?.items === undefined || Object.keys(missing.items).length > 0;
}

/** Whether a batch is kept once it was read: it says something, of the machine or of the stream. */
export function isKept({ samples, gaps }: Pick<SampleBatch, "samples" | "gaps">): boolean {
  return samples.length + gaps.length > 0;
}

export interface SampleBatch {
  /** Id of the machine connection. */
  readonly source: string;
  /** Position in the buffer: orders and resumes, enters no identity. */
  readonly seq: number;
  readonly samples: readonly Sample[];
  /** Nothing that the machine said before the last sample is still under way. */
  readonly complete: boolean;
  readonly gaps: readonly GapMark[];
  /** Read back from the machine's history; left out for what it said live. */
  readonly fromHistory?: true;
}

/** Place of a kept batch in the chain of those of its source. */
export interface KeptLink {
  readonly ordinal: number;
  /** Place of the kept batch before it; 0: there is none; null: it was kept before that was noted. */
  readonly follows: number | null;
}

/** What of a batch is kept as bytes; `source` and `seq` are columns beside it. */
export type BatchContent = Pick<SampleBatch, "samples" | "complete" | "gaps" | "fromHistory">;

type Row = [item: number, at: number, received: number, status: number, value: SampleValue, mark?: string];

interface Wire {
  readonly v: 1;
  readonly c: 0 | 1;
  readonly i: readonly string[];
  /** Times are differences to the row before; the first row's are absolute. */
  readonly r: readonly Row[];
  readonly g?: readonly GapMark[];
  readonly h?: 1;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function encodeBatch(content: BatchContent): Uint8Array {
  const items = new Map<string, number>();
  const rows: Row[] = [];
  let at = 0;
  let received = 0;
  for (const sample of content.samples) {
    let item = items.get(sample.item);
    if (item === undefined) {
      item = items.size;
      items.set(sample.item, item);
    }
    const row: Row = [item, sample.at - at, sample.receivedAt - received, sample.status, sample.value];
    if (sample.mark) row.push(sample.mark);
    rows.push(row);
    at = sample.at;
    received = sample.receivedAt;
  }
  const wire: Wire = {
    v: 1,
    c: content.complete ? 1 : 0,
    i: [...items.keys()],
    r: rows,
    ...(content.gaps.length > 0 && { g: content.gaps }),
    ...(content.fromHistory && { h: 1 }),
  };
  return encoder.encode(JSON.stringify(wire));
}

/**
 * Times are differences, so what stands behind a row that cannot be read has no time: then nothing of the batch counts.
 *
 * @fault invalid record/batch   the bytes are no batch of a version that this program reads; says which sample is damaged
 */
export function decodeBatch(bytes: Uint8Array): Result<BatchContent> {
  let wire: Readonly<Record<keyof Wire, unknown>>;
  try {
    // Each part is checked below; a value that holds no parts has none that fits.
    wire = (JSON.parse(decoder.decode(bytes)) ?? {}) as typeof wire;
  } catch (error) {
    return damaged("the row is damaged", error);
  }
  const { v, c, i: items, r: rows, g: gaps = [], h } = wire;
  if (typeof v === "number" && v !== 1) {
    return fail("invalid", "record/batch", `A kept batch has version ${v}: a newer Millrace wrote it.`);
  }
  if (v !== 1 || !Array.isArray(items) || !Array.isArray(rows)) return damaged("it holds no list of samples");
  if (!Array.isArray(gaps) || !gaps.every(isGap)) return damaged("a gap in it is none");
  const samples: Sample[] = [];
  let at = 0;
  let received = 0;
  for (const row of rows) {
    const item: unknown = isRow(row) ? items[row[0]] : undefined;
    if (!isRow(row) || typeof item !== "string") return damaged(`its sample ${samples.length + 1} is none`);
    const [, atStep, receivedStep, status, value, mark = ""] = row;
    at += atStep;
    received += receivedStep;
    if (![at, received].every(Number.isSafeInteger)) return damaged(`its sample ${samples.length + 1} has no time`);
    samples.push({ item, at: instant(at), receivedAt: instant(received), status, value, mark });
  }
  const content = { samples, complete: c === 1, gaps };
  return ok(h === 1 ? { ...content, fromHistory: true } : content);
}

function damaged(what: string, cause?: unknown): Result<never> {
  return fail("invalid", "record/batch", `A kept batch of samples cannot be read: ${what}.`, cause);
}

/** Whatever JSON is, is a value. */
function isRow(row: unknown): row is Row {
  if (!Array.isArray(row) || row.length < 5) return false;
  return row.slice(0, 4).every(Number.isSafeInteger) && (row[5] === undefined || typeof row[5] === "string");
}

function isGap(gap: unknown): gap is GapMark {
  if (typeof gap !== "object" || gap === null) return false;
  const { state, at, cause, filled, missing }: Partial<Record<keyof GapMark, unknown>> = gap;
  return (
    (state === "opened" || state === "closed") &&
    Number.isSafeInteger(at) &&
    typeof cause === "string" &&
    typeof filled === "boolean" &&
    (missing === undefined || isMissing(missing))
  );
}

function isMissing(missing: unknown): boolean {
  if (typeof missing !== "object" || missing === null) return false;
  const { from, items }: Partial<Record<keyof MissingValues, unknown>> = missing;
  if (!Number.isSafeInteger(from)) return false;
  if (items === undefined) return true;
  return typeof items === "object" && items !== null && Object.values(items).every(Number.isSafeInteger);
}
