/** Which faults a plan has: what goes wrong, when, and with which numbers. What each does to the world is `fault-effect`. */
import type { Random } from "../random.ts";
import { faultKinds, type MachinePlan, type PlannedFault } from "./plan.ts";

export interface FaultSeason {
  readonly startMs: number;
  readonly endMs: number;
  readonly machines: readonly MachinePlan[];
  readonly perHour: number;
}

export function planFaults(
  chance: Random,
  { startMs, endMs, machines, perHour }: FaultSeason,
): readonly PlannedFault[] {
  const count = Math.round(((endMs - startMs) / 3_600_000) * perHour);
  const faults = Array.from({ length: count }, (): PlannedFault => {
    const kind = faultKinds[chance.whole(0, faultKinds.length - 1)] ?? "process-crash";
    const machine = machines[chance.whole(0, machines.length - 1)]?.id ?? "";
    return { kind, at: chance.whole(startMs, endMs), machine, size: chance.next() };
  });
  return fitting(
    faults.toSorted((a, b) => a.at - b.at),
    machines,
  );
}

/**
 * A restore brings back only what machines remember, so it happens once and where all of them do; and what was held up
 * longer than a map allows when the backup was made is not read again (see the spec).
 */
function fitting(faults: readonly PlannedFault[], machines: readonly MachinePlan[]): readonly PlannedFault[] {
  const remembered = machines.every((machine) => machine.hasHistory);
  const restored = remembered ? faults.find(({ kind }) => kind === "restored") : undefined;
  return faults.filter(({ kind }, i) =>
    kind === "restored" ? faults[i] === restored : kind !== "words-late" || restored === undefined,
  );
}
