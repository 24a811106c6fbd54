/** Balances and movements of the ledger, by keyset. */
import type { MaterialView, MovementRow } from "../../flows/view/material-view.ts";
import { at, exact, text, textOrNull, when, whenOrNull, type Query } from "../connection.ts";
import { movementOf } from "../ledger-repository.ts";
import { beginningWith, containing, exactly } from "./pattern.ts";

export function materialView(query: Query): MaterialView {
  return {
    async balances(filter, after, limit) {
      const rows = await query.run("materials.balances", balances, [
        after !== null,
        after?.material ?? "",
        after?.account ?? "",
        after?.lot ?? "",
        after?.uom ?? "",
        limit,
        filter.text && containing(filter.text),
        filter.account && (/[:@]$/.test(filter.account) ? beginningWith : exactly)(filter.account),
        filter.sight?.accounts ?? null,
        filter.sight?.workUnits ?? [],
      ]);
      return rows.map((row) => ({
        account: text(row["account"]),
        material: text(row["material"]),
        lot: text(row["lot"]) || null,
        quantity: { micro: exact(row["micro"]), uom: text(row["uom"]) },
        lastMovementAt: whenOrNull(row["last_at"]),
      }));
    },

    movements: (of, sight, after, limit) => movementsOf(query, of, sight, after, limit),
  };
}

const accountOfTheirs = `(b.account = any ($9::text[])
  or (b.account like 'unit:%' and split_part(substr(b.account, 6), '/', 1) = any ($10::text[]))
  or (b.account like 'job:%' and exists (select 1 from job_order j join run r on r.job_order = j.id
    where j.id = substr(b.account, 5) and r.work_unit = any ($10::text[])))
  or (b.account like 'run:%' and exists (select 1 from run r where r.id = substr(b.account, 5) and r.work_unit = any ($10::text[]))))`;

const balances = `select b.account, b.material, b.lot, b.uom, b.micro, greatest(
    (select m.event_at from movement m where m.to_account = b.account and m.material = b.material and coalesce(m.lot, '') = b.lot
     and m.uom = b.uom order by m.event_at desc limit 1),
    (select m.event_at from movement m where m.from_account = b.account and m.material = b.material and coalesce(m.lot, '') = b.lot
     and m.uom = b.uom order by m.event_at desc limit 1)) as last_at
  from balance b
  where (not $1::boolean or (b.material, b.account, b.lot, b.uom) > ($2, $3, $4, $5))
  and ($7::text is null or b.material ilike $7 or b.lot ilike $7) and ($8::text is null or b.account like $8)
  and ($9::text[] is null or ${accountOfTheirs})
  order by b.material, b.account, b.lot, b.uom limit $6`;

async function movementsOf(
  query: Query,
  ...[of, sight, after, limit]: Parameters<MaterialView["movements"]>
): Promise<readonly MovementRow[]> {
  const rows = await query.run(
    of.account === null ? "materials.movements" : "materials.movements-of-account",
    of.account === null ? movements(["m.material = $1"]) : movements([moved("to_account"), moved("from_account")]),
    [
      of.material,
      of.lot,
      sight && sight.workUnits,
      at(after?.at ?? null),
      after?.id ?? "",
      limit,
      of.uom,
      ...(of.account === null ? [] : [of.account]),
    ],
  );
  return rows.map((row) => ({
    ...movementOf(row),
    recordedAt: when(row["recorded_at"]),
    request: textOrNull(row["request"]),
    number: textOrNull(row["number"]),
  }));
}

const moved = (column: string): string => `m.material = $1 and m.${column} = $8::text`;

/** Each branch goes down an index by itself. A movement has two accounts, which differ: none comes twice. */
function movements(branches: readonly string[]): string {
  const parts = branches.map(
    (condition) => `(select m.* from movement m join fact f on f.id = m.fact where ${condition}
      and ($2::text is null or coalesce(m.lot, '') = $2) and ($7::text is null or m.uom = $7) and ($3::text[] is null or f.work_unit = any ($3))
      and ($4::timestamptz is null or (m.event_at <= $4 and (m.event_at, m.id) < ($4, $5::text)))
      order by m.event_at desc, m.id desc limit $6)`,
  );
  return `select m.id, m.fact, m.material, m.lot, m.micro, m.uom, m.from_account, m.to_account, m.event_at, m.corrects, m.recorded_at,
    j.request, o.number
    from (${parts.join(" union all ")}) m join fact f on f.id = m.fact left join run r on r.id = f.run
    left join job_order j on j.id = r.job_order left join operations_request o on o.id = j.request
    order by m.event_at desc, m.id desc limit $6`;
}
