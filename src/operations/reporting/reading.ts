/**
 * Reads statements in order of event time. One that is entered late, or taken back, changes what follows from those
 * after it: they are read again, and what differs from the facts that were stated before becomes corrections. One that
 * says what is so already then loses its effect until it is not; a change that a later statement contradicts is refused.
 */
import { formatInstant } from "../../base/instant.ts";
import { makeFault, type Fault } from "../../base/result.ts";
import type { Fact } from "../../record/fact.ts";
import type { Statement } from "../../record/statement.ts";
import { compareFacts, effectiveOf, type Effective } from "../collection/correction.ts";
import { judge } from "./judgement.ts";
import type { UnitState } from "./unit-state.ts";
import type { Control } from "./unit-table.ts";

export interface Reading {
  /** State after each statement that had an effect, in order. */
  readonly states: readonly { readonly statement: string; readonly state: UnitState }[];
  /** Those after the new one that say what is so already. */
  readonly without: readonly string[];
  /** Statements of facts to record: corrections first. */
  readonly facts: readonly Fact[];
  /** What the new statement did; null when there is none. */
  readonly message: string | null;
  /** False when it was so already. */
  readonly isEffective: boolean;
}

export type ReadingResult =
  | { readonly ok: true; readonly value: Reading }
  | { readonly ok: false; readonly fault: Fault };

/**
 * @param before      the state before the earliest of `statements`
 * @param statements  all that stand from then on, in order, with the new one among them
 * @param fresh       the new one; null when nothing new is said
 * @param known       facts that the statements, and the one that is taken back, have led to so far
 */
export function readStatements(
  before: UnitState,
  statements: readonly Statement[],
  fresh: Statement | null,
  known: readonly Fact[],
  control: Control,
): ReadingResult {
  let state = before;
  let message: string | null = null;
  let isEffective = true;
  const facts: Fact[] = [];
  const states: { statement: string; state: UnitState }[] = [];
  const without: string[] = [];
  for (const statement of statements) {
    const verdict = judge(state, statement, control);
    const isFresh = statement.id === fresh?.id;
    if (verdict.verdict === "refused") {
      return { ok: false, fault: isFresh ? verdict.fault : contradiction(statement, verdict.fault) };
    }
    if (isFresh) {
      message = verdict.message;
      isEffective = verdict.verdict === "done";
    }
    if (verdict.verdict === "ignored") {
      if (!isFresh) without.push(statement.id);
      continue;
    }
    state = verdict.state;
    facts.push(...verdict.facts);
    states.push({ statement: statement.id, state });
  }
  const held = effectiveOf(known);
  const moved = movedToOtherJob(before, held, facts);
  const elsewhere = moved && statements.find(({ id }) => id === moved.statement);
  if (elsewhere) return { ok: false, fault: contradiction(elsewhere, moved.fault) };
  const changed = compareFacts(held, facts).map((fact) => (fresh ? correctedBy(fact, fresh) : fact));
  return { ok: true, value: { states, without, facts: changed, message, isEffective } };
}

/**
 * What was counted, or loaded, stays with the job for which it was said: what it used, and which line it fits, was looked
 * up for that one. Another run of the same job is as good.
 */
function movedToOtherJob(
  before: UnitState,
  held: ReadonlyMap<string, Effective>,
  facts: readonly Fact[],
): { readonly statement: string; readonly fault: Fault } | null {
  const jobs = new Map<string, { readonly jobOrder: string; readonly name: string }>();
  if (before.run) jobs.set(before.run.id, before.run);
  for (const { body, run } of [...[...held.values()].map(({ fact }) => fact), ...facts]) {
    if (body.kind !== "JobStarted" || body.jobOrder === undefined || run === null) continue;
    jobs.set(run, { jobOrder: body.jobOrder, name: body.job });
  }
  for (const { id, run, body, evidence } of facts) {
    if (body.kind !== "UnitsCounted" && body.kind !== "MaterialLoaded") continue;
    const old = held.get(id);
    const was = old?.holds ? jobs.get(old.fact.run ?? "") : undefined;
    const is = jobs.get(run ?? "");
    if (!was || !is || was.jobOrder === is.jobOrder) continue;
    const fault = makeFault("refused", "reporting/contradicts", `It was said of ${was.name}.`);
    return { statement: evidence[0]?.id ?? "", fault };
  }
  return null;
}

/** Whoever makes it necessary says the correction, and what they said is part of its evidence. */
function correctedBy(fact: Fact, { id, eventAt, person, because }: Statement): Fact {
  if (fact.body.kind !== "Corrected") return fact;
  const evidence = [...fact.evidence, { id, item: "statement", at: eventAt }];
  return { ...fact, saidBy: { by: "person", person, reason: because ?? "" }, evidence };
}

function contradiction({ eventAt, said }: Statement, { message }: Fault): Fault {
  const at = formatInstant(eventAt);
  const text = `This contradicts what was reported afterwards: "${said.kind}" at ${at}. ${message} Take that back first.`;
  return makeFault("refused", "reporting/contradicts", text);
}
