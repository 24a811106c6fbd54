/** Collectors: cursors, checkpoints and kept samples. */
import type { Sample } from "../record/sample.ts";
import { decodeBatch, encodeBatch, isKept, type KeptLink } from "../record/sample-batch.ts";
import { instant, type Instant } from "../base/instant.ts";
import { toJson } from "../base/json.ts";
import type {
  CollectorCursor,
  CollectorRepository,
  CursorMove,
  KeptBatch,
  TimeSpan,
} from "../flows/collector-ports.ts";
import { at, int, text, whenOrNull, type Query, type Row } from "./connection.ts";
import { keptOf } from "./kept-row.ts";
import { ifReadable, trying } from "./readable.ts";
import { readableBatches, readableCheckpoints } from "./salvage.ts";

const columns = "buffer, seq, ordinal, kept, position, stated, version";

export function collectorRepository(query: Query): CollectorRepository {
  return {
    async lock(sources) {
      // In one order for everybody who locks several.
      const text = `select source, ${columns} from collector where source = any($1) order by source for update`;
      return cursorsOf(await query.run("collector.lock", text, [sources]));
    },

    async cursors() {
      return cursorsOf(await query.run("collector.cursors", `select source, ${columns} from collector`));
    },

    async timedSince(source) {
      const asked = "select timed_since from collector where source = $1";
      const [row] = await query.run("collector.timed-since", asked, [source]);
      return row ? whenOrNull(row["timed_since"]) : null;
    },

    advance: (moves) => advance(query, moves),

    async checkpoint(source) {
      const [row] = await query.run(
        "collector.checkpoint",
        "select ordinal, map, state from collector_checkpoint where source = $1",
        [source],
      );
      return row ? { ordinal: int(row["ordinal"]), map: text(row["map"]), state: row["state"] } : null;
    },

    async checkpointOrdinal(source) {
      const [row] = await query.run(
        "collector.checkpoint-ordinal",
        "select ordinal from collector_checkpoint where source = $1",
        [source],
      );
      return row ? int(row["ordinal"]) : 0;
    },

    async saveCheckpoint(source, checkpoint, takenAt) {
      query.post(
        "collector.save-checkpoint",
        `insert into collector_checkpoint (source, ordinal, map, state, taken_at) values ($1, $2, $3, $4, $5)
         on conflict (source) do update set ordinal = $2, map = $3, state = $4, taken_at = $5`,
        [source, checkpoint.ordinal, checkpoint.map, toJson(checkpoint.state), at(takenAt)],
      );
      // The last one of each day stays: where a replay can begin.
      query.post(
        "collector.save-day",
        `insert into collector_day (source, day, ordinal, map, state, position)
         select $1, (p at time zone 'UTC')::date, $2, $3, $4, p
         from (select to_timestamp(($4::jsonb ->> 'position')::numeric / 1000) as p) held where p is not null
         on conflict (source, day) do update set ordinal = $2, map = $3, state = $4, position = excluded.position
         where collector_day.position <= excluded.position`,
        [source, checkpoint.ordinal, checkpoint.map, toJson(checkpoint.state)],
      );
    },

    keepBatches: (batches, recordedAt) => keepBatches(query, batches, recordedAt),

    batchesAfter: (source, ordinal) => batchesAfter(query, source, ordinal),
    trying: (work) => trying(query, "collector.trying", work),
    readableCheckpoints: (source) => readableCheckpoints(query, source),
    readableBatches: (source, after, upto) => readableBatches(query, source, after, upto),
    samplesAround: (source, spans, look) => samplesAround(query, source, spans, look),
    setAside: (source, samples, recordedAt) => setAside(query, source, samples, recordedAt),
  };
}

async function advance(query: Query, moves: readonly CursorMove[]): Promise<boolean> {
  const moved = await moveOn(
    query,
    moves.filter(({ from }) => from !== null),
  );
  const begun = await begin(
    query,
    moves.filter(({ from }) => from === null),
  );
  return moved + begun === moves.length;
}

async function moveOn(query: Query, moves: readonly CursorMove[]): Promise<number> {
  if (moves.length === 0) return 0;
  const moved = await query.run(
    "collector.advance",
    `update collector c set buffer = m.buffer, seq = m.seq, ordinal = m.ordinal, kept = m.kept,
     position = greatest(c.position, m.position), stated = m.stated, version = c.version + 1
     from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::timestamptz[], $7::text[], $8::bigint[])
       as m (source, buffer, seq, ordinal, kept, position, stated, version)
     where c.source = m.source and c.version = m.version returning c.source`,
    [...placesOf(moves), moves.map(({ from }) => from?.version ?? null)],
  );
  return moved.length;
}

async function begin(query: Query, moves: readonly CursorMove[]): Promise<number> {
  if (moves.length === 0) return 0;
  const begun = await query.run(
    "collector.begin",
    `insert into collector (source, buffer, seq, ordinal, kept, position, stated)
     select * from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::timestamptz[], $7::text[])
     on conflict do nothing returning source`,
    placesOf(moves),
  );
  return begun.length;
}

function placesOf(moves: readonly CursorMove[]): readonly unknown[] {
  return [
    moves.map(({ source }) => source),
    moves.map(({ to }) => to.buffer),
    moves.map(({ to }) => to.seq),
    moves.map(({ to }) => to.ordinal),
    moves.map(({ to }) => to.kept),
    moves.map(({ to }) => at(to.position)),
    moves.map(({ to }) => to.stated),
  ];
}

async function keepBatches(
  query: Query,
  ...[batches, recordedAt]: Parameters<CollectorRepository["keepBatches"]>
): Promise<void> {
  const filled = batches.filter(({ batch }) => isKept(batch));
  if (filled.length === 0) return;
  const times = filled.map(({ batch: { samples, gaps } }) => span(samples.length > 0 ? samples : gaps));
  query.post(
    "collector.keep-batches",
    `insert into sample_batch (recorded_on, source, ordinal, follows, from_at, to_at, samples, bytes)
     select ($1::timestamptz at time zone 'UTC')::date, s, o, p, f, t, n, b
     from unnest($2::text[], $3::bigint[], $4::bigint[], $5::timestamptz[], $6::timestamptz[], $7::integer[], $8::bytea[]) as u (s, o, p, f, t, n, b)`,
    [
      at(recordedAt),
      filled.map(({ batch }) => batch.source),
      filled.map(({ ordinal }) => ordinal),
      filled.map(({ follows }) => follows),
      times.map((t) => at(t.from)),
      times.map((t) => at(t.to)),
      filled.map(({ batch }) => batch.samples.length),
      filled.map(({ batch }) => Buffer.from(encodeBatch(batch))),
    ],
  );
}

async function batchesAfter(query: Query, source: string, ordinal: number): Promise<readonly (KeptBatch & KeptLink)[]> {
  const rows = await query.run(
    "collector.batches-after",
    "select ordinal, follows, bytes from sample_batch where source = $1 and ordinal > $2 order by ordinal",
    [source, ordinal],
  );
  return rows.map((row) => keptOf(row, source));
}

/** So many batches are held at once: each has up to two thousand samples. */
const batchesAtOnce = 64;

/** What is damaged tells nothing of what was kept before. */
async function samplesAround(
  query: Query,
  ...[source, spans, look]: Parameters<CollectorRepository["samplesAround"]>
): Promise<void> {
  if (spans.length === 0) return;
  await ifReadable(query, "collector.around", () => lookAround(query, source, spans, look));
}

async function lookAround(
  query: Query,
  ...[source, spans, look]: Parameters<CollectorRepository["samplesAround"]>
): Promise<void> {
  // Kept on the day it came, which is not long before it happened.
  const found = await query.run(
    "collector.batches-around",
    `select b.recorded_on::text as day, b.ordinal
     from (select range_agg(tstzrange(f, t, '[]')) as all_of, min(f) as first, max(t) as last
       from unnest($2::timestamptz[], $3::timestamptz[]) as u (f, t)) around
     join sample_batch b on b.source = $1 and b.from_at <= around.last and b.to_at >= around.first
       and tstzrange(b.from_at, b.to_at, '[]') && around.all_of
     where b.recorded_on >= ($4::timestamptz at time zone 'UTC' - interval '1 day')::date order by b.ordinal`,
    [source, spans.map(({ from }) => at(from)), spans.map(({ to }) => at(to)), at(firstOf(spans))],
  );
  for (let from = 0; from < found.length; from += batchesAtOnce) {
    const part = found.slice(from, from + batchesAtOnce);
    const rows = await query.run(
      "collector.samples-around",
      `select b.bytes from unnest($2::date[], $3::bigint[]) as u (day, ordinal)
       join sample_batch b on b.source = $1 and b.ordinal = u.ordinal and b.recorded_on = u.day`,
      [source, part.map((row) => text(row["day"])), part.map((row) => int(row["ordinal"]))],
    );
    for (const row of rows) {
      // The column is bytea.
      const read = decodeBatch(row["bytes"] as Uint8Array);
      if (read.ok && !look(read.value.samples)) return;
    }
  }
}

function firstOf(spans: readonly TimeSpan[]): Instant {
  return instant(spans.reduce((first, { from }) => Math.min(first, from), Number.POSITIVE_INFINITY));
}

async function setAside(
  query: Query,
  ...[source, samples, recordedAt]: Parameters<CollectorRepository["setAside"]>
): Promise<void> {
  if (samples.length === 0) return;
  query.post(
    "collector.set-aside",
    `insert into sample_set_aside (id, source, item, at, why, recorded_at)
     select i, $1, p, a, w, $6 from unnest($2::text[], $3::text[], $4::timestamptz[], $5::text[]) as u (i, p, a, w)
     on conflict (id) do nothing`,
    [
      source,
      samples.map((s) => s.sample.id),
      samples.map((s) => s.sample.item),
      samples.map((s) => at(s.sample.at)),
      samples.map((s) => s.why),
      at(recordedAt),
    ],
  );
}

function cursorsOf(rows: readonly Row[]): ReadonlyMap<string, CollectorCursor> {
  return new Map(rows.map((row) => [text(row["source"]), cursorOf(row)]));
}

function cursorOf(row: Row): CollectorCursor {
  return {
    buffer: text(row["buffer"]),
    seq: int(row["seq"]),
    ordinal: int(row["ordinal"]),
    kept: row["kept"] === null ? null : int(row["kept"]),
    position: whenOrNull(row["position"]),
    stated: text(row["stated"]),
    version: int(row["version"]),
  };
}

function span(samples: readonly Pick<Sample, "at">[]): { from: Sample["at"]; to: Sample["at"] } {
  let from = samples[0]?.at;
  let to = from;
  for (const { at: time } of samples) {
    if (from === undefined || time < from) from = time;
    if (to === undefined || time > to) to = time;
  }
  if (from === undefined || to === undefined) throw new Error("An empty batch has no time span.");
  return { from, to };
}
