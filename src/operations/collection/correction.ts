/**
 * What a second reading changes: facts that held before against facts that hold now, by trigger and rule.
 */
import { canonicalJson } from "../../base/json.ts";
import { factId, type Fact, type SaidBy } from "../../record/fact.ts";

/** The newest revision of a statement, and whether it still holds. Keyed by the id it has at revision 0. */
export interface Effective {
  readonly fact: Fact;
  readonly holds: boolean;
}

/**
 * @returns statements to record: first what no longer holds is taken back, the newest first, as if it had never been
 *          said; then what holds instead, in order of event time
 */
export function compareFacts(known: Map<string, Effective>, now: readonly Fact[]): readonly Fact[] {
  const takenBack: Fact[] = [];
  const statements: Fact[] = [];
  const holding = new Set<string>();
  for (const fact of now) {
    const base = baseId(fact);
    const old = known.get(base);
    holding.add(base);
    if (old?.holds && isSameStatement(old.fact, fact)) continue;
    const stated = old ? revise(fact, old.fact.revision + 1) : fact;
    if (old?.holds) takenBack.push(correct(old.fact));
    statements.push(stated);
    known.set(base, { fact: stated, holds: true });
  }
  for (const [base, old] of known) {
    if (!old.holds || holding.has(base)) continue;
    takenBack.push(correct(old.fact));
    known.set(base, { fact: old.fact, holds: false });
  }
  const newestFirst = inOrder(takenBack).toReversed();
  return [...newestFirst, ...statements.toSorted((a, b) => a.eventAt - b.eventAt)];
}

/** What opens a run is taken back after everything else of its time, what ends it before. */
function inOrder(takenBack: readonly Fact[]): readonly Fact[] {
  const rank = (fact: Fact): number => (isOf(fact, "JobStarted") ? 0 : isOf(fact, "JobEnded") ? 2 : 1);
  return takenBack.toSorted((a, b) => a.eventAt - b.eventAt || rank(a) - rank(b));
}

function isOf({ body }: Fact, kind: Fact["body"]["kind"]): boolean {
  return body.kind === "Corrected" && body.was.kind === kind;
}

/** The newest revision of each statement among facts, in whatever order they come. */
export function effectiveOf(facts: readonly Fact[]): Map<string, Effective> {
  const takenBack = new Set(facts.flatMap((f) => (f.body.kind === "Corrected" ? [f.body.corrects] : [])));
  const effective = new Map<string, Effective>();
  for (const fact of facts) {
    if (fact.body.kind === "Corrected" || !isOwnStatement(fact)) continue;
    const base = baseId(fact);
    if ((effective.get(base)?.fact.revision ?? -1) > fact.revision) continue;
    effective.set(base, { fact, holds: !takenBack.has(fact.id) });
  }
  return effective;
}

/** True for what collection itself has stated: others derive facts from the same evidence, or state gaps. */
function isOwnStatement(fact: Fact): boolean {
  return fact.id === factId(fact.evidence[0]?.id ?? "", fact.rule, fact.revision);
}

/** The id that a fact's trigger and rule give it at revision 0. */
export function baseId(fact: Fact): string {
  return fact.revision === 0 ? fact.id : factId(fact.evidence[0]?.id ?? "", fact.rule, 0);
}

function isSameStatement(a: Fact, b: Fact): boolean {
  return (
    a.run === b.run &&
    a.workUnit === b.workUnit &&
    a.eventAt === b.eventAt &&
    canonicalJson(a.body) === canonicalJson(b.body)
  );
}

function revise(fact: Fact, revision: number): Fact {
  return { ...fact, revision, id: factId(fact.evidence[0]?.id ?? "", fact.rule, revision) };
}

/** Takes a fact back, as whoever stated it. */
function correct(fact: Fact): Fact {
  return correctionBy(fact, fact.saidBy);
}

/** Takes a fact back. Its id follows from the fact it corrects, so that it can be stated once only. */
export function correctionBy(fact: Fact, saidBy: SaidBy): Fact {
  return {
    ...fact,
    saidBy,
    id: factId(fact.id, "corrected", 0),
    // Use by bill is still of its order line when it is taken back.
    rule: fact.rule.startsWith("bill:") ? `corrected:${fact.rule}` : "corrected",
    body: { kind: "Corrected", corrects: fact.id, was: fact.body },
  };
}
