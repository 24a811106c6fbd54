/** What follows from all decisions of people together, for the second model. */
import type { Decision, Place, RunName } from "../happened.ts";

export interface Decided {
  /** Where a run belongs now; null: to nothing. */
  readonly runs: ReadonlyMap<RunName, Place | null>;
  /** Postings that a person has taken back, dismissed or replaced. */
  readonly undone: ReadonlySet<string>;
  /** Those of them that go on to speak for what they said: it is not posted again. */
  readonly keptOut: ReadonlySet<string>;
  /** Runs of which something was let go by a posting that spoke for it. */
  readonly released: ReadonlySet<RunName>;
  /** Runs of which a document has another posting date than its pieces. */
  readonly datedAnew: ReadonlySet<RunName>;
  readonly orders: ReadonlySet<string>;
  readonly reopened: ReadonlySet<string>;
}

export function afterAll(decisions: readonly Decision[]): Decided {
  const runs = new Map<RunName, Place | null>();
  const undone = new Set<string>();
  const keptOut = new Map<string, RunName | null>();
  const released = new Set<RunName>();
  const datedAnew = new Set<RunName>();
  const orders = new Set<string>();
  const reopened = new Set<string>();
  for (const decision of decisions) {
    if (decision.what === "moved") {
      const { run, from, to } = decision;
      runs.set(run, to);
      for (const [posting, of] of keptOut) if (of === run) keptOut.delete(posting);
      for (const place of [from, to]) if (place) orders.add(place.order);
      continue;
    }
    // The simple reading speaks of that.
    if (decision.what === "said-pieces") continue;
    orders.add(decision.of.order);
    if (decision.what === "reopened") {
      reopened.add(decision.of.order);
      continue;
    }
    const { what, posting, run } = decision;
    if (what === "released") keptOut.delete(posting);
    else undone.add(posting);
    if (what === "released" && run !== null) released.add(run);
    if (what === "dated-anew" && run !== null) datedAnew.add(run);
    if (what === "taken-back" || what === "dismissed") keptOut.set(posting, run);
  }
  return { runs, undone, keptOut: new Set(keptOut.keys()), released, datedAnew, orders, reopened };
}
