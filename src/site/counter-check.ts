/**
 * Whether the statements about one counter agree with each other. Two that contradict cannot both be the machine's
 * behaviour, and stock would be wrong.
 */
import { problem, type ContentPath, type Problem } from "./finding.ts";
import type { CounterTypeContent } from "./map-schema.ts";

const microPerUnit = 1_000_000;
/** Up to here any range is exact in millionths, and beyond it those that end on a power of two or ten. */
const exactMost = 9_007_199_253;

export function checkCounterType(type: CounterTypeContent, path: ContentPath): readonly Problem[] {
  const problems: Problem[] = [];
  const wrong = (key: string, message: string): void => void problems.push(problem([...path, key], message));
  const top = type.bits !== undefined ? 2 ** type.bits : type.max !== undefined ? type.max + 1 : null;
  if (type.bits !== undefined && type.max !== undefined) {
    wrong("max", "`bits` and `max` both say where the counter rolls over; write one of them");
  }
  if (type.drop === "stale" && top !== null) {
    wrong(
      type.bits === undefined ? "max" : "bits",
      "a counter that rolls over can fall by itself, so a lower value is not stale; write `drop: classify`, or remove this",
    );
  }
  if (type.drop === "stale" && type.reset === "manual") {
    wrong("drop", "after a reset by hand every value would be taken for stale; write `drop: classify`");
  }
  if (type.baseline === "zero" && type.reset !== "per-run") {
    wrong(
      "baseline",
      `with \`reset: ${type.reset}\` the count does not start from zero with the run; write \`baseline: first\``,
    );
  }
  if (top !== null && BigInt(top * microPerUnit) !== BigInt(top) * BigInt(microPerUnit)) {
    wrong("max", `a rollover after ${type.max} cannot be counted exactly; write at most ${exactMost}, or \`bits\``);
  }
  if (top !== null && type.stepMax >= top) {
    wrong(
      "stepMax",
      `a step of ${type.stepMax} is more than the whole range of ${top}; write less, so that a rollover can be told from a jump`,
    );
  }
  return problems;
}
