/** How many pieces facts say, as a document says it: by grade, all in one unit. */
import { sumExact } from "../../base/exact-micro.ts";
import type { MaterialFactor, Quantity } from "../../base/quantity.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import { countedQuantity, type Fact, type UnitGrade } from "../../record/fact.ts";
import { originalBody } from "./correction.ts";

export interface CountUnits {
  /** The operation's. */
  readonly asked: string;
  readonly factors: readonly MaterialFactor[];
}

type Counts<G extends UnitGrade> = Readonly<Record<G, Quantity>>;

/**
 * The sums of facts, corrections counted negative. They are in the operation's unit; where it cannot say one of them exactly,
 * all are in the first one in which pieces were counted that can: a document has one unit for them, whatever their grade.
 *
 * @fault invalid execution/count-unit                 no such unit says all of them exactly
 * @fault invalid base/unknown-unit, base/dimension    no factor to the operation's unit
 */
export function countedInOneUnit<G extends UnitGrade>(
  facts: readonly Fact[],
  grades: readonly G[],
  { asked, factors }: CountUnits,
): Result<Counts<G>> {
  const own = sumsOf(facts);
  const inAsked = sumsIn(own, grades, asked, factors);
  if (inAsked !== "inexact") return inAsked;
  for (const uom of new Set(grades.flatMap((grade) => [...(own.get(grade)?.keys() ?? [])]))) {
    const inOwn = sumsIn(own, grades, uom, factors);
    if (inOwn !== "inexact" && inOwn.ok) return inOwn;
  }
  return fail("invalid", "execution/count-unit", `Pieces were counted in units that ${asked} cannot say exactly`);
}

/** Unit → millionths, by grade; what adds up to nothing is left out. */
type Sums = ReadonlyMap<UnitGrade, ReadonlyMap<string, bigint>>;

function sumsOf(facts: readonly Fact[]): Sums {
  const sums = new Map<UnitGrade, Map<string, bigint>>();
  for (const fact of facts) {
    const body = originalBody(fact.body);
    const quantity = countedQuantity(fact.body);
    if (body.kind !== "UnitsCounted" || !quantity) continue;
    const own = sums.get(body.grade) ?? new Map<string, bigint>();
    sums.set(body.grade, own.set(quantity.uom, (own.get(quantity.uom) ?? 0n) + quantity.micro));
  }
  for (const own of sums.values()) for (const [uom, micro] of own) if (micro === 0n) own.delete(uom);
  return sums;
}

function sumsIn<G extends UnitGrade>(
  own: Sums,
  grades: readonly G[],
  uom: string,
  factors: readonly MaterialFactor[],
): Result<Counts<G>> | "inexact" {
  const counts: [G, Quantity][] = [];
  for (const grade of grades) {
    const counted = [...(own.get(grade) ?? [])].map(([from, micro]) => ({ micro, uom: from }));
    const sum = sumExact(counted, uom, factors);
    if (!sum.ok) return sum;
    if (sum.value.numerator !== 0n) return "inexact";
    counts.push([grade, { micro: sum.value.micro, uom }]);
  }
  // Each grade once.
  return ok(Object.fromEntries(counts) as Counts<G>);
}
