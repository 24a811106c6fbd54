/** Rows in the order of a number, each under what it belongs to: to read those after a place looks at no other. */
import { assert } from "../../base/result.ts";
import type { Sequence } from "./table.ts";

export class RowSequence {
  readonly #declared: Sequence<never>;
  readonly #rows = new Map<string, object[]>();

  constructor(declared: Sequence<never>) {
    this.#declared = declared;
  }

  /** In order of their places; of one place in the order in which they came. */
  after(of: string, place: number | null): readonly object[] {
    const all = this.#rows.get(of) ?? [];
    return place === null ? [...all] : all.slice(this.#firstAfter(all, place));
  }

  /** A row becomes another one, comes (undefined before) or goes (undefined after). */
  replace(before: object | undefined, after: object | undefined): void {
    const was = before && this.#ofRow(before);
    const is = after && this.#ofRow(after);
    if (before && was !== null && was !== undefined) this.#remove(was, before);
    if (after && is !== null && is !== undefined) this.#add(is, after);
  }

  #add(of: string, row: object): void {
    const known = this.#rows.get(of);
    if (!known) this.#rows.set(of, [row]);
    else known.splice(this.#firstAfter(known, this.#placeOf(row)), 0, row);
  }

  #remove(of: string, row: object): void {
    const known = this.#rows.get(of) ?? [];
    const place = known.lastIndexOf(row);
    assert(place >= 0, "a row that goes is where it was put");
    known.splice(place, 1);
    if (known.length === 0) this.#rows.delete(of);
  }

  #firstAfter(rows: readonly object[], place: number): number {
    // Most rows come last, and most are asked for from a place near the end: what was read long ago is in no cache.
    const last = rows.at(-1);
    if (last === undefined || this.#placeOf(last) <= place) return rows.length;
    let low = 0;
    let high = rows.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      const row = rows[middle];
      if (row !== undefined && this.#placeOf(row) <= place) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #ofRow(row: object): string | null {
    return this.#declared.of(row as never); // a table's functions are given its own rows alone
  }

  #placeOf(row: object): number {
    return this.#declared.place(row as never); // see #ofRow
  }
}
