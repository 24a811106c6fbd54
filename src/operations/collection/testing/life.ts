/** Lives of machines for property tests: what they do, one thing after the other. What that means is each machine's own. */
import fc from "fast-check";

/** A step in the life of a machine: `what` it does, and two numbers that say how much of it. */
export interface LifeStep<What extends string> {
  readonly what: What;
  readonly a: number;
  readonly b: number;
  readonly afterMs: number;
}

/** Lives of a machine that can do these things. */
export function livesOf<What extends string>(whats: readonly What[]): fc.Arbitrary<LifeStep<What>[]> {
  return fc.array(
    fc.record({
      what: fc.constantFrom(...whats),
      a: fc.nat(999),
      b: fc.nat(999),
      afterMs: fc.oneof(fc.constant(0), fc.nat(3000)),
    }),
    { minLength: 1, maxLength: 80, size: "max" },
  );
}
