/** From an accepted order to the job orders that are dispatched: one per operation, or several when it is split. */
import { contentId } from "../../base/id.ts";
import type { Quantity } from "../../base/quantity.ts";
import type { JobOrder, MachineJobName, SetupValue } from "../../isa95/schedule/job-order.ts";
import type { OperationsRequest, SegmentRequirement } from "../../isa95/schedule/operations-request.ts";
import { predecessor } from "./operation.ts";

/** Where an operation may be done, and how the machine there knows it. Evaluated before this pure step. */
export interface SegmentPlace {
  readonly segment: string;
  /** Our id of the work center. */
  readonly workCenter: string;
  /** Work units to split over; one entry (or none: any unit may take it) when it is not split. */
  readonly workUnits: readonly string[];
  readonly machineName: MachineJobName | null;
  readonly setup: readonly SetupValue[];
}

/** Operations that are done elsewhere get none. */
export function makeJobOrders(request: OperationsRequest, places: readonly SegmentPlace[]): JobOrder[] {
  return request.segments.flatMap((segment) => {
    const place = places.find((p) => p.segment === segment.id);
    if (segment.rule.external || !place) return [];
    const parts = split(segment.quantity, Math.max(1, place.workUnits.length));
    return parts.map((quantity, part) => jobOrder(request, segment, place, quantity, part));
  });
}

function jobOrder(
  request: OperationsRequest,
  segment: SegmentRequirement,
  place: SegmentPlace,
  quantity: Quantity,
  part: number,
): JobOrder {
  return {
    id: contentId("job-order", request.id, segment.sequence, segment.id, part),
    request: request.id,
    segment: segment.id,
    workCenter: place.workCenter,
    workUnit: place.workUnits[part] ?? null,
    material: request.material,
    quantity,
    state: predecessor(request, segment) ? "waiting" : "ready",
    dispatchKey: dispatchKey(request, segment, part),
    earliestStart: segment.earliestStart ?? request.earliestStart,
    machineName: place.machineName,
    setup: place.setup,
    version: 0,
  };
}

/** Urgent first, then by planned start, then by number: the order in which a planner reads the list. */
export function dispatchKey(request: OperationsRequest, segment: SegmentRequirement, part = 0): string {
  const urgency = String(999_999 - Math.min(999_999, Math.max(0, request.priority))).padStart(6, "0");
  const start = segment.earliestStart ?? request.earliestStart;
  const from = start === null ? "9" : new Date(start).toISOString();
  return [urgency, from, request.reference.number.padStart(20, "0"), segment.id, part].join("|");
}

/** A job order of an operation whose quantity changes. */
export interface HeldPart {
  readonly micro: bigint;
  readonly madeMicro: bigint;
  /** A run of it is open or has ended. */
  readonly hasBegun: boolean;
}

/**
 * What the parts of an operation ask for when its quantity changes: more goes to the first, less is taken from the first
 * one on. What was made stays asked for, and so does one piece of what has begun.
 *
 * @param parts  in order, without those that are cancelled
 * @returns      for each part its new amount in millionths; null when nothing is left for it and it has not begun
 */
export function shareAgain(parts: readonly HeldPart[], totalMicro: bigint): readonly (bigint | null)[] {
  let difference = totalMicro - parts.reduce((sum, { micro }) => sum + micro, 0n);
  return parts.map(({ micro, madeMicro, hasBegun }) => {
    if (difference >= 0n) {
      const more = difference;
      difference = 0n;
      return micro + more;
    }
    const least = madeMicro > 0n ? madeMicro : hasBegun ? smaller(1_000_000n, micro) : 0n;
    const cut = smaller(-difference, micro > least ? micro - least : 0n);
    difference += cut;
    return micro === cut ? null : micro - cut;
  });
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/** Whole units shared out evenly; the first parts take what is left over. */
function split(quantity: Quantity, parts: number): Quantity[] {
  const unit = 1_000_000n;
  const isWhole = quantity.micro % unit === 0n;
  const grain = isWhole ? unit : 1n;
  const grains = quantity.micro / grain;
  const each = grains / BigInt(parts);
  const rest = grains % BigInt(parts);
  const shares = Array.from({ length: parts }, (_, i) => (each + (BigInt(i) < rest ? 1n : 0n)) * grain);
  return shares.filter((micro) => micro > 0n).map((micro) => ({ micro, uom: quantity.uom }));
}
