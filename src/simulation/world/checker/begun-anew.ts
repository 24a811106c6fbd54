/**
 * What may be missing of a machine that was begun anew, because what was kept of it could not be read: one step of each of its
 * counters, which is asked about, and the time of it is named. Nothing is counted that was not said.
 */
import { isHeldAsked } from "../person/held-machine.ts";
import { fact, question, type RunColumns } from "../../store/schema/shop-floor.ts";
import { sourceOfKept } from "../../../record/kept-subject.ts";
import type { Happened, KeptLoss } from "../happened.ts";
import type { SimulatedMachine } from "../machine.ts";
import { stationNames } from "../plan.ts";
import { lateMs } from "../plant-site.ts";
import { countedInRun, type Made } from "./stated.ts";
import type { ReadRun } from "./read-run.ts";
import type { AtRest } from "./scene.ts";

/** Null: nothing of it was given up. */
export function lossOf({ happened }: Pick<AtRest, "happened">, machine: string): KeptLoss | null {
  const loss = happened.damaged.get(machine);
  // Where only a checkpoint was damaged, all that came before it tells the same.
  return loss && loss.begunAt !== null && loss.batches.length > 0 ? loss : null;
}

/** Whether something is made for an order by such a machine, or people have moved a run of one to it, or away from it. */
export function isOfBegunAnew(happened: Happened, order: string, machine: string | undefined): boolean {
  if (machine !== undefined && lossOf({ happened }, machine) !== null) return true;
  return happened.decisions.some((one) => {
    if (one.what !== "moved" || (one.from?.order !== order && one.to?.order !== order)) return false;
    return lossOf({ happened }, one.run.split(" ")[0] ?? "") !== null;
  });
}

/** It may lack something, or have something of another run of the machine; else all that was said in it is stated. */
export function isConcerned(loss: KeptLoss | null, { lastAt }: ReadRun): boolean {
  return loss !== null && lastAt >= loss.position - lateMs;
}

/** No machine is held for good, and none was begun anew of which nothing was damaged. */
export function checkHeld({ database, happened, complain }: AtRest): void {
  for (const row of database.rows(question)) {
    const machine = sourceOfKept(row.subject);
    if (isHeldAsked(row)) complain("held-begins-anew", `${machine} is held, and nobody has begun it anew`);
    else if (machine !== null && !happened.damaged.has(machine))
      complain("held-begins-anew", `${machine} was held, and nothing of it was damaged`);
  }
}

const micro = 1_000_000n;

/** @param stated  the runs of the machine by job and the time at which they began */
export function checkBegunAnew(
  world: AtRest,
  { plan }: SimulatedMachine,
  read: readonly ReadRun[],
  stated: ReadonlyMap<string, RunColumns>,
  made: ReadonlyMap<string, Made>,
): void {
  const loss = lossOf(world, plan.id);
  const hasGap = isGapNamed(world, plan.id);
  if (loss === null) {
    if (hasGap)
      world.complain("held-begins-anew", `a gap of ${plan.id} is named, and all that was kept of it could be read`);
    return;
  }
  if (!hasGap) world.complain("held-begins-anew", `${plan.id} was begun anew, and no gap says what was given up`);
  const rows = [...stated.values()];
  const concerned = read.filter((one) => isConcerned(loss, one));
  const missing: string[] = [];
  for (const grade of ["good", "scrap"] as const) {
    const said = read.reduce((sum, one) => sum + BigInt(one[grade]) * micro, 0n);
    const there = rows.reduce((sum, row) => sum + (made.get(row.id)?.[grade] ?? 0n), 0n);
    compare(world, plan.id, { what: `${grade} pieces`, said, there });
    const steps = concerned.map((one) => BigInt(one.largest[grade]) * micro);
    const most = steps.reduce((sum, one) => sum + one, 0n) * BigInt(stationNames.length);
    if (said - there > most)
      world.complain(
        "made-is-stated",
        `${plan.id}, begun anew, lacks ${said - there} ${grade} pieces; a step of each counter is ${most}`,
      );
    if (said > there) missing.push(grade);
  }
  for (const { material } of plan.slots) {
    const said = read.reduce((sum, one) => sum + BigInt(one.used.get(material) ?? 0) * micro, 0n);
    const there = rows.reduce((sum, row) => sum + (countedInRun(world.database, row.id).get(material) ?? 0n), 0n);
    // Of a material whose place was named in what was damaged nothing is known until it is named again.
    compare(world, plan.id, { what: material, said, there });
  }
  if (missing.length > 0 && !isAsked(world, plan.id, rows))
    world.complain("doubts-asked", `${plan.id}, begun anew, lacks something of ${missing.join(", ")}; nobody is asked`);
}

function compare(
  { complain }: AtRest,
  machine: string,
  { what, said, there }: { readonly what: string; readonly said: bigint; readonly there: bigint },
): void {
  if (there > said) complain("made-is-stated", `${machine}, begun anew, said ${said} of ${what}; ${there} are stated`);
}

function isGapNamed({ database }: AtRest, machine: string): boolean {
  return [...database.rows(fact)].some(
    ({ source, rule, said_by: by }) => source === machine && rule.startsWith("gap/") && by.by === "person",
  );
}

/** About a counter, or about a run of the machine. */
function isAsked({ database }: AtRest, machine: string, runs: readonly Pick<RunColumns, "id">[]): boolean {
  return [...database.rows(question)].some(
    ({ state, subject }) =>
      state === "open" &&
      sourceOfKept(subject) === null &&
      (subject.startsWith(`${machine}/`) || runs.some(({ id }) => subject.includes(id))),
  );
}
