/**
 * Group commit: while the disk works on one transaction, appends gather for the next. Their order is the order of the
 * rows; each is answered when its own transaction is durable.
 */
import type { Clock } from "../base/clock.ts";
import type { Instant } from "../base/instant.ts";
import { ok, type Fault, type Result } from "../base/result.ts";
import type { Probe } from "../record/probe.ts";
import { encodeBatch, type BatchContent, type SampleBatch } from "../record/sample-batch.ts";
import { aheadOfItsTime, type Sample } from "../record/sample.ts";
import { busyFault, heldFault } from "./buffer-fault.ts";
import type { Entry, RowValues, StoredSource, ThroughChange } from "./buffer-message.ts";
import type { BufferThread } from "./buffer-thread.ts";
import { weight } from "./recent-batch.ts";
import type { AppendOptions } from "./sample-buffer.ts";

export interface GroupCommit {
  append(source: string, content: BatchContent, options?: AppendOptions): Promise<Result<number>>;
  addItems(source: string, items: readonly string[]): Promise<Result<void>>;
  /** Samples not yet durable. */
  waiting(): number;
  /** Resolves when everything appended so far was answered. */
  drain(): Promise<void>;
}

export interface GroupCommitPorts {
  readonly file: string;
  readonly thread: BufferThread;
  readonly clock: Clock;
  readonly probe: Probe | null;
  readonly waitingSamplesMax: number;
  /** Told after a commit is durable and before its appends are answered; batches in order of seq. */
  published(batches: readonly SampleBatch[], sources: readonly StoredSource[], sacrificed: number): void;
}

interface Pending {
  readonly entry: Entry;
  readonly content: BatchContent | null;
  settle(result: Result<number>): void;
}

/** One transaction takes at most about this many samples, so that an answer does not wait for a flood. */
const COMMIT_SAMPLES = 40_000;

export function groupCommit(ports: GroupCommitPorts): GroupCommit {
  let pending: Pending[] = [];
  let waiting = 0;
  let running: Promise<void> | null = null;

  const enqueue = (entry: Entry, content: BatchContent | null): Promise<Result<number>> =>
    new Promise((resolve) => {
      pending.push({ entry, content, settle: resolve });
      running ??= run();
    });

  const run = async (): Promise<void> => {
    // Appends of one turn of the event loop belong together.
    await Promise.resolve();
    while (pending.length > 0) {
      const group = take(pending);
      pending = pending.slice(group.length);
      await commitGroup(ports, group);
      for (const { content } of group) waiting -= content ? weight(content) : 0;
    }
    running = null;
  };

  return {
    append: (source, content, options = {}) => {
      if (waiting >= ports.waitingSamplesMax) return Promise.resolve(busyFault(ports.file, waiting));
      waiting += weight(content);
      return enqueue(toEntry(source, content, options, ports.clock.now()), content);
    },
    addItems: async (source, items) => {
      const added = await enqueue({ source, row: null, through: null, gap: undefined, items }, null);
      return added.ok ? ok(undefined) : added;
    },
    waiting: () => waiting,
    drain: async () => {
      for (let work = running; work; work = running) await work;
    },
  };
}

function take(pending: readonly Pending[]): readonly Pending[] {
  let samples = 0;
  const end = pending.findIndex(({ content }) => {
    samples += content ? weight(content) : 0;
    return samples >= COMMIT_SAMPLES;
  });
  return end < 0 ? pending : pending.slice(0, end + 1);
}

async function commitGroup(ports: GroupCommitPorts, group: readonly Pending[]): Promise<void> {
  const entries = group.map(({ entry }) => entry);
  const transfer = entries.flatMap(({ row }) => (row ? [row.bytes.buffer] : []));
  const committed = await ports.thread.ask({ kind: "commit", entries }, transfer);
  if (!committed.ok) return refuseAll(group, committed.fault);
  const { seqs, sources, sacrificed } = committed.value;
  const batches: SampleBatch[] = [];
  for (const [i, { entry, content }] of group.entries()) {
    const seq = seqs[i] ?? null;
    if (content && seq !== null) batches.push({ source: entry.source, seq, ...content });
  }
  if (ports.probe) for (const { source, seq } of batches) await ports.probe("buffer-durable", `${source} ${seq}`);
  ports.published(batches, sources, sacrificed);
  for (const [i, { entry, settle }] of group.entries()) {
    const seq = seqs[i] ?? null;
    settle(seq === null ? heldFault(ports.file, entry.source) : ok(seq));
  }
}

function refuseAll(group: readonly Pending[], fault: Fault): void {
  for (const { settle } of group) settle({ ok: false, fault });
}

function toEntry(source: string, content: BatchContent, options: AppendOptions, now: Instant): Entry {
  const row = rowOf(content, now);
  let through: ThroughChange | null = null;
  if (options.through !== undefined) through = { at: options.through, how: "exact" };
  else if (content.complete) through = reached(content.samples);
  const mark = content.gaps.at(-1);
  const gap = mark && (mark.state === "opened" ? JSON.stringify(mark) : null);
  return { source, row, through, gap, items: [] };
}

/** How far a complete batch brings its source; what lies ahead of the source's time line brings it nowhere. */
function reached(samples: readonly Sample[]): ThroughChange | null {
  let at = Number.NEGATIVE_INFINITY;
  for (const sample of samples) if (sample.at > at && sample.mark !== aheadOfItsTime) at = sample.at;
  return samples.length > 0 && Number.isFinite(at) ? { at, how: "forward" } : null;
}

function rowOf(content: BatchContent, now: Instant): RowValues {
  let fromAt = Number.POSITIVE_INFINITY;
  let toAt = Number.NEGATIVE_INFINITY;
  let receivedAt = Number.NEGATIVE_INFINITY;
  for (const sample of content.samples) {
    if (sample.at < fromAt) fromAt = sample.at;
    if (sample.at > toAt) toAt = sample.at;
    if (sample.receivedAt > receivedAt) receivedAt = sample.receivedAt;
  }
  if (content.samples.length === 0) {
    const times = content.gaps.length > 0 ? content.gaps.map(({ at }) => at) : [now];
    fromAt = Math.min(...times);
    toAt = Math.max(...times);
    receivedAt = now;
  }
  return { fromAt, toAt, receivedAt, samples: content.samples.length, bytes: ownBytes(encodeBatch(content)) };
}

/** Bytes that can be handed to the worker without a copy: alone in their buffer. */
function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const alone = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength;
  // A view that fills its whole buffer; the encoder gives no shared memory.
  return alone ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
}
