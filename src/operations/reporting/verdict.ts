/** What comes of a statement, and the facts that people state. */
import type { Instant } from "../../base/instant.ts";
import { makeFault, type Fault, type FaultCode } from "../../base/result.ts";
import { factId, type Fact, type FactBody, type MachineState } from "../../record/fact.ts";
import { manualSource, type Said, type Statement, type StatementKind } from "../../record/statement.ts";
import type { UnitState } from "./unit-state.ts";

export type Verdict =
  | { readonly verdict: "done"; readonly state: UnitState; readonly facts: readonly Fact[]; readonly message: string }
  /** It is so already: nothing happens twice. */
  | { readonly verdict: "ignored"; readonly message: string }
  | { readonly verdict: "refused"; readonly fault: Fault };

/** What is said in statements of one kind. */
export type SaidOf<K extends StatementKind> = Extract<Said, { readonly kind: K }>;

export function done(state: UnitState, facts: readonly Fact[], message: string): Verdict {
  return { verdict: "done", state, facts, message };
}

export function ignored(message: string): Verdict {
  return { verdict: "ignored", message };
}

export function refused(code: FaultCode, message: string): Verdict {
  return { verdict: "refused", fault: makeFault("refused", code, message) };
}

/** A fact on the word of a person; its evidence is the statement. */
export function factOf(statement: Statement, rule: string, body: FactBody, run: string | null): Fact {
  const { id, unit, eventAt, person, because } = statement;
  return {
    id: factId(id, rule, 0),
    source: manualSource(unit),
    workUnit: unit,
    run,
    eventAt,
    rule,
    mapVersion: 0,
    revision: 0,
    saidBy: { by: "person", person, reason: because ?? "" },
    evidence: [{ id, item: "statement", at: eventAt }],
    body,
  };
}

export function enteredState(statement: Statement, state: MachineState, raw: string, run: string | null): Fact {
  return factOf(statement, "report/state", { kind: "StateEntered", state, raw }, run);
}

export function explainedStop(statement: Statement, since: Instant, reason: string, run: string | null): Fact {
  return factOf(statement, "report/stop-reason", { kind: "StopExplained", since, reason }, run);
}
