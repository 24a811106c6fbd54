/** Amounts divided among stations in whole millionths: what dividing leaves over is carried to the next amount. */
import type { Work } from "./work.ts";

/** An amount of which a station gets `weight` of the division's parts. */
export interface Portion {
  readonly station: string;
  /** In millionths. */
  readonly amount: number;
  readonly weight: number;
}

/**
 * Each portion's amount × weight / `of`. The whole millionths in what is left over go to those that are owed most, so that
 * at any time all that was stated is all that was counted, rounded down to a millionth once.
 *
 * @param rule  what is left over is kept by this name
 * @returns     millionths by station, in the order of the portions
 */
export function divide(
  work: Work,
  rule: string,
  of: number,
  portions: readonly Portion[],
): ReadonlyMap<string, bigint> {
  const parts = BigInt(of);
  const kept = work.credits[rule];
  // With other parts than before nothing is owed: see `carry`.
  const credit = new Map(Object.entries(kept?.of === of ? kept.by : {}));
  const amounts = new Map<string, bigint>();
  for (const { station, amount, weight } of portions) {
    const exact = BigInt(amount) * BigInt(weight);
    amounts.set(station, exact / parts);
    credit.set(station, (credit.get(station) ?? 0) + Number(exact % parts));
  }
  const takers = portions.filter(({ weight }) => weight > 0).map(({ station }) => station);
  for (let left = sum(credit); left >= of && takers.length > 0; left -= of) {
    const owed = takers.reduce((most, station) =>
      (credit.get(station) ?? 0) > (credit.get(most) ?? 0) ? station : most,
    );
    amounts.set(owed, (amounts.get(owed) ?? 0n) + 1n);
    credit.set(owed, (credit.get(owed) ?? 0) - of);
  }
  carry(work, rule, of, credit);
  return amounts;
}

/**
 * Where the weights add up to the parts, credits add up to nothing: with other parts nobody is owed anything. Where the
 * map's shares do not, what is owed is less than a millionth, and only another version of the map has other parts.
 */
function carry(work: Work, rule: string, of: number, credit: ReadonlyMap<string, number>): void {
  const owed = [...credit].filter(([, parts]) => parts !== 0);
  if (owed.length > 0) work.credits[rule] = { of, by: Object.fromEntries(owed) };
  else delete work.credits[rule];
}

function sum(credit: ReadonlyMap<string, number>): number {
  let all = 0;
  for (const parts of credit.values()) all += parts;
  return all;
}
