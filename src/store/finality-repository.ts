/** Decisions that operations are final: one standing for each operation, all of them kept. */
import { toJson, withExactNumbers } from "../base/json.ts";
import type { Tx } from "../flows/ports.ts";
import { finalityStates, type DecidedBy, type Finality } from "../record/finality.ts";
import { at, int, text, textOrNull, when, whenOrNull, type Query, type Row } from "./connection.ts";
import { projectProgress } from "./view/order-projection.ts";

type FinalityRepository = Tx["finalities"];

const columns = `f.id, f.request, f.segment, f.number, f.state, f.covers, f.decided_at, f.decided_by, f.posting, f.reopened_at,
  f.reopened_by, f.reversal, f.version`;

export function finalityRepository(query: Query): FinalityRepository {
  return {
    async standing(request) {
      const rows = await query.run(
        "finality.standing",
        `select ${columns} from finality f where f.request = $1 and f.state <> 'reopened' order by f.segment`,
        [request],
      );
      return rows.map(finalityOf);
    },

    async history(request, segment) {
      const rows = await query.run(
        "finality.history",
        `select ${columns} from finality f where f.request = $1 and f.segment = $2 order by f.number`,
        [request, segment],
      );
      return rows.map(finalityOf);
    },

    insert: (finality) => insert(query, finality),

    async save(finality) {
      const rows = await query.run(
        "finality.save",
        `update finality set state = $3, reopened_at = $4, reopened_by = $5, reversal = $6, version = version + 1
         where id = $1 and version = $2 returning id`,
        [
          finality.id,
          finality.version,
          finality.state,
          at(finality.reopenedAt),
          finality.reopenedBy && toJson(finality.reopenedBy),
          finality.reversal,
        ],
      );
      if (rows.length !== 1) throw new Error(`The decision ${finality.id} was changed by somebody else meanwhile.`);
      projectProgress(query, finality.request);
    },

    async reopening(erp) {
      const rows = await query.run(
        "finality.reopening",
        `select ${columns} from finality f join operations_request r on r.id = f.request
         where f.state = 'reopening' and r.erp = $1 order by f.decided_at, f.id`,
        [erp],
      );
      return rows.map(finalityOf);
    },

    made: (...asked) => made(query, ...asked),
  };
}

async function insert(query: Query, finality: Finality): Promise<void> {
  await query.run(
    "finality.insert",
    `insert into finality (id, request, segment, number, state, covers, decided_at, decided_by, posting)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      finality.id,
      finality.request,
      finality.segment,
      finality.number,
      finality.state,
      finality.covers,
      at(finality.decidedAt),
      toJson(finality.decidedBy),
      finality.posting,
    ],
  );
  projectProgress(query, finality.request);
}

/** Parts of millionths add up to whole ones; nine decimals of them tell more from less. */
const goodPart =
  "coalesce((j.count_parts #>> '{good,numerator}')::numeric / (j.count_parts #>> '{good,denominator}')::numeric, 0)";

async function made(
  query: Query,
  ...[erp, before, limit, { request, except = [] } = {}]: Parameters<FinalityRepository["made"]>
): ReturnType<FinalityRepository["made"]> {
  const rows = await query.run(
    "finality.made",
    `select j.request, j.segment from job_order j join operations_request r on r.id = j.request
     where r.erp = $1 and ($4::text is null or r.id = $4) and r.state not in ('Cancelled', 'Closed', 'Aborted')
     and (j.request, j.segment) not in (select x.request, x.segment from unnest($5::text[], $6::text[]) as x (request, segment))
     and (j.request, j.segment) in
       (select m.request, m.segment from job_order m where m.runs_ended > 0 and m.state in ('waiting', 'ready', 'held'))
     and not exists (select 1 from finality f where f.request = j.request and f.state <> 'reopened' and j.segment = any (f.covers))
     group by j.request, j.segment
     having coalesce(floor(round(sum(j.good_micro + ${goodPart}) filter (where j.state not in ('cancelled', 'aborted')), 9)), 0)
         >= coalesce(sum(j.quantity_micro) filter (where j.state not in ('cancelled', 'aborted')), 0)
       and bool_and(j.state <> 'running')
       and not exists (select 1 from run u where u.job_order = any (array_agg(j.id)) and u.ended_at is null)
       and not exists (select 1 from run u where u.job_order = any (array_agg(j.id)) and u.ended_at > $2)
       and not exists (select 1 from run u join fact t on t.run = u.id where u.job_order = any (array_agg(j.id)) and t.recorded_at > $2)
     order by j.request, j.segment limit $3`,
    [erp, at(before), limit, request ?? null, except.map((one) => one.request), except.map((one) => one.segment)],
  );
  return rows.map((row) => ({ request: text(row["request"]), segment: text(row["segment"]) }));
}

function finalityOf(row: Row): Finality {
  const state = finalityStates.find((known) => known === row["state"]);
  if (!state)
    throw new Error(
      `The database holds the decision state "${String(row["state"])}", which this program does not know.`,
    );
  return {
    id: text(row["id"]),
    request: text(row["request"]),
    segment: text(row["segment"]),
    number: int(row["number"]),
    state,
    // The column is text[].
    covers: row["covers"] as readonly string[],
    decidedAt: when(row["decided_at"]),
    decidedBy: withExactNumbers<DecidedBy>(row["decided_by"]),
    posting: textOrNull(row["posting"]),
    reopenedAt: whenOrNull(row["reopened_at"]),
    reopenedBy: withExactNumbers<DecidedBy | null>(row["reopened_by"]),
    reversal: textOrNull(row["reversal"]),
    version: int(row["version"]),
  };
}
