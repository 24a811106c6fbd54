/**
 * Locks on rows as PostgreSQL gives them, held until a transaction ends, and who waits for whom. A wait that would close
 * a circle is refused instead.
 */
import { refusedBy } from "./table.ts";

/** From weak to strong, as `for key share`, `for share`, `for no key update` and `for update` are. */
export type LockMode = "key-share" | "share" | "no-key-update" | "update";

/** Two of different holders bear each other while they add up to less than three. */
const strength: Readonly<Record<LockMode, number>> = { "key-share": 0, share: 1, "no-key-update": 2, update: 3 };

/** Whoever holds locks: a transaction. */
export interface Holder {
  /** Resolves when it has committed or was taken back. */
  readonly ended: Promise<void>;
  /** Whom it waits for now. */
  waitsFor: Holder | null;
}

/** The locks on the rows of one table. */
export class RowLocks {
  /** Row to whoever holds it, the first one apart: most rows have no other. */
  readonly #held = new Map<string, { first: Held; readonly others: Held[] }>();
  readonly #ofHolder = new Map<Holder, string[]>();

  /** @returns somebody who holds a lock that does not bear this one; null when it is ours now */
  take(row: string, mode: LockMode, holder: Holder): Holder | null {
    const wanted = strength[mode];
    const held = this.#held.get(row);
    if (!held) {
      this.#held.set(row, { first: { holder, strength: wanted }, others: [] });
      this.#note(row, holder);
      return null;
    }
    const { first, others } = held;
    let own = first.holder === holder ? first : null;
    if (!own && first.strength + wanted >= 3) return first.holder;
    for (const other of others) {
      if (other.holder === holder) own = other;
      else if (other.strength + wanted >= 3) return other.holder;
    }
    if (own) own.strength = Math.max(own.strength, wanted);
    else {
      others.push({ holder, strength: wanted });
      this.#note(row, holder);
    }
    return null;
  }

  release(holder: Holder): void {
    for (const row of this.#ofHolder.get(holder) ?? []) {
      const held = this.#held.get(row);
      if (!held) continue;
      const { first, others } = held;
      if (first.holder !== holder)
        others.splice(
          others.findIndex((other) => other.holder === holder),
          1,
        );
      else {
        const next = others.shift();
        if (next) held.first = next;
        else this.#held.delete(row);
      }
    }
    this.#ofHolder.delete(holder);
  }

  #note(row: string, holder: Holder): void {
    const rows = this.#ofHolder.get(holder);
    if (rows) rows.push(row);
    else this.#ofHolder.set(holder, [row]);
  }
}

interface Held {
  readonly holder: Holder;
  strength: number;
}

/** Waits until another transaction has ended. @throws a deadlock, when that one waits for us */
export async function waitFor(holder: Holder, other: Holder): Promise<void> {
  for (let next: Holder | null = other; next; next = next.waitsFor) if (next === holder) throw refusedBy.deadlock();
  holder.waitsFor = other;
  try {
    await other.ended;
  } finally {
    holder.waitsFor = null;
  }
}
