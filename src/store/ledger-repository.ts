/** The ledger: movements and the balances derived from them, in the same transaction. */
import type { LedgerRepository } from "../flows/ports.ts";
import { mayBeNegative, type Account, type Movement } from "../record/movement.ts";
import { at, exact, text, textOrNull, when, type Query, type Row } from "./connection.ts";

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
      const rows = await query.run(
        "ledger.append",
        `insert into movement (id, fact, material, lot, micro, uom, from_account, to_account, event_at, recorded_at, corrects)
         select i, f, m, l, q, u, a, b, e, $1, c
         from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[], $9::text[],
                     $10::timestamptz[], $11::text[]) as x (i, f, m, l, q, u, a, b, e, c)
         on conflict (id) do nothing returning id`,
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
      const booked = new Set(rows.map((row) => text(row["id"])));
      // One that stands in the list twice was booked once.
      await addToBalances(
        query,
        movements.filter((m) => booked.delete(m.id)),
      );
    },

    async ofFacts(facts) {
      if (facts.length === 0) return [];
      const rows = await query.run(
        "ledger.of-facts",
        "select id, fact, material, lot, micro, uom, from_account, to_account, event_at, corrects from movement where fact = any ($1::text[])",
        [facts],
      );
      return rows.map(movementOf);
    },
  };
}

/** Sums first, so that each balance is written once; in a fixed order, so that two writers cannot lock each other out. */
async function addToBalances(query: Query, movements: readonly Movement[]): Promise<void> {
  const sums = new Map<string, { account: Account; material: string; lot: string; uom: string; micro: bigint }>();
  const add = (account: Account, movement: Movement, micro: bigint): void => {
    const place = { account, material: movement.material, lot: movement.lot ?? "", uom: movement.quantity.uom };
    const key = keyOf(place);
    sums.set(key, { ...place, micro: (sums.get(key)?.micro ?? 0n) + micro });
  };
  for (const movement of movements) {
    add(movement.from, movement, -movement.quantity.micro);
    add(movement.to, movement, movement.quantity.micro);
  }
  const changed = [...sums.entries()].filter(([, sum]) => sum.micro !== 0n).toSorted(([a], [b]) => (a < b ? -1 : 1));
  if (changed.length === 0) return;
  const values = [
    changed.map(([, c]) => c.account),
    changed.map(([, c]) => c.material),
    changed.map(([, c]) => c.lot),
    changed.map(([, c]) => c.uom),
  ];
  // Rows first, at zero: the constraint would judge an inserted difference as if it were the balance.
  query.post(
    "ledger.open-balances",
    `insert into balance (account, material, lot, uom, micro)
     select *, 0 from unnest($1::text[], $2::text[], $3::text[], $4::text[]) on conflict do nothing`,
    values,
  );
  query.post(
    "ledger.add",
    `update balance b set micro = b.micro + d.micro
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[]) as d (account, material, lot, uom, micro)
     where (b.account, b.material, b.lot, b.uom) = (d.account, d.material, d.lot, d.uom)`,
    [...values, changed.map(([, c]) => c.micro)],
  );
}

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

function movementOf(row: Row): Movement {
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
