/**
 * Values that come back: A, B and A again within one millisecond, of which the third would have the identity of the first and
 * be taken for a double. What comes back after another value is a word of its own, and numbered; what is merely told again,
 * by a new session or another gateway, has the identity that it had.
 */
import type { Instant } from "../base/instant.ts";
import type { Sample } from "../record/sample.ts";

/** The sample, with its mark where its value has come back. Called with all that is told of the items, in its order. */
export type NumberReturns = (sample: Sample) => Sample;

/** Times that stand still hold any number of values: those before are forgotten then, and come back as new. */
const valuesMost = 1_000;

interface OneTime {
  readonly at: Instant;
  last: Sample;
  /** How often each value has come back, when there is more than one. */
  returns: Map<string, number> | null;
}

export function numberReturns(): NumberReturns {
  const told = new Map<string, OneTime>();
  return (sample) => {
    const known = told.get(sample.item);
    // What the protocol itself tells apart is not numbered.
    if (sample.mark !== "") return sample;
    if (known?.at !== sample.at) {
      told.set(sample.item, { at: sample.at, last: sample, returns: null });
      return sample;
    }
    return numbered(known, sample);
  };
}

function numbered(known: OneTime, sample: Sample): Sample {
  const word = wordOf(sample);
  const before = wordOf(known.last);
  if (word === before) return known.last.mark === "" ? sample : { ...sample, mark: known.last.mark };
  if (known.returns === null || known.returns.size >= valuesMost) known.returns = new Map([[before, 0]]);
  const count = known.returns.get(word);
  const number = count === undefined ? 0 : count + 1;
  known.returns.set(word, number);
  known.last = number === 0 ? sample : { ...sample, mark: String(number) };
  return known.last;
}

function wordOf({ status, value }: Sample): string {
  return `${status}|${JSON.stringify(value)}`;
}
