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
 * @param jobs        the job of each run that was counted or loaded for in them, as people call it
 */
export function readStatements(
  before: UnitState,
  statements: readonly Statement[],
  fresh: Statement | null,
  known: readonly Fact[],
  control: Control,
  jobs: ReadonlyMap<string, string>,
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
  const moved = movedToOtherJob(before, held, facts, jobs);
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
  jobs: ReadonlyMap<string, string>,
): { readonly statement: string; readonly fault: Fault } | null {
  const now = new Map(before.run ? [[before.run.id, before.run.name]] : []);
  for (const { body, run } of facts) if (body.kind === "JobStarted" && run !== null) now.set(run, body.job);
  for (const fact of facts) {
    const old = held.get(fact.id);
    if (!old?.holds || !isOfJob(fact)) continue;
    const was = jobs.get(old.fact.run ?? "");
    const is = now.get(fact.run ?? "");
    if (was === undefined || is === undefined || was === is) continue;
    const fault = makeFault("refused", "reporting/contradicts", `It was said of ${was}.`);
    return { statement: fact.evidence[0]?.id ?? "", fault };
  }
  return null;
}

/** Whether it was looked up for the job under way what it means. */
export function isOfJob({ body }: Fact): boolean {
  return body.kind === "UnitsCounted" || body.kind === "MaterialLoaded";
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
