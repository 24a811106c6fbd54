/** What collection asks of the store: cursors, checkpoints and kept samples. */
import type { Instant } from "../base/instant.ts";
import type { Sample, SampleReference } from "../record/sample.ts";
import type { KeptLink, SampleBatch } from "../record/sample-batch.ts";

/** How far a source has been read. */
export interface CollectorCursor {
  readonly buffer: string;
  readonly seq: number;
  /** Place of its last batch among all that it has ever sent, through whatever buffers: the first one has 1, the next one 1 more. */
  readonly ordinal: number;
  /** Place of the last batch that is kept, since those that say nothing are not; 0: none; null: it was kept before that was noted. */
  readonly kept: number | null;
  readonly position: Instant | null;
  /** Names all that was stated of it, and the answers that it is read with (`statedWith`): a chain; empty before the first. */
  readonly stated: string;
  readonly version: number;
}

/** `from` is null for a source that was never read. */
export interface CursorMove {
  readonly source: string;
  readonly from: CollectorCursor | null;
  readonly to: Omit<CollectorCursor, "version">;
}

export interface KeptCheckpoint {
  /** Place in the stream of kept batches, see `CollectorCursor`. */
  readonly ordinal: number;
  readonly map: string;
  /** JSON of a CollectorState. */
  readonly state: unknown;
}

export interface KeptBatch extends Pick<SampleBatch, "samples" | "gaps" | "fromHistory"> {
  /** Its place in the stream, see `CollectorCursor`. */
  readonly ordinal: number;
}

/** Both ends are part of it. */
export interface TimeSpan {
  readonly from: Instant;
  readonly to: Instant;
}

export interface CollectorRepository {
  /** The cursors of these sources, locked until the transaction ends; none for a source that was never read. */
  lock(sources: readonly string[]): Promise<ReadonlyMap<string, CollectorCursor>>;
  /** Moves cursors on. @returns false when another worker has moved one meanwhile: nothing of this may commit */
  advance(moves: readonly CursorMove[]): Promise<boolean>;
  cursors(): Promise<ReadonlyMap<string, CollectorCursor>>;
  /** From which source time on identities of its samples have a time (`sampleId`); null: always. */
  timedSince(source: string): Promise<Instant | null>;
  checkpoint(source: string): Promise<KeptCheckpoint | null>;
  /** The ordinal of the checkpoint alone; 0 when there is none. */
  checkpointOrdinal(source: string): Promise<number>;
  saveCheckpoint(source: string, checkpoint: KeptCheckpoint, at: Instant): Promise<void>;
  keepBatches(batches: readonly (KeptLink & { readonly batch: SampleBatch })[], at: Instant): Promise<void>;
  /** Kept batches after `ordinal`, in order of arrival. */
  batchesAfter(source: string, ordinal: number): Promise<readonly (KeptBatch & KeptLink)[]>;
  /** Within: what fails leaves the transaction as it was before, and is thrown. */
  trying<T>(work: () => Promise<T>): Promise<T>;
  /** The checkpoint, and the last ones of some days before, as far as they can be read; the newest first. */
  readableCheckpoints(source: string): Promise<readonly KeptCheckpoint[]>;
  /** Kept batches after `ordinal` that can be read, and up to `upto`, in order of arrival. */
  readableBatches(source: string, after: number, upto: number): Promise<readonly (KeptBatch & KeptLink)[]>;
  /**
   * Shows the batches that reach into one of these spans of source time, each once; not those that were kept more than a day
   * before the first of them, nor those that cannot be read.
   *
   * @param look  false: it has seen enough
   */
  samplesAround(
    source: string,
    spans: readonly TimeSpan[],
    look: (samples: readonly Sample[]) => boolean,
  ): Promise<void>;
  setAside(
    source: string,
    samples: readonly { readonly sample: SampleReference; readonly why: string }[],
    at: Instant,
  ): Promise<void>;
}
