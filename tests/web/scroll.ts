/** Scrolls the list of orders to its end in a page, and says how long each frame took beside bare rows drawn by hand. */
import type { Page } from "playwright-core";

export interface Scrolled {
  /** Place of the last row that is shown, counted with the head. */
  readonly shown: number;
  /** Milliseconds of frames in which as many bare rows were drawn anew: what this computer needs for that at the moment. */
  readonly bare: readonly number[];
  /** Milliseconds of frames while scrolling. */
  readonly frames: readonly number[];
  /** Rows in the page at the end. */
  readonly rows: number;
}

export async function scrollToEnd(page: Page): Promise<Scrolled> {
  return (await page.evaluate(script)) as Scrolled; // the script resolves with this shape
}

/** The value below which this part of them lies. */
export function atRank(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * part)] ?? 0;
}

const script = `new Promise((resolve) => {
  const grid = document.querySelector(".grid");
  const bareRows = (n) => Array.from({ length: 60 }, (_, row) => "<p>" + ("<span>" + (row * n) + " x </span>").repeat(12) + "</p>").join("");
  const board = document.body.appendChild(document.createElement("div"));
  board.style.cssText = "position: fixed; inset: 0; overflow: hidden";
  const bare = [], frames = [];
  let last = performance.now(), movedAt = last, before = -1, turn = 0;
  const step = (now) => {
    const took = now - last;
    last = now;
    // by turns, so that whatever else this computer does meets both: as many bare rows drawn anew, then the list
    const isBare = turn % 40 < 20, isCounted = turn % 20 > 1;
    turn += 1;
    board.hidden = !isBare;
    if (isCounted) (isBare ? bare : frames).push(took);
    if (isBare) {
      board.innerHTML = bareRows(turn);
      return requestAnimationFrame(step);
    }
    if (grid.scrollTop !== before) movedAt = now;
    before = grid.scrollTop;
    grid.scrollTop += 3000;
    const shown = Number(grid.querySelector(".grid-body [role=row]:last-child")?.getAttribute("aria-rowindex") ?? 0);
    if (shown >= 10001 || now - movedAt > 30000) resolve({ shown, bare, frames, rows: grid.querySelectorAll("[role=row]").length });
    else requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})`;
