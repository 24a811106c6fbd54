/** Who is at a work unit: several people at one, one person at several, with breaks. */
import type { Statement } from "../../record/statement.ts";
import type { UnitPerson, UnitState } from "./unit-state.ts";
import { done, factOf, ignored, refused, type Verdict } from "./verdict.ts";

export function judgeSignOn(state: UnitState, statement: Statement): Verdict {
  const { person, eventAt } = statement;
  if (present(state, statement)) return ignored("You are signed on here already.");
  const people = [...state.people, { person, since: eventAt, onBreak: false }];
  return done(
    { ...state, people },
    [factOf(statement, "report/signed-on", { kind: "PersonSignedOn", person }, runOf(state, statement))],
    "You are signed on.",
  );
}

export function judgeSignOff(state: UnitState, statement: Statement): Verdict {
  const { person } = statement;
  if (!present(state, statement)) return notHere();
  const people = state.people.filter((other) => other.person !== person);
  return done(
    { ...state, people },
    [factOf(statement, "report/signed-off", { kind: "PersonSignedOff", person }, runOf(state, statement))],
    "You are signed off.",
  );
}

export function judgeBreak(state: UnitState, statement: Statement, said: "break-begin" | "break-end"): Verdict {
  const { person } = statement;
  const own = present(state, statement);
  if (!own) return notHere();
  const onBreak = said === "break-begin";
  if (own.onBreak === onBreak) return ignored(onBreak ? "Your break has begun already." : "You are not on a break.");
  const people = state.people.map((other) => (other.person === person ? { ...other, onBreak } : other));
  const kind = onBreak ? "BreakBegun" : "BreakEnded";
  return done(
    { ...state, people },
    [factOf(statement, "report/break", { kind, person }, runOf(state, statement))],
    onBreak ? "Your break has begun." : "Your break is over.",
  );
}

function present(state: UnitState, { person }: Statement): UnitPerson | undefined {
  return state.people.find((other) => other.person === person);
}

function notHere(): Verdict {
  return refused("reporting/not-signed-on", "You are not signed on at this work unit. Sign on first.");
}

function runOf(state: UnitState, { meaning }: Statement): string | null {
  return state.run?.id ?? meaning.run;
}
