/**
 * How property tests are tried: with the same values each time, so that a commit that passes once passes everywhere. Looking
 * further is for whoever has the time: MILLRACE_CHANCE=30 tries 30 times as many values, of other ones each time.
 */
import fc from "fast-check";

type Values<Ts> = fc.Parameters<Ts>;

/** Any number does; another one is no better. */
const seed = 1;

/** `fc.assert`; what the test itself says of seed and path stands. */
export function forAll<Ts>(property: fc.IProperty<Ts> | fc.IPropertyWithHooks<Ts>, values?: Values<Ts>): void;
export function forAll<Ts>(
  property: fc.IAsyncProperty<Ts> | fc.IAsyncPropertyWithHooks<Ts>,
  values?: Values<Ts>,
): Promise<void>;
export function forAll<Ts>(property: fc.IRawProperty<Ts>, values: Values<Ts> = {}): Promise<void> | void {
  return fc.assert(property, withChance(values, process.env["MILLRACE_CHANCE"]));
}

/** @param times  how many times as many values, of other ones each time; left out: the same each time */
export function withChance<Ts>(values: Values<Ts>, times: string | undefined): Values<Ts> {
  if (times === undefined || times === "") return { seed, ...values };
  const factor = Number(times);
  if (!(factor > 0))
    throw new Error(`MILLRACE_CHANCE is "${times}": say how many times as many values are to be tried`);
  const { numRuns = 100, interruptAfterTimeLimit } = values;
  return {
    ...values,
    numRuns: Math.ceil(numRuns * factor),
    ...(interruptAfterTimeLimit !== undefined && { interruptAfterTimeLimit: interruptAfterTimeLimit * factor }),
  };
}
