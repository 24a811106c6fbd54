/**
 * What a second reading changes: facts that held before against facts that hold now, by trigger and rule.
 */
import { canonicalJson } from "../../base/json.ts";
import { factId, type Fact } from "../../record/fact.ts";

/** The newest revision of a statement, and whether it still holds. Keyed by the id it has at revision 0. */
export interface Effective {
  readonly fact: Fact;
  readonly holds: boolean;
}

/** @returns statements to record, in order of event time: corrections of what no longer holds, and what holds instead */
export function compareFacts(known: Map<string, Effective>, now: readonly Fact[]): readonly Fact[] {
  const statements: Fact[] = [];
  const holding = new Set<string>();
  for (const fact of now) {
    const base = fact.id;
    const old = known.get(base);
    holding.add(base);
    if (old?.holds && isSameStatement(old.fact, fact)) continue;
    const stated = old ? revise(fact, old.fact.revision + 1) : fact;
    if (old?.holds) statements.push(correct(old.fact));
    statements.push(stated);
    known.set(base, { fact: stated, holds: true });
  }
  for (const [base, old] of known) {
    if (!old.holds || holding.has(base)) continue;
    statements.push(correct(old.fact));
    known.set(base, { fact: old.fact, holds: false });
  }
  return statements.toSorted((a, b) => a.eventAt - b.eventAt);
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

/** Takes a fact back. Its id follows from the fact it corrects, so that it can be stated once only. */
function correct(fact: Fact): Fact {
  return {
    ...fact,
    id: factId(fact.id, "corrected", 0),
    rule: "corrected",
    body: { kind: "Corrected", corrects: fact.id, was: fact.body },
  };
}
