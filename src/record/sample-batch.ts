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

/** @fault invalid record/batch   the bytes are no batch of a version that this program reads */
export function decodeBatch(bytes: Uint8Array): Result<BatchContent> {
  let wire: Wire;
  try {
    // Checked by version just below; the bytes are our own.
    wire = JSON.parse(decoder.decode(bytes)) as Wire;
  } catch (error) {
    return fail("invalid", "record/batch", "A kept batch of samples cannot be read: the row is damaged.", error);
  }
  if (wire.v !== 1) {
    return fail("invalid", "record/batch", `A kept batch has version ${String(wire.v)}: a newer Millrace wrote it.`);
  }
  const samples: Sample[] = [];
  let at = 0;
  let received = 0;
  for (const [item, atStep, receivedStep, status, value, mark] of wire.r) {
    at += atStep;
    received += receivedStep;
    samples.push({
      item: wire.i[item] ?? "",
      at: instant(at),
      receivedAt: instant(received),
      status,
      value,
      mark: mark ?? "",
    });
  }
  const content = { samples, complete: wire.c === 1, gaps: wire.g ?? [] };
  return ok(wire.h === 1 ? { ...content, fromHistory: true } : content);
}
