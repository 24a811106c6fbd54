/**
 * The gateway's buffer on a disk that outlives its process: what was appended and answered is there after a crash, what
 * was not may be or not. As `gateway/buffer.ts` without SQLite; the rows of one turn are one commit.
 */
import { instant, type Instant } from "../../base/instant.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import type { AppendOptions, SampleBuffer, Through } from "../../gateway/sample-buffer.ts";
import { aheadOfItsTime } from "../../record/sample.ts";
import type { BatchContent, GapMark, SampleBatch } from "../../record/sample-batch.ts";

/** What is written. Rows are kept until they are released. */
export interface Disk {
  readonly id: string;
  readonly rows: SampleBatch[];
  /** Seq of the last row, also when it was deleted. */
  head: number;
  readonly through: Map<string, Through>;
  readonly gaps: Map<string, GapMark>;
  readonly items: Map<string, Set<string>>;
  isFull: boolean;
}

export function emptyDisk(id: string): Disk {
  return { id, rows: [], head: 0, through: new Map(), gaps: new Map(), items: new Map(), isFull: false };
}

export interface BufferPorts {
  readonly disk: Disk;
  /** The disk takes its time; a process may die before and after. */
  readonly step: () => Promise<void>;
  /** Waits until something may have been appended. */
  readonly bell: { ring(): void; wait(signal: AbortSignal): Promise<void> };
}

export function memoryBuffer({ disk, step, bell }: BufferPorts): SampleBuffer {
  return {
    id: disk.id,
    ended: new Promise(() => undefined),
    append: async (source, content, options = {}) => {
      await step();
      if (disk.isFull) return fail("transient", "gateway/buffer-full", "The disk is full.");
      const seq = write(disk, source, content, options);
      bell.ring();
      await step();
      return ok(seq);
    },
    addItems: async (source, paths) => {
      await step();
      if (disk.isFull) return fail("transient", "gateway/buffer-full", "The disk is full.");
      for (const path of paths) itemsOf(disk, source).add(path);
      return ok(undefined);
    },
    knownItems: (source) => itemsOf(disk, source),
    read: async ({ after, sources, maxSamples }) => {
      await step();
      return ok(rowsAfter(disk, after, maxSamples, sources));
    },
    consume: async function* (after, signal, { maxSamples = 20_000 } = {}) {
      for (let at = after; !signal.aborted;) {
        const batches = rowsAfter(disk, at, maxSamples);
        const last = batches.at(-1);
        if (!last) {
          await bell.wait(signal);
          continue;
        }
        at = last.seq;
        yield batches;
      }
    },
    resume: (cursor): Result<number> => {
      if (!cursor || cursor.buffer !== disk.id) return ok(0);
      if (cursor.seq <= disk.head) return ok(cursor.seq);
      return fail("conflict", "gateway/buffer-cursor", "The buffer is an older copy than the database's cursor.");
    },
    through: (source) => disk.through.get(source) ?? null,
    openGap: (source) => disk.gaps.get(source) ?? null,
    // Up to the first row that waits: no row goes from between others.
    release: async (upto, _, held = new Map()) => {
      await step();
      return ok(disk.rows.splice(0, Math.max(0, Math.min(upto, ...held.values()) + 1 - firstSeq(disk))).length);
    },
    head: () => disk.head,
    damage: () => null,
    stats: async () =>
      ok({
        rows: disk.rows.length,
        samples: disk.rows.reduce((sum, row) => sum + row.samples.length, 0),
        bytes: 0,
        released: firstSeq(disk) - 1,
        oldestUnreleasedAt: null,
        head: disk.head,
        waiting: 0,
        sacrificed: 0,
      }),
    close: async () => undefined,
  };
}

function firstSeq(disk: Disk): number {
  return disk.rows[0]?.seq ?? disk.head + 1;
}

/** At least one row when there is one; of these sources, left out: of all. */
function rowsAfter(disk: Disk, after: number, maxSamples: number, sources?: readonly string[]): readonly SampleBatch[] {
  const found: SampleBatch[] = [];
  let samples = 0;
  for (let i = Math.max(0, after + 1 - firstSeq(disk)); samples < maxSamples; i += 1) {
    const row = disk.rows[i];
    if (!row) break;
    if (sources && !sources.includes(row.source)) continue;
    found.push(row);
    samples += row.samples.length;
  }
  return found;
}

function itemsOf(disk: Disk, source: string): Set<string> {
  const known = disk.items.get(source) ?? new Set();
  disk.items.set(source, known);
  return known;
}

function write(disk: Disk, source: string, content: BatchContent, { through }: AppendOptions): number {
  disk.head += 1;
  disk.rows.push({ source, seq: disk.head, ...content });
  const before = disk.through.get(source) ?? null;
  const reached = through ?? (content.complete ? newestOf(content) : null);
  const moves = reached !== null && (through !== undefined || before === null || reached >= before.at);
  if (moves) disk.through.set(source, { at: reached, seq: disk.head });
  const mark = content.gaps.at(-1);
  if (mark?.state === "opened") disk.gaps.set(source, mark);
  else if (mark) disk.gaps.delete(source);
  return disk.head;
}

function newestOf({ samples }: BatchContent): Instant | null {
  let newest: number | null = null;
  for (const { at, mark } of samples) if (mark !== aheadOfItsTime && (newest === null || at > newest)) newest = at;
  return newest === null ? null : instant(newest);
}
