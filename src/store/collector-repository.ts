/** Collectors: cursors, checkpoints and kept samples. */
import type { Sample } from "../record/sample.ts";
import { decodeBatch, encodeBatch } from "../record/sample-batch.ts";
import { unwrap } from "../base/result.ts";
import { toJson } from "../base/json.ts";
import type { CollectorRepository } from "../flows/ports.ts";
import { at, int, text, type Query } from "./connection.ts";

export function collectorRepository(query: Query): CollectorRepository {
  return {
    async lock(source) {
      const [row] = await query.run(
        "collector.lock",
        "select buffer, seq, version from collector where source = $1 for update",
        [source],
      );
      return row ? { buffer: text(row["buffer"]), seq: int(row["seq"]), version: int(row["version"]) } : null;
    },

    async advance(source, from, to) {
      const values = [source, to.buffer, to.seq, at(to.position)];
      const rows = from
        ? await query.run(
            "collector.advance",
            `update collector set buffer = $2, seq = $3, position = greatest(position, $4::timestamptz), version = version + 1
             where source = $1 and version = $5 returning source`,
            [...values, from.version],
          )
        : await query.run(
            "collector.begin",
            "insert into collector (source, buffer, seq, position) values ($1, $2, $3, $4) on conflict do nothing returning source",
            values,
          );
      return rows.length === 1;
    },

    async checkpoint(source) {
      const [row] = await query.run(
        "collector.checkpoint",
        "select buffer, seq, map, state from collector_checkpoint where source = $1",
        [source],
      );
      return row ? { buffer: text(row["buffer"]), seq: int(row["seq"]), map: text(row["map"]), state: row["state"] } : null;
    },

    async saveCheckpoint(source, checkpoint, takenAt) {
      await query.run(
        "collector.save-checkpoint",
        `insert into collector_checkpoint (source, buffer, seq, map, state, taken_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (source) do update set buffer = $2, seq = $3, map = $4, state = $5, taken_at = $6`,
        [source, checkpoint.buffer, checkpoint.seq, checkpoint.map, toJson(checkpoint.state), at(takenAt)],
      );
    },

    async keepBatches(batches, buffer, recordedAt) {
      const filled = batches.filter((batch) => batch.samples.length > 0);
      if (filled.length === 0) return;
      const times = filled.map((batch) => span(batch.samples));
      await query.run(
        "collector.keep-batches",
        `insert into sample_batch (recorded_on, source, buffer, seq, from_at, to_at, samples, bytes)
         select ($1::timestamptz at time zone 'UTC')::date, s, $2, q, f, t, n, b
         from unnest($3::text[], $4::bigint[], $5::timestamptz[], $6::timestamptz[], $7::integer[], $8::bytea[]) as u (s, q, f, t, n, b)`,
        [
          at(recordedAt),
          buffer,
          filled.map((b) => b.source),
          filled.map((b) => b.seq),
          times.map((t) => at(t.from)),
          times.map((t) => at(t.to)),
          filled.map((b) => b.samples.length),
          filled.map((b) => Buffer.from(encodeBatch(b))),
        ],
      );
    },

    async samplesAfter(source, buffer, seq) {
      const rows = await query.run(
        "collector.samples-after",
        "select bytes from sample_batch where source = $1 and buffer = $2 and seq > $3 order by seq",
        [source, buffer, seq],
      );
      // The column is bytea.
      return rows.flatMap((row) => [...unwrap(decodeBatch(row["bytes"] as Uint8Array)).samples]);
    },

    async setAside(source, samples, recordedAt) {
      if (samples.length === 0) return;
      await query.run(
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
    },
  };
}

function span(samples: readonly Sample[]): { from: Sample["at"]; to: Sample["at"] } {
  let from = samples[0]?.at;
  let to = from;
  for (const { at: time } of samples) {
    if (from === undefined || time < from) from = time;
    if (to === undefined || time > to) to = time;
  }
  if (from === undefined || to === undefined) throw new Error("An empty batch has no time span.");
  return { from, to };
}

