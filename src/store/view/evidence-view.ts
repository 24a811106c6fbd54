/** What stands behind an entry of a time line, read row by row down to the kept samples. */
import type { EvidenceView, FactOfRun, RunDetail } from "../../flows/view/evidence-view.ts";
import type { Fault } from "../../base/result.ts";
import { at, int, text, textOrNull, when, type Query } from "../connection.ts";
import { factColumns, factOf } from "../fact-repository.ts";
import { instructionColumns, instructionOf } from "../instruction-repository.ts";
import { heldRunColumns, runOf } from "../run-repository.ts";
import { runSums, sumKindOf } from "./floor-view.ts";
import { factDetail } from "./fact-detail.ts";
import { postingDetail } from "./posting-detail.ts";

export function evidenceView(query: Query): EvidenceView {
  return {
    run: (id) => runDetail(query, id),
    factsOfRun: (run, of, after, limit) => factsOfRun(query, run, of, after, limit),
    fact: (id) => factDetail(query, id),
    posting: (id) => postingDetail(query, id),

    async message(id) {
      const [row] = await query.run(
        "evidence.message",
        `select m.id, m.erp, m.number, m.media_type, m.received_at, m.bytes, m.verdict, m.fault,
         array(select r.request from order_row r where r.subject = m.erp || '/' || m.number) as requests
         from erp_message m where m.id = $1`,
        [id],
      );
      if (!row) return null;
      return {
        id: int(row["id"]),
        erp: text(row["erp"]),
        number: text(row["number"]),
        mediaType: text(row["media_type"]),
        receivedAt: when(row["received_at"]),
        // The columns are bytea, jsonb of a fault, and text[].
        bytes: row["bytes"] as Uint8Array,
        verdict: textOrNull(row["verdict"]),
        fault: row["fault"] as Pick<Fault, "code" | "message"> | null,
        requests: row["requests"] as readonly string[],
      };
    },

    async instruction(id) {
      const [row] = await query.run(
        "evidence.instruction",
        `select ${instructionColumns}, changed_at from instruction where id = $1`,
        [id],
      );
      return row ? { instruction: instructionOf(row), changedAt: when(row["changed_at"]) } : null;
    },
  };
}

async function runDetail(query: Query, id: string): Promise<RunDetail | null> {
  const [row] = await query.run("evidence.run", `select ${heldRunColumns} from run where id = $1`, [id]);
  if (!row) return null;
  const run = runOf(row);
  const [order] = await query.run(
    "evidence.run-order",
    `select j.request, j.segment, r.number from job_order j join operations_request r on r.id = j.request where j.id = $1`,
    [run.jobOrder],
  );
  return {
    run,
    order: order
      ? { request: text(order["request"]), number: text(order["number"]), segment: text(order["segment"]) }
      : null,
    sums: (await runSums(query, [id])).get(id) ?? [],
  };
}

/** What a fact of a run, or the one that it takes back, adds to a sum of `run_amount`. */
const whatOf = `case s.body ->> 'kind' when 'UnitsCounted' then s.body ->> 'grade'
  when 'MaterialConsumed' then case when f.rule !~ '^(corrected:)?bill:'
    and s.body ->> 'material' = any (array(select m.material from merely_counted m where m.run = $1)) then 'counted' else 'used' end
  when 'MaterialReturned' then 'used' when 'MaterialProduced' then 'produced' when 'EnergyUsed' then 'energy' end`;

async function factsOfRun(
  query: Query,
  ...[run, of, after, limit]: Parameters<EvidenceView["factsOfRun"]>
): Promise<readonly FactOfRun[]> {
  const rows = await query.run(
    "evidence.facts-of-run",
    `select ${factColumns}, recorded_at, what from (
       select f.*, ${whatOf} as what, s.body ->> 'material' as material, s.body #>> '{quantity,uom}' as uom
       from fact f, lateral (select case when f.kind = 'Corrected' then f.body -> 'was' else f.body end as body) s
       where f.run = $1 and ($2::timestamptz is null or f.event_at >= $2)) e
     where ($2::timestamptz is null or (event_at, id collate "C") > ($2, $3::text))
     and ($4::text is null or what = $4) and ($5::text is null or material = $5)
     and ($7::text is null or uom = $7) order by event_at, id collate "C" limit $6`,
    [run, at(after?.at ?? null), after?.id ?? null, of.what, of.material, limit, of.uom],
  );
  return rows.map((row) => ({
    fact: factOf(row),
    recordedAt: when(row["recorded_at"]),
    what: row["what"] === null ? null : sumKindOf(row["what"]),
  }));
}
