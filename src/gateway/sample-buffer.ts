/**
 * What the buffer offers to the rest of the gateway and to operations. The implementation is `buffer.ts`; the split
 * keeps consumers and their fakes free of SQLite and threads.
 */
import type { Clock } from "../base/clock.ts";
import type { Instant } from "../base/instant.ts";
import type { Fault, Result } from "../base/result.ts";
import type { Probe } from "../record/probe.ts";
import type { BatchContent, GapMark, SampleBatch } from "../record/sample-batch.ts";
import type { GatewayLog } from "./log.ts";

export interface BufferSettings {
  readonly file: string;
  readonly log: GatewayLog;
  readonly clock?: Clock;
  readonly probe?: Probe;
  /** A damaged file is refused, or renamed and a new one begun. */
  readonly onDamage?: "refuse" | "move-aside";
  /** Largest size of the file. */
  readonly bytesMax?: number;
  /** When more of it is used, what sources that are held say is refused: the rest is for the others. Three quarters when left out. */
  readonly heldBytesMax?: number;
  /** Files up to this size are read through for damage when opened. */
  readonly checkBytesMax?: number;
  /** Samples kept decoded for consumers that keep up. */
  readonly recentSamplesMax?: number;
  /** Samples that may wait for the disk before `append` refuses more. */
  readonly waitingSamplesMax?: number;
}

/** Up to where a source is durable and complete. */
export interface Through {
  readonly at: Instant;
  /** The row that said so. */
  readonly seq: number;
}

export interface AppendOptions {
  /** Sets where the source is complete to exactly this time, also backwards; else a complete batch moves it forward. */
  readonly through?: Instant;
}

export interface ReadRange {
  readonly after: number;
  /** Every source when left out. */
  readonly sources?: readonly string[];
  readonly maxSamples: number;
}

export interface ConsumeOptions {
  readonly sources?: readonly string[];
  /** At most about this many samples at once; a larger batch still comes whole. */
  readonly maxSamples?: number;
}

/** A consumer's place, kept by the consumer: which buffer, and the last row it has committed. */
export interface BufferCursor {
  readonly buffer: string;
  readonly seq: number;
}

export interface BufferStats {
  readonly rows: number;
  readonly samples: number;
  readonly bytes: number;
  /** Rows up to here are committed elsewhere. */
  readonly released: number;
  readonly oldestUnreleasedAt: Instant | null;
  readonly head: number;
  /** Samples that wait for the disk now. */
  readonly waiting: number;
  /** Rows given up before their time because the file was full; they were released. */
  readonly sacrificed: number;
}

export interface SampleBuffer {
  /** Random, made with the file and kept in it: a cursor of another file is no cursor of this one. */
  readonly id: string;
  /**
   * Resolves with the row's seq when the batch is durable. What comes while the disk works goes into the next commit.
   * The content is kept by reference and must not be changed afterwards.
   *
   * @fault transient gateway/buffer-full     the same append may be tried again later; the buffer goes on
   * @fault transient gateway/buffer-held     the same; the source is held (`release`), and others are taken
   * @fault transient gateway/buffer-busy     too much waits already
   * @fault transient gateway/buffer-io, gateway/buffer-failed   tried again at will: a double is the same sample
   * @fault transient gateway/buffer-stopped  closed, or its thread died
   */
  append(source: string, content: BatchContent, options?: AppendOptions): Promise<Result<number>>;
  /** Notes items whose beginning is durable: after a restart only others are read back from further than `through`. */
  addItems(source: string, items: readonly string[]): Promise<Result<void>>;
  knownItems(source: string): ReadonlySet<string>;
  /** In order of seq; at least one batch when there is one. A row that cannot be read comes as an unfilled gap. */
  read(range: ReadRange): Promise<Result<readonly SampleBatch[]>>;
  /**
   * Every batch after `after` once, in order of seq: from the disk while behind, from memory at the head, then as they
   * become durable. Ends when the signal is aborted or the buffer closes.
   */
  consume(after: number, signal: AbortSignal, options?: ConsumeOptions): AsyncIterable<readonly SampleBatch[]>;
  /**
   * The seq after which a consumer with this cursor goes on; 0 for a cursor of another buffer: everything is read and
   * identity removes the doubles.
   *
   * @fault conflict gateway/buffer-cursor  the cursor is ahead of the file, so the file is an older copy
   */
  resume(cursor: BufferCursor | null): Result<number>;
  through(source: string): Through | null;
  /** The gap of a source that was opened and not yet closed, over restarts too. */
  openGap(source: string): GapMark | null;
  /**
   * Rows up to `upto` are committed in the database. They are kept `keepMs` after they were received, then deleted in
   * small steps between appends; before that when there is no room for new ones.
   *
   * @param held  of each source that waits while others go on the row up to which it is committed: what came of it after
   *              that stays. A file that is opened anew knows of none until it is told
   * @returns rows deleted
   */
  release(upto: number, keepMs: number, held?: ReadonlyMap<string, number>): Promise<Result<number>>;
  /** Seq of the newest durable row; 0 when there was none. */
  head(): number;
  stats(): Promise<Result<BufferStats>>;
  /** That rows of it could not be read, now or before; null when none was found. */
  damage(): Fault | null;
  /** Resolves when the buffer has ended: null when closed, the reason when its thread died. */
  readonly ended: Promise<Fault | null>;
  /** Waits for what was appended, then lets go of the file. */
  close(): Promise<void>;
}
