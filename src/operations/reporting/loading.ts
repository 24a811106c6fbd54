/** Material that a person loads at a place of the work unit, or takes away from there. */
import { formatQuantity, type Quantity } from "../../base/quantity.ts";
import type { StorageLocation } from "../../isa95/resource/material.ts";
import type { Fact, LoadedMaterial } from "../../record/fact.ts";
import type { Statement } from "../../record/statement.ts";
import { loadRule } from "../tracking/loaded.ts";
import type { Load, UnitState } from "./unit-state.ts";
import { done, factOf, refused, type SaidOf, type Verdict } from "./verdict.ts";

export function judgeLoad(state: UnitState, statement: Statement, said: SaidOf<"load">): Verdict {
  const { material, lot, handlingUnit, position } = said;
  const { load: meant } = statement.meaning;
  if (!meant) return refused("reporting/wrong-material", `${material} is not wanted here.`);
  const there = state.loads.find((load) => load.position === position);
  if (there) {
    const text = `${position} holds ${nameOf(there)} already. Take it away first.`;
    return refused("reporting/position-taken", text);
  }
  if (handlingUnit !== null) {
    const twice = state.loads.find((load) => load.handlingUnit === handlingUnit);
    if (twice) return refused("reporting/loaded-twice", `${handlingUnit} is loaded at ${twice.position} already.`);
  }
  const load: Load = {
    id: statement.id,
    requirement: meant.requirement,
    ...(meant.operation && { operation: meant.operation }),
    material,
    lot,
    handlingUnit,
    position,
    left: meant.quantity,
    since: statement.eventAt,
    isSubstitute: meant.isSubstitute,
    from: meant.from,
  };
  const fact = factOf(
    statement,
    loadRule("report/loaded", load.id),
    { kind: "MaterialLoaded", ...loadedOf(load, load.left) },
    state.run?.id ?? statement.meaning.run,
  );
  return done({ ...state, loads: [...state.loads, load] }, [fact], `${nameOf(load)} is loaded at ${position}.`);
}

export function judgeUnload(state: UnitState, statement: Statement, said: SaidOf<"unload">): Verdict {
  const load = state.loads.find(({ position }) => position === said.position);
  if (!load) return refused("reporting/nothing-loaded", `Nothing is loaded at ${said.position}.`);
  const { returned } = said;
  if (returned && load.left && returned.uom !== load.left.uom) {
    const text = `${nameOf(load)} is kept in ${load.left.uom}. Enter what goes back in that unit.`;
    return refused("reporting/unit", text);
  }
  if (returned && returned.micro < 0n) return refused("reporting/count", "Less than nothing cannot go back.");
  const run = state.run?.id ?? statement.meaning.run;
  const facts: Fact[] = [
    factOf(
      statement,
      loadRule("report/unloaded", load.id),
      { kind: "MaterialUnloaded", ...loadedOf(load, load.left) },
      run,
    ),
  ];
  // Of material that nobody has weighed when it came, nothing was taken out of stock: nothing goes back either.
  const back = load.left && (returned ?? load.left);
  if (back && back.micro > 0n) {
    const { material, lot } = load;
    const to = placeText(load.from);
    const body = { kind: "MaterialReturned", material, lot, quantity: back, ...(to !== null && { to }) } as const;
    // What goes back was not used by the run: it stands outside its sums.
    facts.push(factOf(statement, loadRule("report/returned", load.id), body, null));
  }
  const loads = state.loads.filter((other) => other !== load);
  return done({ ...state, loads }, facts, messageOf(load, back));
}

function messageOf(load: Load, back: Quantity | null): string {
  const what = `${nameOf(load)} is taken away from ${load.position}`;
  if (!back || !load.left) return `${what}.`;
  const missing = load.left.micro - back.micro;
  const difference: Quantity = { micro: missing, uom: back.uom };
  const note = missing === 0n ? "" : ` Difference to the books: ${formatQuantity(difference)}.`;
  return `${what}; ${formatQuantity(back)} go back.${note}`;
}

function loadedOf(load: Load, quantity: Quantity | null): LoadedMaterial {
  const { material, lot, handlingUnit, position, from } = load;
  return { material, lot, handlingUnit, position, from: placeText(from), quantity };
}

function placeText(at: StorageLocation | null): string | null {
  return at && `${at.plant}/${at.location}`;
}

function nameOf({ material, lot }: Load): string {
  return lot === null ? material : `${material} lot ${lot}`;
}
