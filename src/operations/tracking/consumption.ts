/**
 * Which facts say that material was used: counted by the machine, or worked out from the order's bill when the machine
 * does not count it. One source per component: what is measured is never also worked out.
 */
import { scale } from "../../base/quantity.ts";
import { factId, type Fact } from "../../record/fact.ts";
import type { MaterialRequirement, SegmentRequirement } from "../../isa95/schedule/operations-request.ts";

const million = 1_000_000n;
/** Thousandths of a unit: the precision in which ERPs keep quantities. */
const grain = 1_000n;

/**
 * Facts of consumption by bill for one count of good pieces, or for one that is taken back.
 *
 * consumed(n) = fixed (once, with the first piece) + variable × n × (1 + scrap); each fact is the difference of two
 * such totals, so the rounding residue is carried from count to count and never lost.
 *
 * @param counted the fact that counted good pieces, or its correction
 * @param good    good pieces of the operation before and after this fact, in millionths of the operation's unit
 * @returns       one `MaterialConsumed` per component consumed by bill whose rounded total changes; a negative amount
 *                when fewer pieces are good than before
 * @source ISA-95 part 2, material actual; residue rule of docs/spec/consumption.md
 */
export function consumedByBill(
  segment: SegmentRequirement,
  counted: Fact,
  good: { readonly before: bigint; readonly after: bigint },
): Fact[] {
  return usedByBill(segment, good).map(({ requirement, micro }) => {
    const rule = billRule(requirement.id);
    const body: Fact["body"] = {
      kind: "MaterialConsumed",
      material: requirement.material,
      lot: requirement.lot,
      quantity: { micro, uom: requirement.quantity.uom },
    };
    return { ...counted, id: factId(counted.id, rule, 0), rule, body };
  });
}

/** The same as amounts: components whose rounded total changes between two counts of good pieces. */
export function usedByBill(
  segment: SegmentRequirement,
  good: { readonly before: bigint; readonly after: bigint },
): { readonly requirement: MaterialRequirement; readonly micro: bigint }[] {
  return segment.materials.flatMap((requirement) => {
    if (requirement.mode !== "bill") return [];
    const micro = billTotal(segment, requirement, good.after) - billTotal(segment, requirement, good.before);
    return micro === 0n ? [] : [{ requirement, micro }];
  });
}

/** What `count` good pieces have used of a component, rounded half up to thousandths; in millionths of its unit. */
export function billTotal(segment: SegmentRequirement, requirement: MaterialRequirement, count: bigint): bigint {
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
  return billRequirementOf(fact.rule);
}

/** The same of a rule. */
export function billRequirementOf(rule: string): string | null {
  return (
    /^(?:corrected:)?bill:(.*?)(?:\|(?:load:[0-9a-ft]{32}|open:t?[0-9a-f]{31,32}|short))?$/.exec(rule)?.[1] ?? null
  );
}

/** The rule under which use by bill of an order line is stated. */
export function billRule(requirement: string): string {
  return `bill:${requirement}`;
}
