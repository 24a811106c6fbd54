/** The ledger: movements and the balances derived from them, in the same transaction; see `store/ledger-repository`. */
import type { LedgerRepository } from "../../flows/ports.ts";
import { mayBeNegative, type Account, type Movement } from "../../record/movement.ts";
import { keyOf as balanceKeyOf, movementOf } from "../../store/ledger-repository.ts";
import { byText } from "./copy.ts";
import type { Query } from "./database.ts";
import { balance, movement as table } from "./schema/shop-floor.ts";
import { keyOf } from "./table.ts";
import type { Statement } from "./transaction.ts";

export function ledgerRepository(query: Query): LedgerRepository {
  return {
    async lockBalances(places) {
      const real = places.filter((place) => !mayBeNegative(place.account));
      if (real.length === 0) return new Map();
      return query.run(async (s) => {
        const held = new Map<string, bigint>();
        for (const key of [...new Set(real.map(keyOfPlace))].toSorted()) {
          const row = await s.lock(balance, key, "update");
          if (row) held.set(balanceKeyOf(row), row.micro);
        }
        return held;
      });
    },

    async append(movements, recordedAt) {
      if (movements.length === 0) return;
      await query.run(async (s) => {
        const booked: Movement[] = [];
        for (const one of movements) {
          const row = {
            id: one.id,
            fact: one.fact,
            material: one.material,
            lot: one.lot,
            micro: one.quantity.micro,
            uom: one.quantity.uom,
            from_account: one.from,
            to_account: one.to,
            event_at: one.eventAt,
            recorded_at: recordedAt,
            corrects: one.corrects,
          };
          const there = await s.insertOrFind(table, row);
          if (!there) booked.push(one);
          // Only a movement that is there already is left out; one that is taken back a second time is refused.
          else if (there.id !== one.id) await s.insert(table, row);
        }
        await addToBalances(s, booked);
      });
    },

    async ofFacts(facts) {
      if (facts.length === 0) return [];
      return query.run((s) =>
        [...new Set(facts)]
          .flatMap((id) => s.find(table, "fact", id))
          .filter((row) => row.corrects === null && s.find(table, "movement_corrects_key", row.id).length === 0)
          .toSorted(byText((row) => row.id))
          .map(movementOf),
      );
    },

    different: (limit) =>
      query.run((s) => {
        const moved = sumsOf(s.all(table).map(movementOf));
        const held = new Map(s.all(balance).map((row) => [keyOfPlace(row), row]));
        return [...new Set([...moved.keys(), ...held.keys()])]
          .toSorted()
          .flatMap((key) => {
            const place = held.get(key) ?? moved.get(key);
            const [balanceMicro, movedMicro] = [held.get(key)?.micro ?? 0n, moved.get(key)?.micro ?? 0n];
            if (!place || balanceMicro === movedMicro) return [];
            const { account, material, lot, uom } = place;
            return [{ account, material, lot: lot || null, uom, balanceMicro, movedMicro }];
          })
          .slice(0, limit);
      }),
  };
}

interface Sum {
  readonly account: Account;
  readonly material: string;
  readonly lot: string;
  readonly uom: string;
  readonly micro: bigint;
}

function sumsOf(movements: readonly Movement[]): ReadonlyMap<string, Sum> {
  const sums = new Map<string, Sum>();
  for (const { from, to, material, lot, quantity } of movements) {
    for (const [account, by] of [
      [from, -quantity.micro],
      [to, quantity.micro],
    ] as const) {
      const place = { account, material, lot: lot ?? "", uom: quantity.uom };
      const key = keyOfPlace(place);
      sums.set(key, { ...place, micro: (sums.get(key)?.micro ?? 0n) + by });
    }
  }
  return sums;
}

/** Sums first, in a fixed order: as the store does it. */
async function addToBalances(s: Statement, movements: readonly Movement[]): Promise<void> {
  const changed = [...sumsOf(movements)].filter(([, sum]) => sum.micro !== 0n).toSorted(byText(([key]) => key));
  for (const [, sum] of changed) await s.insertOrFind(balance, { ...sum, micro: 0n });
  for (const [key, sum] of changed) await s.update(balance, key, (row) => ({ micro: row.micro + sum.micro }));
}

function keyOfPlace(place: { account: string; material: string; lot: string | null; uom: string }): string {
  return keyOf(place.account, place.material, place.lot ?? "", place.uom);
}
