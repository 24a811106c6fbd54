/** What goes wrong while somebody begins a machine anew: in half of the worlds their connection is lost at any step, in half the reader dies. */
import type { Random } from "../random.ts";
import type { Actor } from "./schedule.ts";

/** More than the decision takes. */
const stepsMost = 40;

export class AnewTrouble {
  readonly #chance: Random;
  #breaksIn = 0;
  #isOver = false;

  constructor(chance: Random) {
    this.#chance = chance;
  }

  /** From now on nothing of it goes wrong any more. */
  end(): void {
    this.#isOver = true;
    this.#breaksIn = 0;
  }

  /** Somebody is about to decide. */
  deciding(machine: string): void {
    const own = this.#chance.fork(`deciding ${machine}`);
    this.#breaksIn = !this.#isOver && own.chance(0.5) ? own.whole(1, stepsMost) : 0;
  }

  /** Whether whoever takes this step of the database loses the connection. */
  isLost(actor: Actor): boolean {
    if (this.#breaksIn === 0 || actor.name !== "office") return false;
    this.#breaksIn -= 1;
    return this.#breaksIn === 0;
  }

  /** When the process that reads the machine on dies, and comes back; null: it lives. */
  readerDies(machine: string): { readonly withinSteps: number; readonly backAfterMs: number } | null {
    const own = this.#chance.fork(`read on ${machine}`);
    if (this.#isOver || !own.chance(0.5)) return null;
    return { withinSteps: own.whole(1, 200), backAfterMs: own.whole(1_000, 10 * 60_000) };
  }
}
