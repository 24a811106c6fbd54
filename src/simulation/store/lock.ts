/**
 * Locks on rows as PostgreSQL gives them, held until a transaction ends, and who waits for whom. A wait that would close
 * a circle is refused instead.
 */
import { refusedBy } from "./table.ts";

/** From weak to strong, as `for key share`, `for share`, `for no key update` and `for update` are. */
export type LockMode = "key-share" | "share" | "no-key-update" | "update";

const refuses: Readonly<Record<LockMode, ReadonlySet<LockMode>>> = {
  "key-share": new Set<LockMode>(["update"]),
  share: new Set<LockMode>(["no-key-update", "update"]),
  "no-key-update": new Set<LockMode>(["share", "no-key-update", "update"]),
  update: new Set<LockMode>(["key-share", "share", "no-key-update", "update"]),
};
const strength: readonly LockMode[] = ["key-share", "share", "no-key-update", "update"];

/** Whoever holds locks: a transaction. */
export interface Holder {
  /** Resolves when it has committed or was taken back. */
  readonly ended: Promise<void>;
  /** Whom it waits for now. */
  waitsFor: Holder | null;
}

/** The locks on the rows of one table. */
export class RowLocks {
  readonly #held = new Map<string, Map<Holder, LockMode>>();
  readonly #ofHolder = new Map<Holder, string[]>();

  /** @returns somebody who holds a lock that does not bear this one; null when it is ours now */
  take(row: string, mode: LockMode, holder: Holder): Holder | null {
    const held = this.#held.get(row);
    if (!held) {
      this.#held.set(row, new Map([[holder, mode]]));
      this.#note(row, holder);
      return null;
    }
    for (const [other, theirs] of held) if (other !== holder && refuses[mode].has(theirs)) return other;
    const own = held.get(holder);
    if (own === undefined) this.#note(row, holder);
    if (own === undefined || strength.indexOf(own) < strength.indexOf(mode)) held.set(holder, mode);
    return null;
  }

  release(holder: Holder): void {
    for (const row of this.#ofHolder.get(holder) ?? []) {
      const held = this.#held.get(row);
      held?.delete(holder);
      if (held?.size === 0) this.#held.delete(row);
    }
    this.#ofHolder.delete(holder);
  }

  #note(row: string, holder: Holder): void {
    const rows = this.#ofHolder.get(holder);
    if (rows) rows.push(row);
    else this.#ofHolder.set(holder, [row]);
  }
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
