/** Energy is stated when the run, the time without one, or the state that it was used in is over, not at each value of the meter. */
import type { Sample } from "../../record/sample.ts";
import type { RunState } from "./state.ts";
import { ruleIn, runIn, stateFact, type Work } from "./work.ts";

/**
 * States what was used since the last time.
 *
 * @param station  null: of the whole unit
 * @param run      the one that it was used for, when that is not the one of now
 */
export function tellEnergy(
  work: Work,
  station: string | null,
  because: Sample,
  run: RunState | null = runIn(work, station),
): void {
  const known = station === null ? null : work.stations[station];
  const micro = known ? known.energy : station === null ? work.energy : 0;
  if (micro === 0) return;
  const uom = work.context.compiled.energy?.uom ?? "KWH";
  stateFact(
    work,
    because,
    ruleIn("energy", station),
    { kind: "EnergyUsed", quantity: { micro: BigInt(micro), uom } },
    run,
  );
  if (known && station !== null) work.stations[station] = { ...known, energy: 0 };
  else work.energy = 0;
}
