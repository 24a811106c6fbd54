/** What did not arrive of what a machine said, for tests: in a gap that is marked, or without a word. */
import type { GapMark } from "../../record/sample-batch.ts";
import { sampleIdentity, type Sample } from "../../record/sample.ts";

export interface Missing {
  readonly named: number;
  /** Outside every gap. */
  readonly silent: number;
}

/** @param kept  with the marks in the order in which they were made */
export function missingOf(
  said: readonly Sample[],
  kept: { readonly samples: readonly Sample[]; readonly gaps: readonly GapMark[] },
): Missing {
  const have = new Set(kept.samples.map(sampleIdentity));
  const gone = said.filter((sample) => !have.has(sampleIdentity(sample)));
  const isNamed = ({ item, at }: Sample): boolean =>
    kept.gaps.some((gap, i) => {
      if (gap.state !== "closed" || (kept.gaps[i - 1]?.at ?? at) > at || at > gap.at) return false;
      // Each mark says of which items, too, and up to when.
      const { from, items } = gap.missing ?? { from: gap.at };
      return from < at && (items === undefined || at <= (items[item] ?? Number.NEGATIVE_INFINITY));
    });
  const named = gone.filter(isNamed).length;
  return { named, silent: gone.length - named };
}
