/**
 * Which facts say that material was used: counted by the machine, or worked out from the order's bill when the machine
 * does not count it. One source per component: what is measured is never also worked out.
 */
import { scale } from "../../base/quantity.ts";
import { factId, type Fact, type FactBody } from "../../record/fact.ts";
import type { MaterialRequirement, SegmentRequirement } from "../../isa95/schedule/operations-request.ts";

const million = 1_000_000n;
/** Thousandths of a unit: the precision in which ERPs keep quantities. */
const grain = 1_000n;

/**
 * Facts of consumption by bill for one count of good pieces.
 *
 * consumed(n) = fixed (once, with the first piece) + variable × n × (1 + scrap); each fact is the difference of two
 * such totals, so the rounding residue is carried from count to count and never lost.
 *
 * @param counted     the fact that counted the pieces, or the one that takes such a count back
 * @param countBefore good pieces of the operation before this fact, in millionths of its unit
 * @returns           one `MaterialConsumed` per component consumed by bill whose rounded total changes; for a count that
 *                    is taken back, what corrects them
 * @source ISA-95 part 2, material actual; residue rule of docs/spec/consumption.md
 */
export function consumedByBill(segment: SegmentRequirement, counted: Fact, countBefore: bigint): Fact[] {
  const isTakenBack = counted.body.kind === "Corrected";
  const body = counted.body.kind === "Corrected" ? counted.body.was : counted.body;
  if (body.kind !== "UnitsCounted" || body.grade !== "good") return [];
  const { micro } = body.quantity;
  const [lower, upper] = isTakenBack ? [countBefore - micro, countBefore] : [countBefore, countBefore + micro];
  return segment.materials.flatMap((requirement) => {
    if (requirement.mode !== "bill") return [];
    const used = billTotal(segment, requirement, upper) - billTotal(segment, requirement, lower);
    return used === 0n ? [] : [usedFact(counted, requirement, used, isTakenBack)];
  });
}

function usedFact(counted: Fact, requirement: MaterialRequirement, micro: bigint, isTakenBack: boolean): Fact {
  const rule = `bill:${requirement.id}`;
  const used: FactBody = {
    kind: "MaterialConsumed",
    material: requirement.material,
    lot: requirement.lot,
    quantity: { micro, uom: requirement.quantity.uom },
  };
  if (counted.body.kind !== "Corrected" || !isTakenBack) return { ...counted, id: factId(counted.id, rule, 0), rule, body: used };
  const corrects = factId(counted.body.corrects, rule, 0);
  return { ...counted, id: factId(corrects, "corrected", 0), rule, body: { kind: "Corrected", corrects, was: used } };
}

/** What `count` good pieces have used of a component, rounded half up to thousandths. */
function billTotal(segment: SegmentRequirement, requirement: MaterialRequirement, count: bigint): bigint {
  if (count <= 0n) return 0n;
  const { micro, uom } = requirement.quantity;
  const fixed = requirement.fixed?.micro ?? 0n;
  // One fraction for all of it, so that it is rounded once.
  const denominator = segment.quantity.micro * million;
  const numerator = fixed * denominator + (micro - fixed) * count * (million + BigInt(requirement.scrapPpm));
  return scale({ micro: numerator, uom }, 1n, denominator * grain).micro * grain;
}

/** The name under which a fact of use by bill says which order line it is for; null for measured use. */
export function billRequirement(fact: Fact): string | null {
  return fact.rule.startsWith("bill:") ? fact.rule.slice("bill:".length) : null;
}
