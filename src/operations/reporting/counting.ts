/** Pieces that a person counts. What good ones have used by bill is drawn from what is loaded. */
import { formatQuantity } from "../../base/quantity.ts";
import type { Fact } from "../../record/fact.ts";
import type { Statement } from "../../record/statement.ts";
import { drawLoaded } from "../tracking/loaded.ts";
import type { UnitState } from "./unit-state.ts";
import { done, factOf, refused, type SaidOf, type Verdict } from "./verdict.ts";

export function judgeCount(state: UnitState, statement: Statement, said: SaidOf<"count">): Verdict {
  const run = state.run?.id ?? statement.meaning.run;
  if (run === null) return refused("reporting/no-job", "No job is under way at this work unit. Start the job first.");
  const { grade, quantity, reason } = said;
  if (quantity.micro <= 0n) {
    const text = `${formatQuantity(quantity)} cannot be counted: enter more than zero, or take the wrong count back.`;
    return refused("reporting/count", text);
  }
  if (grade === "good" && state.run?.phase === "setup") {
    return refused("reporting/count-in-setup", "Good pieces come in production. End the set-up first, or count scrap.");
  }
  const { loads, used } = use(state, statement, run);
  const counted = factOf(statement, "report/count", { kind: "UnitsCounted", grade, quantity, reason }, run);
  return done({ ...state, loads }, [counted, ...used], `${formatQuantity(quantity)} ${grade} counted.`);
}

/** What a count that is taken back leaves used all the same: what its order uses once, and rounding. */
export function takeBack(state: UnitState, statement: Statement): Verdict {
  const { run } = statement.meaning;
  const { loads, used } = run === null ? { loads: state.loads, used: [] } : use(state, statement, run);
  return done({ ...state, loads }, used, "It is taken back.");
}

function use(
  state: UnitState,
  statement: Statement,
  run: string,
): { readonly loads: UnitState["loads"]; readonly used: readonly Fact[] } {
  const { loads, pieces } = drawLoaded(state.loads, statement.meaning.uses);
  const used = pieces.map(({ rule, ...piece }) => factOf(statement, rule, { kind: "MaterialConsumed", ...piece }, run));
  return { loads, used };
}
