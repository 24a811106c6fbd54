/** The ledger: movements. The balances are moved with them by the database itself (`movements_are_booked`). */
import type { LedgerRepository } from "../flows/ports.ts";
import { mayBeNegative, type Account, type Movement } from "../record/movement.ts";
import { at, exact, text, textOrNull, when, type Query, type Row } from "./connection.ts";

export const movementColumns = "id, fact, material, lot, micro, uom, from_account, to_account, event_at, corrects";

export function ledgerRepository(query: Query): LedgerRepository {
  return {
    async lockBalances(places) {
      const real = places.filter((p) => !mayBeNegative(p.account));
      if (real.length === 0) return new Map();
      const rows = await query.run(
        "ledger.lock",
        `select account, material, lot, uom, micro from balance
         where (account, material, lot, uom) in (select * from unnest($1::text[], $2::text[], $3::text[], $4::text[]))
         order by account, material, lot, uom for update`,
        [real.map((p) => p.account), real.map((p) => p.material), real.map((p) => p.lot ?? ""), real.map((p) => p.uom)],
      );
      return new Map(rows.map((row) => [balanceKey(row), exact(row["micro"])]));
    },

    async append(movements, recordedAt) {
      if (movements.length === 0) return;
      query.post(
        "ledger.append",
        `insert into movement (id, fact, material, lot, micro, uom, from_account, to_account, event_at, recorded_at, corrects)
         select i, f, m, l, q, u, a, b, e, $1, c
         from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[], $9::text[],
                     $10::timestamptz[], $11::text[]) as x (i, f, m, l, q, u, a, b, e, c)
         on conflict (id) do nothing`,
        [
          at(recordedAt),
          movements.map((m) => m.id),
          movements.map((m) => m.fact),
          movements.map((m) => m.material),
          movements.map((m) => m.lot),
          movements.map((m) => m.quantity.micro),
          movements.map((m) => m.quantity.uom),
          movements.map((m) => m.from),
          movements.map((m) => m.to),
          movements.map((m) => at(m.eventAt)),
          movements.map((m) => m.corrects),
        ],
      );
    },

    async ofFacts(facts) {
      if (facts.length === 0) return [];
      const rows = await query.run(
        "ledger.of-facts",
        `select ${movementColumns} from movement m
         where fact = any ($1::text[]) and corrects is null and not exists (select 1 from movement c where c.corrects = m.id) order by id`,
        [facts],
      );
      return rows.map(movementOf);
    },

    async different(limit) {
      const rows = await query.run("ledger.different", `${differentText} order by 1, 2, 3, 4 limit $1`, [limit]);
      return rows.map((row) => ({
        account: text(row["account"]),
        material: text(row["material"]),
        lot: text(row["lot"]) || null,
        uom: text(row["uom"]),
        balanceMicro: exact(row["held"]),
        movedMicro: exact(row["moved"]),
      }));
    },
  };
}

/** Places whose balance is not what movements add up to. */
export const differentText = `
  select account, material, lot, uom, sum(held)::bigint as held, sum(moved)::bigint as moved from
    (select from_account as account, material, coalesce(lot, '') as lot, uom, -micro as moved, 0 as held from movement
     union all select to_account, material, coalesce(lot, ''), uom, micro, 0 from movement
     union all select account, material, lot, uom, 0, micro from balance) as all_sides
  group by account, material, lot, uom having sum(held) <> sum(moved)`;

export function keyOf(place: { account: string; material: string; lot: string | null; uom: string }): string {
  return [place.account, place.material, place.lot ?? "", place.uom].join("\u001f");
}

function balanceKey(row: Row): string {
  return keyOf({
    account: text(row["account"]),
    material: text(row["material"]),
    lot: text(row["lot"]),
    uom: text(row["uom"]),
  });
}

export function movementOf(row: Row): Movement {
  return {
    id: text(row["id"]),
    fact: text(row["fact"]),
    material: text(row["material"]),
    lot: textOrNull(row["lot"]),
    quantity: { micro: exact(row["micro"]), uom: text(row["uom"]) },
    // Written by ourselves from an Account.
    from: text(row["from_account"]) as Account,
    to: text(row["to_account"]) as Account,
    eventAt: when(row["event_at"]),
    corrects: textOrNull(row["corrects"]),
  };
}
