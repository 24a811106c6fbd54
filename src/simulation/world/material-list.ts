/**
 * The list in which a machine says how much of each material it has used in a run. What it had used before it first lists a
 * material of a run, it says as well, and it is nobody's; what comes into the list later it has counted from zero.
 */
import type { SampleValue } from "../../record/sample.ts";
import type { Random } from "../random.ts";
import { listNumber, slotItems } from "./machine-work.ts";
import type { CountedMaterial } from "./plan.ts";

/** Of one run, in the order of the machine's slots. */
export interface RunList {
  readonly lines: readonly ListLine[];
  /** The last line stays empty until so many pieces were counted. */
  readonly lateAfter: number | null;
  counts: number;
}

interface ListLine extends CountedMaterial {
  total: number;
  /** Up to here it is in what the run has used. */
  listed: number;
}

export class MaterialLists {
  readonly #slots: readonly CountedMaterial[];
  readonly #random: Random;
  #number = 0;

  constructor(slots: readonly CountedMaterial[], random: Random) {
    this.#slots = slots;
    this.#random = random;
  }

  /** Of no run: every place is there, and shows nothing. */
  empty(): RunList {
    return {
      lines: this.#slots.map((slot) => ({ ...slot, material: "", kind: "", total: 0, listed: 0 })),
      lateAfter: null,
      counts: 0,
    };
  }

  /** A run begins: a machine may have used something for it already. */
  begin(lateAfter: number | null): RunList {
    const lines = this.#slots.map((slot, i): ListLine => {
      const isLate = lateAfter !== null && i === this.#slots.length - 1;
      const total = isLate ? 0 : this.#random.whole(0, 3 * slot.perPieceMax);
      return { ...slot, total, listed: total };
    });
    return { lines, lateAfter, counts: 0 };
  }

  /** It goes on in no run from what a run has used: its first list there is where counting starts. */
  goOn({ lines }: RunList): RunList {
    return { lines: lines.map((line) => ({ ...line, listed: line.total })), lateAfter: null, counts: 0 };
  }

  /** Pieces were made. @returns whether it lists what it has used with them */
  use(list: RunList, pieces: number): boolean {
    if (list.lines.length === 0) return false;
    list.counts += 1;
    for (const [i, line] of list.lines.entries())
      if (!isEmpty(list, i)) line.total += pieces * this.#random.whole(1, line.perPieceMax);
    return this.#random.chance(0.5);
  }

  /** @param used  what the run has used by its lists; brought up to date */
  show(list: RunList, used: Map<string, number>): Readonly<Record<string, SampleValue>> {
    for (const line of list.lines) {
      if (line.total > line.listed) used.set(line.material, (used.get(line.material) ?? 0) + line.total - line.listed);
      line.listed = line.total;
    }
    return this.#say(list, ({ total }) => total);
  }

  /** For once a list from before, with another number: it shows no more than the newest one did. */
  showOlder(list: RunList): Readonly<Record<string, SampleValue>> {
    return this.#say(list, ({ listed }) => Math.floor(listed / 2));
  }

  #say(list: RunList, said: (line: ListLine) => number): Readonly<Record<string, SampleValue>> {
    if (list.lines.length === 0) return {};
    this.#number += 1;
    const values: Record<string, SampleValue> = { [listNumber]: this.#number };
    for (const [i, line] of list.lines.entries()) {
      const { material, kind } = line;
      const items = slotItems(i + 1);
      values[items.material] = isEmpty(list, i) ? "" : material;
      values[items.kind] = isEmpty(list, i) ? "" : kind;
      values[items.total] = isEmpty(list, i) ? 0 : said(line);
    }
    return values;
  }
}

function isEmpty({ lines, lateAfter, counts }: RunList, index: number): boolean {
  return lateAfter !== null && index === lines.length - 1 && counts <= lateAfter;
}
