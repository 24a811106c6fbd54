/** Locks on orders and materials: a write needs all of its own, and a person who works on one keeps others out. */
import { accepted, message, refused, type Answer } from "./message.ts";

export type LockKey = `order:${string}` | `material:${string}`;

/** Who holds what. */
export class Locks {
  readonly #holders = new Map<LockKey, string>();

  /** All or none. @returns a function that gives them back */
  acquire(keys: readonly LockKey[], holder: string): Answer<() => void> {
    const wanted = [...new Set(keys)];
    for (const key of wanted) {
      const by = this.#holders.get(key);
      if (by === undefined) continue;
      const name = key.slice(key.indexOf(":") + 1);
      return refused(key.startsWith("order:") ? message.orderLocked(name, by) : message.materialLocked(name, by));
    }
    for (const key of wanted) this.#holders.set(key, holder);
    return accepted(() => {
      for (const key of wanted) this.#holders.delete(key);
    });
  }
}

/** A plant's stock of a material is locked as one. */
export function materialLock(material: string, plant: string): LockKey {
  return `material:${material} ${plant}`;
}
