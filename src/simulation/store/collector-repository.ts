/** Collectors: cursors, checkpoints and kept samples; see `store/collector-repository`. */
import { fromJson, toJson } from "../../base/json.ts";
import { instant, type Instant } from "../../base/instant.ts";
import type {
  CollectorCursor,
  CollectorRepository,
  CursorMove,
  KeptBatch,
  KeptCheckpoint,
  TimeSpan,
} from "../../flows/collector-ports.ts";
import type { Sample } from "../../record/sample.ts";
import { isDamage } from "../../record/damage.ts";
import { decodeBatch, encodeBatch, isKept, type BatchContent, type KeptLink } from "../../record/sample-batch.ts";
import { UnreadableColumn } from "../../store/connection.ts";
import type { Query } from "./database.ts";
import { collector, collectorCheckpoint, sampleBatch, sampleSetAside } from "./schema/shop-floor.ts";
import type { Seen, TableOf } from "./table.ts";
import type { Statement } from "./transaction.ts";

export function collectorRepository(query: Query): CollectorRepository {
  return {
    lock: (sources) =>
      query.run(async (s) => {
        const cursors = new Map<string, CollectorCursor>();
        for (const source of [...sources].toSorted()) {
          const row = await s.lock(collector, source, "update");
          if (row) cursors.set(source, cursorOf(row));
        }
        return cursors;
      }),

    // Only a database that an older version has begun knows identities without a time.
    timedSince: () => Promise.resolve(null),

    cursors: () => query.run((s) => new Map(s.all(collector).map((row) => [row.source, cursorOf(row)]))),

    advance: (moves) => query.run((s) => advanceAll(s, moves)),

    checkpoint: (source) => query.run((s) => checkpointOf(s, source)),

    checkpointOrdinal: (source) => query.run((s) => s.get(collectorCheckpoint, source)?.ordinal ?? 0),

    async saveCheckpoint(source, { ordinal, map, state }, takenAt) {
      query.post(async (s) => {
        const row = { source, ordinal, map, state: toJson(state), taken_at: takenAt };
        if (await s.insertOrFind(collectorCheckpoint, row)) await s.update(collectorCheckpoint, source, () => row);
      });
    },

    keepBatches: async (batches, recordedAt) => keepBatches(query, batches, recordedAt),

    // Read here: what cannot be read is no failure of the statement.
    batchesAfter: async (source, ordinal) => (await rowsAfter(query, source, ordinal)).map(keptOf),

    // A statement fails of nothing that is damaged: the transaction goes on as it was.
    trying: (work) => work(),
    readableCheckpoints: (source) =>
      query.run((s) => {
        const kept = checkpointOf(s, source);
        return kept ? [kept] : [];
      }),
    readableBatches: async (source, after, upto) =>
      (await rowsAfter(query, source, after))
        .filter(({ ordinal }) => ordinal <= upto)
        .flatMap((row) => ifReadable(row) ?? []),

    samplesAround: (source, spans, look) => samplesAround(query, source, spans, look),

    async setAside(source, samples, recordedAt) {
      if (samples.length === 0) return;
      query.post(async (s) => {
        for (const { sample, why } of samples) {
          const { id, item, at } = sample;
          await s.insertOrFind(sampleSetAside, { id, source, item, at, why, recorded_at: recordedAt });
        }
      });
    },
  };
}

function checkpointOf(seen: Seen, source: string): KeptCheckpoint | null {
  const row = seen.get(collectorCheckpoint, source);
  return row ? { ordinal: row.ordinal, map: row.map, state: fromJson<unknown>(row.state) } : null;
}

function keepBatches(query: Query, ...[batches, recordedAt]: Parameters<CollectorRepository["keepBatches"]>): void {
  const filled = batches.filter(({ batch }) => isKept(batch));
  if (filled.length === 0) return;
  const day = new Date(recordedAt).toISOString().slice(0, 10);
  query.post(async (s) => {
    for (const { batch, ordinal, follows } of filled) {
      const { source, samples, gaps } = batch;
      await s.insert(sampleBatch, {
        recorded_on: day,
        source,
        ordinal,
        follows,
        ...spanOf(samples.length > 0 ? samples : gaps),
        samples: samples.length,
        bytes: encodeBatch(batch),
      });
    }
  });
}

async function advanceAll(s: Statement, moves: readonly CursorMove[]): Promise<boolean> {
  let moved = 0;
  for (const move of moves) if (await advance(s, move)) moved += 1;
  return moved === moves.length;
}

type BatchRow = typeof sampleBatch extends TableOf<infer R> ? R : never;

function rowsAfter(query: Query, source: string, ordinal: number): Promise<readonly BatchRow[]> {
  return query.run((s) => s.after(sampleBatch, "arrival", source, ordinal));
}

function keptOf({ ordinal, follows, bytes }: BatchRow): KeptBatch & KeptLink {
  const { samples, gaps, fromHistory } = contentOf(bytes);
  return { ordinal, follows, samples, gaps, ...(fromHistory && { fromHistory }) };
}

function ifReadable(row: BatchRow): (KeptBatch & KeptLink) | null {
  try {
    return keptOf(row);
  } catch (error) {
    if (!isDamage(error)) throw error;
    return null;
  }
}

async function samplesAround(
  query: Query,
  ...[source, spans, look]: Parameters<CollectorRepository["samplesAround"]>
): Promise<void> {
  const found = await query.run((s) => batchesAround(s, source, spans));
  for (const row of found) {
    const kept = ifReadable(row);
    if (kept && !look(kept.samples)) return;
  }
}

function batchesAround(seen: Seen, source: string, spans: readonly TimeSpan[]): readonly BatchRow[] {
  const apart = joined(spans);
  const [earliest] = apart;
  if (!earliest) return [];
  const isAround = (row: { readonly from_at: Instant; readonly to_at: Instant }): boolean => {
    // The first that does not end before it: those after that begin later still.
    let low = 0;
    for (let high = apart.length; low < high;) {
      const middle = (low + high) >> 1;
      if ((apart[middle]?.to ?? 0) < row.from_at) low = middle + 1;
      else high = middle;
    }
    const first = apart[low];
    return first !== undefined && first.from <= row.to_at;
  };
  return seen
    .after(sampleBatch, "end", source, earliest.from - 1)
    .filter(isAround)
    .toSorted((a, b) => a.ordinal - b.ordinal);
}

/** The same times as spans that do not meet, in order. */
function joined(spans: readonly TimeSpan[]): readonly TimeSpan[] {
  const apart: { from: Instant; to: Instant }[] = [];
  for (const { from, to } of spans.toSorted((a, b) => a.from - b.from)) {
    const last = apart.at(-1);
    if (!last || from > last.to) apart.push({ from, to });
    else if (to > last.to) last.to = to;
  }
  return apart;
}

const contents = new WeakMap<Uint8Array, BatchContent>();

/**
 * What bytes of a row say, read once: neither ever changes; damaged bytes are others. What was read from a machine's history
 * spans hours, and what is told anew is looked for in it by each turn.
 */
function contentOf(bytes: Uint8Array): BatchContent {
  const known = contents.get(bytes);
  if (known) return known;
  const read = decodeBatch(bytes);
  if (!read.ok) throw new UnreadableColumn(read.fault.message, { cause: read.fault });
  contents.set(bytes, read.value);
  return read.value;
}

function spanOf(samples: readonly Pick<Sample, "at">[]): { from_at: Instant; to_at: Instant } {
  const times = samples.map(({ at }) => at);
  return { from_at: instant(Math.min(...times)), to_at: instant(Math.max(...times)) };
}

async function advance(s: Statement, { source, from, to }: CursorMove): Promise<boolean> {
  if (from === null) return (await s.insertOrFind(collector, { source, ...to, version: 0 })) === null;
  const moved = await s.update(collector, source, (row) =>
    row.version === from.version
      ? { ...to, position: later(row.position, to.position), version: row.version + 1 }
      : null,
  );
  return moved !== null;
}

function later<T extends number>(a: T | null, b: T | null): T | null {
  if (a === null || b === null) return a ?? b;
  return a > b ? a : b;
}

function cursorOf({ buffer, seq, ordinal, kept, position, stated, version }: CollectorCursor): CollectorCursor {
  return { buffer, seq, ordinal, kept, position, stated, version };
}
