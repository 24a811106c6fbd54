/**
 * Presses that nobody meant: the second tap of a slow or trembling hand, which would land on whatever has come in the
 * place of the key that was pressed. Pure but for what it remembers.
 */

/** Two presses nearer in time than this are one, wherever they land. */
const bounceMs = 150;
/** On the same spot, and of a key held down, a press counts only when what came of the one before was to be seen so long. */
const seenMs = { sheet: 700, report: 1000 } as const;
/** The spot: a gloved finger's width around the press before, in CSS pixels. */
const spotPx = 64;

export interface Press {
  readonly atMs: number;
  readonly x: number;
  readonly y: number;
  /** As a browser counts clicks: 0 by a key, 2 a double click. */
  readonly detail: number;
}

export class Bounce {
  #press: Press | null = null;
  #acted: { readonly press: Press; readonly what: keyof typeof seenMs; readonly seenAtMs: number } | null = null;

  /** @returns whether nobody meant it */
  isSwallowed(press: Press): boolean {
    const acted = this.#acted;
    if (acted !== null) {
      const isSpot = press.detail !== 1 || Math.hypot(press.x - acted.press.x, press.y - acted.press.y) <= spotPx;
      if (press.atMs - acted.press.atMs <= bounceMs) return true;
      if (isSpot && press.atMs - acted.seenAtMs <= seenMs[acted.what]) return true;
    }
    this.#press = press;
    return false;
  }

  /** The press before has done something. Until `seen` a press on its spot is not meant. */
  acted(what: keyof typeof seenMs): void {
    if (this.#press === null) return;
    this.#acted = { press: this.#press, what, seenAtMs: Number.POSITIVE_INFINITY };
  }

  seen(atMs: number): void {
    if (this.#acted?.seenAtMs === Number.POSITIVE_INFINITY) this.#acted = { ...this.#acted, seenAtMs: atMs };
  }
}
