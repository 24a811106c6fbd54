/**
 * What the buffer and its worker thread say to each other. The worker answers every request once, in order.
 * No SQL here and no policy: see `buffer-worker.ts` and `buffer.ts`.
 */

export interface OpenRequest {
  readonly kind: "open";
  readonly file: string;
  /** Id for a file that has none yet. */
  readonly freshId: string;
  /** Largest size of the file; null leaves it to the disk. */
  readonly bytesMax: number | null;
  /** When more than this is used, rows of sources that are held are refused: the rest is for the others. */
  readonly heldBytesMax: number;
  /** Files up to this size are read through for damage before they are used. */
  readonly checkBytesMax: number;
}

/** One row to be, or none and only items that are known from now on. */
export interface Entry {
  readonly source: string;
  readonly row: RowValues | null;
  readonly through: ThroughChange | null;
  /** State of the source's gap after this entry; undefined leaves it. */
  readonly gap: string | null | undefined;
  /** Items of the source whose beginning is durable. */
  readonly items: readonly string[];
}

export interface RowValues {
  readonly fromAt: number;
  readonly toAt: number;
  readonly receivedAt: number;
  readonly samples: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface ThroughChange {
  readonly at: number;
  /** `forward` keeps the later time, `exact` may also go back. */
  readonly how: "forward" | "exact";
}

export interface CommitRequest {
  readonly kind: "commit";
  readonly entries: readonly Entry[];
}

export interface ReadRequest {
  readonly kind: "read";
  readonly after: number;
  /** Null reads every source. */
  readonly sources: readonly string[] | null;
  readonly samplesMax: number;
}

/**
 * Remembers what is committed elsewhere and deletes a few of those rows that were received before `before`. That of sources
 * that are held is remembered as long as the file is open.
 */
export interface ReleaseRequest {
  readonly kind: "release";
  /** Rows up to here are committed, but those of sources that are held. */
  readonly upto: number;
  /** Of each source that is held the row up to which it is committed. */
  readonly held: ReadonlyMap<string, number>;
  readonly before: number;
  /** What was received from then on was so by a clock that was ahead: it is deleted as well. */
  readonly ahead: number;
  readonly rowsMax: number;
}

export interface StatsRequest {
  readonly kind: "stats";
}

export interface CloseRequest {
  readonly kind: "close";
}

export type BufferRequest = OpenRequest | CommitRequest | ReadRequest | ReleaseRequest | StatsRequest | CloseRequest;

export interface StoredSource {
  readonly name: string;
  readonly at: number | null;
  readonly seq: number;
  /** JSON of the open GapMark, or null. */
  readonly gap: string | null;
}

export interface Opened {
  readonly id: string;
  /** Rows of it could not be read before. */
  readonly isDamaged: boolean;
  readonly head: number;
  readonly released: number;
  readonly sources: readonly StoredSource[];
  readonly items: readonly { readonly source: string; readonly path: string }[];
}

export interface Committed {
  /** One per entry; 0 for an entry without a row; null for one that was refused, because its source is held. */
  readonly seqs: readonly (number | null)[];
  /** The sources of the entries, as they stand now. */
  readonly sources: readonly StoredSource[];
  /** Rows that were committed elsewhere and had to go before their time, because the file was full. */
  readonly sacrificed: number;
}

export interface StoredRow {
  readonly seq: number;
  readonly source: string;
  readonly fromAt: number;
  readonly toAt: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Rows of which nothing can be read, not even whose they were: each source may have lost something. */
export interface LostRows {
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  readonly sources: readonly string[];
  /** When the rows around them were received; null where there is none that can be read. */
  readonly afterAt: number | null;
  readonly beforeAt: number | null;
}

export interface ReadRows {
  readonly rows: readonly StoredRow[];
  /** They stand before the rows. */
  readonly lost: LostRows | null;
  /** Everything up to this row was looked at. */
  readonly through: number;
}

export interface ReleasedRows {
  readonly deleted: number;
  /** More rows are old enough. */
  readonly more: boolean;
}

export interface StoredStats {
  readonly rows: number;
  readonly samples: number;
  readonly bytes: number;
  readonly released: number;
  /** When the oldest row that is not released was received; null when all are. */
  readonly oldestUnreleasedAt: number | null;
}

/** What went wrong inside SQLite or the file system: its result code and words. */
export interface StorageError {
  readonly code: number;
  readonly message: string;
}

export interface Answers {
  readonly open: Opened;
  readonly commit: Committed;
  readonly read: ReadRows;
  readonly release: ReleasedRows;
  readonly stats: StoredStats;
  readonly close: null;
}

export type BufferAnswer<K extends keyof Answers = keyof Answers> =
  | { readonly ok: true; readonly value: Answers[K] }
  | { readonly ok: false; readonly error: StorageError };
