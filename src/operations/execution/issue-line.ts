/**
 * Which order lines a use of material stands for, whether it moves stock, and whether it is ours to post. Shared by the ledger, by
 * planning what is owed, by comparing it with the ERP and by screens.
 */
import type {
  MaterialRequirement,
  OperationsRequest,
  SegmentRequirement,
} from "../../isa95/schedule/operations-request.ts";

/** What was used. */
export interface UsedMaterial {
  readonly material: string;
  /** The line that the bill names (`billRequirement`); null for what a counter has read. */
  readonly named: string | null;
}

/** The order lines that a use can stand for: named by the bill, else of this operation, else of the whole order. */
export function issueLines(
  request: OperationsRequest,
  segment: Pick<SegmentRequirement, "materials">,
  { material, named }: UsedMaterial,
): readonly MaterialRequirement[] {
  const own = segment.materials.filter((m) => (named === null ? m.material === material : m.id === named));
  if (own.length > 0) return own;
  return request.segments.flatMap((s) => s.materials).filter((m) => m.material === material);
}

/**
 * Those of the lines that this source speaks for. One source per component: what the ERP deducts, a person issues or the
 * bill says is not also taken from a counter.
 *
 * @returns null when others post the use; an empty list for material that the order does not list
 */
export function ownIssueLines(
  lines: readonly MaterialRequirement[],
  { named }: UsedMaterial,
): readonly MaterialRequirement[] | null {
  const own = lines.filter((line) => line.mode === (named === null ? "measured" : "bill"));
  return lines.length > 0 && own.length === 0 ? null : own;
}

/**
 * Whether it moves stock and counts as used. What a counter has read of a component that the bill alone speaks for does not: it is
 * kept as what the machine has counted. Where the ERP deducts or a person issues, nothing else in our books says what was used.
 * The database asks the same before it takes a movement: `is_use` in migration 0036.
 */
export function isUse(
  request: OperationsRequest,
  segment: Pick<SegmentRequirement, "materials">,
  use: UsedMaterial,
): boolean {
  if (use.named !== null) return true;
  const modes = issueLines(request, segment, use).map(({ mode }) => mode);
  return modes.includes("measured") || !modes.includes("bill");
}
