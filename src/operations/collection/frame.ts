/**
 * Frames: what a machine said at one source time, read together. Sorting is by source time; inside a frame by item, so
 * that the way the values came (subscription, history, late) decides nothing.
 */
import type { Instant } from "../../base/instant.ts";
import type { Sample } from "../../record/sample.ts";

export interface Frame {
  readonly at: Instant;
  readonly samples: readonly Sample[];
}

/** Samples in order of source time → frames. `sample` mode makes one frame of each sample. */
export function frames(sorted: readonly Sample[], mode: "source-time" | "sample"): Frame[] {
  const found: Frame[] = [];
  for (let from = 0; from < sorted.length;) {
    const at = sorted[from]?.at;
    if (at === undefined) break;
    let to = from + 1;
    if (mode === "source-time") while (to < sorted.length && sorted[to]?.at === at) to += 1;
    found.push({ at, samples: inItemOrder(sorted.slice(from, to)) });
    from = to;
  }
  return found;
}

/** Stable by source time: equal times keep their order of arrival. */
export function byTime(samples: readonly Sample[]): readonly Sample[] {
  for (let i = 1; i < samples.length; i += 1) {
    if ((samples[i]?.at ?? 0) < (samples[i - 1]?.at ?? 0)) return samples.toSorted((a, b) => a.at - b.at);
  }
  return samples;
}

/** Several values of one item at one time keep their order of arrival: the last of them holds. */
function inItemOrder(samples: Sample[]): Sample[] {
  return samples.length < 2 ? samples : samples.sort((a, b) => (a.item < b.item ? -1 : a.item > b.item ? 1 : 0));
}
