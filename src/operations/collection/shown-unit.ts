/**
 * A counter of material whose machine says itself in which unit it shows it, and goes over to another one. It is counted in
 * the finer of both: nothing is lost by going there and back. Spec: docs/spec/collection.md
 */
import { scale } from "../../base/quantity.ts";
import { unitOf } from "../../base/unit.ts";
import { counterValue, type CounterValue } from "../../record/counter-answer.ts";
import type { CounterType } from "../../record/machine-map.ts";
import type { CounterState } from "./counter.ts";

/** What a machine shows. */
export interface Amount {
  /** In millionths of the unit. */
  readonly value: CounterValue;
  readonly uom: string;
  /** The unit as the machine writes it. */
  readonly shownIn: string;
}

/**
 * What the machine shows and what was counted before, in one unit. While the machine writes the same unit both stay as
 * they are, whatever the map says of it.
 *
 * @returns null when nobody can tell what the value adds: there is no conversion, or a counter that may have begun again shows less
 */
export function inOneUnit(
  type: CounterType,
  state: CounterState,
  shown: Amount,
  uoms: Readonly<Record<string, string>>,
): { readonly state: CounterState; readonly amount: Amount } | null {
  const { shownIn } = state;
  if (shownIn === undefined || shownIn === shown.shownIn) return { state, amount: shown };
  const was = Object.hasOwn(uoms, shownIn) ? uoms[shownIn] : undefined;
  if (was === undefined) return null;
  const value = isExact(shown.value, shown.uom, was) ? inUnit(shown.value, shown.uom, was) : null;
  const counted = value === null ? stateIn(state, was, shown.uom) : state;
  const amount = value === null ? shown : { value, uom: was, shownIn };
  if (counted === null) return null;
  // The other unit may be shown more coarsely: less is no sign that it has begun again, nor that it has not.
  return type.drop === "classify" && BigInt(amount.value) < BigInt(counted.counted) ? null : { state: counted, amount };
}

function stateIn(state: CounterState, from: string, to: string): CounterState | null {
  const { answered, steps } = state;
  const named = {
    base: inUnit(state.base, from, to),
    counted: inUnit(state.counted, from, to),
    last: inUnit(state.last, from, to),
  };
  const { base, counted, last } = named;
  if (base === null || counted === null || last === null) return null;
  const others = answered?.map((value) => inUnit(value, from, to));
  const before = steps?.flatMap(({ from: shown, at }) => {
    const converted = shown === null ? null : inUnit(shown, from, to);
    return converted === null && shown !== null ? [] : [{ from: converted, at }];
  });
  return {
    ...state,
    base,
    counted,
    last,
    ...(others && { answered: others.filter((value) => value !== null) }),
    ...(before && { steps: before }),
  };
}

/** Whole millionths of another unit, rounded as what machines show is; null where there is no conversion. */
export function inUnit(micro: CounterValue, from: string, to: string): CounterValue | null {
  const ratio = ratioOf(from, to);
  return ratio && counterValue(scale({ micro: BigInt(micro), uom: from }, ...ratio).micro);
}

function isExact(micro: CounterValue, from: string, to: string): boolean {
  const ratio = ratioOf(from, to);
  return ratio !== null && (BigInt(micro) * ratio[0]) % ratio[1] === 0n;
}

function ratioOf(from: string, to: string): readonly [numerator: bigint, denominator: bigint] | null {
  const [a, b] = [unitOf(from), unitOf(to)];
  return a && b && a.dimension === b.dimension ? [a.numerator * b.denominator, a.denominator * b.numerator] : null;
}
