/** What machines that number their runs are to do in them: step aside, count late, go on outside. As data, from the seed. */
import type { Random } from "../random.ts";
import {
  countedComponent,
  countedMaterials,
  plainCourse,
  type AsidePlan,
  type MachinePlan,
  type RunCourse,
  type RunPlan,
} from "./plan.ts";

/** Of each run, beside its cycles: it opens, is announced to end, is left, and names nothing any more; of one aside the same. */
const turns = 4;

/**
 * The same machine, which numbers its runs.
 *
 * @param slotMs  each of its runs has so much time, with all that it does in between
 */
export function numbered(machine: MachinePlan, chance: Random, slotMs: number): MachinePlan {
  const runs = machine.runs.map((run, index): RunPlan => {
    const course = courseOf(machine, index, chance.fork(`run ${index}`));
    return { ...run, course, cycleMs: Math.max(1, Math.floor(slotMs / (1.6 * (stepsOf(run, course) + 1)))) };
  });
  const measured = chance.fork("slots").chance(0.5) ? countedMaterials : [];
  const slots = chance.fork("component").chance(0.3) ? [countedComponent, ...measured] : measured;
  return { ...machine, runsBy: "number", slots, countersFrom: 0, runs };
}

/**
 * The same machine with two stations. Each has every other run, and twice the time for it: a run begins in the middle of the
 * one before, which may be of the same order.
 */
export function stationed(machine: MachinePlan): MachinePlan {
  const last = machine.runs.length - 1;
  const runs = machine.runs.map((run, i) => (i === last ? run : { ...run, cycleMs: 2 * run.cycleMs }));
  return { ...machine, runsBy: "station", runs };
}

function courseOf({ runs }: MachinePlan, index: number, chance: Random): RunCourse {
  const run = runs[index];
  if (!run) return plainCourse;
  return {
    aside: chance.chance(0.5) ? asideOf(runs, index, chance.fork("aside")) : null,
    closingCycles: chance.whole(0, 2),
    outsideCycles: chance.chance(0.4) ? chance.whole(0, 3) : null,
    lateAfter: chance.chance(0.3) ? chance.whole(1, 5) : null,
  };
}

/** A run of another order of the machine, or of one that nobody knows. */
function asideOf(runs: readonly RunPlan[], index: number, chance: Random): AsidePlan {
  const own = runs[index]?.job.split("-")[0];
  const others = runs.filter(({ job }) => job !== "" && job.split("-")[0] !== own);
  const other = others[chance.whole(0, Math.max(0, others.length - 1))]?.job;
  return {
    afterCycles: chance.whole(0, (runs[index]?.cycles ?? 1) - 1),
    job: other === undefined || chance.chance(0.1) ? `UNKNOWN-ASIDE-${index}` : other,
    cycles: chance.whole(0, 6),
    closingCycles: chance.whole(0, 1),
    isInstead: chance.chance(0.2),
  };
}

function stepsOf({ cycles }: RunPlan, { aside, closingCycles, outsideCycles }: RunCourse): number {
  const own = cycles + closingCycles + (outsideCycles ?? 0) + turns;
  return aside ? own + aside.cycles + aside.closingCycles + turns : own;
}
