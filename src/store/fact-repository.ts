/** Facts: appended once, never changed; and which of them no posting speaks for yet. */
import { toJson, withExactNumbers } from "../base/json.ts";
import type { FactRepository } from "../flows/ports.ts";
import type { Fact } from "../record/fact.ts";
import type { OwedKind } from "../record/posting.ts";
import { projectFacts, type TouchedUnits } from "./view/fact-projection.ts";
import { at, exact, int, text, textOrNull, when, type Query, type Row } from "./connection.ts";

export const factColumns = "id, source, work_unit, run, event_at, rule, map_version, revision, said_by, evidence, body";

/** The facts that each kind of document speaks for; a correction belongs where the corrected statement belongs. */
export const spokenFor: Readonly<Record<OwedKind, string>> = {
  confirmation: "'UnitsCounted' in (kind, body #>> '{was,kind}')",
  "goods-receipt": `((kind = 'UnitsCounted' and body ->> 'grade' = 'good')
    or (body #>> '{was,kind}' = 'UnitsCounted' and body #>> '{was,grade}' = 'good'))`,
  "goods-issue": "'MaterialConsumed' in (kind, body #>> '{was,kind}')",
};

/** @param query  of one transaction */
export function factRepository(query: Query): FactRepository {
  const touched: TouchedUnits = new Map();
  return {
    append: (facts, recordedAt) => append(query, facts, recordedAt, touched),

    async after(source, position) {
      const rows = await query.run(
        "fact.after",
        `select ${factColumns} from fact where source = $1 and ($2::timestamptz is null or event_at > $2) order by event_at, id`,
        [source, at(position)],
      );
      return rows.map(factOf);
    },

    async owed(run, kind) {
      const rows = await query.run(`fact.owed.${kind}`, owedText(kind), [run]);
      return rows.map(factOf);
    },

    usedByBill: (runs) => usedByBill(query, runs),

    async standing(run) {
      const rows = await query.run(
        "fact.standing",
        `select ${factColumns} from fact f where run = $1 and kind <> 'Corrected'
         and not exists (select 1 from fact c where c.run = $1 and c.kind = 'Corrected' and c.body ->> 'corrects' = f.id)
         order by event_at, id`,
        [run],
      );
      return rows.map(factOf);
    },

    async leftByPeople(run) {
      const rows = await query.run(
        "fact.left-by-people",
        `with recursive line as (select id from run where heir = $1 union select r.id from run r join line on r.heir = line.id)
         select ${factColumns} from fact f where run = any (array (select id from line))
         and kind in ('UnitsCounted', 'MaterialConsumed') and source like 'manual:%'
         and not exists (select 1 from fact c where c.run = f.run and c.kind = 'Corrected' and c.body ->> 'corrects' = f.id)
         order by event_at, id`,
        [run],
      );
      return rows.map(factOf);
    },
  };
}

/**
 * Each fact is looked up among the lines, and each run among those in whose place others stand, one by one: there is at
 * most one row for each. As joins they were planned while the tables were small, and from then on each fact was compared
 * with all lines that there are: 21 ms of the database for a run after 1,600 runs, and 3 ms with this.
 */
const owedText = (kind: OwedKind): string =>
  `with recursive line as (
     select $1::text as id union select r.id from line, lateral (select id from run where heir = line.id offset 0) r)
   select ${factColumns} from fact f where run = any (array (select id from line)) and ${spokenFor[kind]}
   and (select l.fact from posting_line l where l.fact = f.id and l.kind = '${kind}' and l.active) is null
   order by event_at, id`;

async function append(
  query: Query,
  ...[facts, recordedAt, touched]: [...Parameters<FactRepository["append"]>, TouchedUnits]
): Promise<ReadonlySet<string>> {
  if (facts.length === 0) return new Set();
  const rows = await query.run(
    "fact.append",
    `insert into fact (id, source, work_unit, run, kind, event_at, recorded_at, rule, map_version, revision, said_by, evidence, body)
     select i, s, w, r, k, e, $1, u, m, v, sb::jsonb, ev::jsonb, b::jsonb
     from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::text[], $9::integer[],
                 $10::integer[], $11::text[], $12::text[], $13::text[]) as f (i, s, w, r, k, e, u, m, v, sb, ev, b)
     on conflict (id) do nothing returning id`,
    [
      at(recordedAt),
      facts.map((f) => f.id),
      facts.map((f) => f.source),
      facts.map((f) => f.workUnit),
      facts.map((f) => f.run),
      facts.map((f) => f.body.kind),
      facts.map((f) => at(f.eventAt)),
      facts.map((f) => f.rule),
      facts.map((f) => f.mapVersion),
      facts.map((f) => f.revision),
      facts.map((f) => toJson(f.saidBy)),
      facts.map((f) => toJson(f.evidence)),
      facts.map((f) => toJson(f.body)),
    ],
  );
  const added = new Set(rows.map((row) => text(row["id"])));
  const once = new Set(added);
  projectFacts(
    query,
    facts.filter((fact) => once.delete(fact.id)),
    touched,
  );
  return added;
}

async function usedByBill(query: Query, runs: readonly string[]): ReturnType<FactRepository["usedByBill"]> {
  if (runs.length === 0) return [];
  const rows = await query.run(
    "fact.used-by-bill",
    `with recursive line as (
       select id as root, id from run where id = any ($1::text[])
       union select line.root, r.id from line, lateral (select id from run where heir = line.id offset 0) r)
     select line.root as run, o.rule, f.body ->> 'material' as material, f.body ->> 'lot' as lot,
       f.body #>> '{quantity,uom}' as uom, sum((f.body #>> '{quantity,micro}')::bigint)::bigint as micro,
       max(f.event_at) as last_at
     from line join fact f on f.run = line.id,
       -- what was drawn from a load, or from nothing that was loaded, is of its order line too
       regexp_replace(f.rule, '\\|((load|open):[0-9a-ft]{32}|short)$', '') as o (rule)
     where f.kind = 'MaterialConsumed' and f.rule like 'bill:%'
     and not exists (select 1 from fact c where c.run = f.run and c.kind = 'Corrected' and c.body ->> 'corrects' = f.id)
     group by line.root, o.rule, material, lot, uom, floor(extract(epoch from f.event_at) / 900)
     order by line.root, o.rule, material, lot nulls first, uom, last_at`,
    [runs],
  );
  return rows.map((row) => ({
    run: text(row["run"]),
    rule: text(row["rule"]),
    material: text(row["material"]),
    lot: textOrNull(row["lot"]),
    uom: text(row["uom"]),
    micro: exact(row["micro"]),
    lastAt: when(row["last_at"]),
  }));
}

export function factOf(row: Row): Fact {
  return {
    id: text(row["id"]),
    source: text(row["source"]),
    workUnit: text(row["work_unit"]),
    run: textOrNull(row["run"]),
    eventAt: when(row["event_at"]),
    rule: text(row["rule"]),
    mapVersion: int(row["map_version"]),
    revision: int(row["revision"]),
    saidBy: withExactNumbers<Fact["saidBy"]>(row["said_by"]),
    evidence: withExactNumbers<Fact["evidence"]>(row["evidence"]),
    body: withExactNumbers<Fact["body"]>(row["body"]),
  };
}
