/**
 * What must hold when everything has come to rest: what machines really made is stated, what is stated is in the ledger
 * and in the ERP, once, and whatever is not has a place where a person finds it.
 */
import { checkTold } from "./bench.ts";
import { checkHeld } from "./begun-anew.ts";
import { checkComparison } from "./comparison.ts";
import { checkBesideOther, checkBesideUnknown, checkDocuments, checkDrained } from "./document.ts";
import { checkEvidence, checkMachine, heardOf } from "./made.ts";
import { madeByRun } from "./stated.ts";
import { checkOrderStates } from "./order-state.ts";
import { predict } from "./model.ts";
import { checkOrders, checkOrphans } from "./order.ts";
import { checkPrediction, type Foresight } from "./outcome.ts";
import { checkReversals } from "./reversal.ts";
import type { AtRest } from "./scene.ts";
import { checkUsed } from "./used.ts";

/** @returns how much of it could be foretold */
export function checkAtRest(world: AtRest): Foresight {
  const made = madeByRun(world.database);
  const heard = heardOf(world);
  const read = new Map(world.machines.map((machine) => [machine.plan.id, checkMachine(world, machine, heard, made)]));
  checkHeld(world);
  checkEvidence(world);
  checkOrders(world, made);
  checkOrderStates(world);
  checkUsed(world);
  checkOrphans(world, made);
  checkDocuments(world);
  checkBesideUnknown(world);
  checkBesideOther(world);
  checkReversals(world);
  checkDrained(world);
  checkComparison(world);
  checkTold(world, world.told);
  return checkPrediction(world, predict({ ...world, read }));
}
