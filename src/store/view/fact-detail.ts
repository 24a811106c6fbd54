/** One fact with everything that follows from it, and the samples it was read out of. */
import { instant, type Instant } from "../../base/instant.ts";
import { decodeBatch } from "../../record/sample-batch.ts";
import { sampleId, type Sample, type SampleReference } from "../../record/sample.ts";
import type { Evidence, FactDetail } from "../../flows/view/evidence-view.ts";
import { at, text, textOrNull, when, type Query } from "../connection.ts";
import { factColumns, factOf } from "../fact-repository.ts";
import { movementColumns, movementOf } from "../ledger-repository.ts";
import { postingKindOf, postingStateOf } from "../posting-repository.ts";

export async function factDetail(query: Query, id: string): Promise<FactDetail | null> {
  const [row] = await query.run(
    "evidence.fact",
    `select ${factColumns}, recorded_at,
     (select j.request from run r join job_order j on j.id = r.job_order where r.id = fact.run) as request
     from fact where id = $1`,
    [id],
  );
  if (!row) return null;
  const fact = factOf(row);
  const recordedAt = when(row["recorded_at"]);
  const postings = await query.run(
    "evidence.fact-postings",
    "select p.id, p.kind, p.state from posting_line l join posting p on p.id = l.posting where l.fact = $1 order by p.ordinal",
    [id],
  );
  const movements = await query.run(
    "evidence.fact-movements",
    `select ${movementColumns} from movement where fact = $1 order by id`,
    [id],
  );
  return {
    fact,
    recordedAt,
    request: textOrNull(row["request"]),
    postings: postings.map((p) => ({
      id: text(p["id"]),
      kind: postingKindOf(p["kind"]),
      state: postingStateOf(p["state"]),
    })),
    movements: movements.map(movementOf),
    evidence: await evidenceOf(query, fact.source, fact.evidence, recordedAt),
  };
}

/** Batches that are looked through for one time. */
const batchesMax = 200;
const dayMs = 86_400_000;

async function evidenceOf(
  query: Query,
  source: string,
  references: readonly SampleReference[],
  recordedAt: Instant,
): Promise<readonly Evidence[]> {
  const found = new Map<string, Sample>();
  for (const time of new Set(references.map((reference) => reference.at))) {
    const wanted = new Set(references.filter((r) => r.at === time).map((r) => r.id));
    // Kept on the day it came, which is not long before it happened and not after the fact was recorded.
    const rows = await query.run(
      "evidence.batches",
      `select bytes from (
         select bytes, to_at from sample_batch where source = $1 and from_at <= $2
         and recorded_on between ($3::timestamptz at time zone 'UTC')::date and ($4::timestamptz at time zone 'UTC')::date
         order by from_at desc limit $5) near where to_at >= $2`,
      [source, at(time), at(instant(time - dayMs)), at(recordedAt), batchesMax],
    );
    for (const row of rows) {
      // The column is bytea.
      const batch = decodeBatch(row["bytes"] as Uint8Array);
      for (const sample of batch.ok ? batch.value.samples : []) {
        if (sample.at !== time) continue;
        // As it is named now, or by an older version.
        const names = [sampleId(source, sample), sampleId(source, sample, instant(time + 1))];
        for (const id of names) if (wanted.has(id)) found.set(id, sample);
      }
    }
  }
  return references.map((reference) => ({ reference, sample: found.get(reference.id) ?? null }));
}
