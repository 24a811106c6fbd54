/**
 * A run that a later reading of the machine puts in the place of another inherits what people have decided and said
 * about that one. Part of the transaction that states the facts.
 */
import { contentId } from "../base/id.ts";
import { correctionBy } from "../operations/collection/correction.ts";
import { replacedBy } from "../operations/execution/inheritance.ts";
import type { Fact } from "../record/fact.ts";
import type { JobBook } from "./job-book.ts";
import type { HeldRun, Tx } from "./ports.ts";

/** Rule of a fact that a person has said about a counter that could not be told. */
export const saidInAnswer = "decision/units";

/** The run in whose place this one stands; null for one that is simply new. */
export async function forsakenBy(
  tx: Tx,
  book: JobBook,
  { run, source, eventAt }: Fact,
  { job, article }: { readonly job: string; readonly article: string },
): Promise<HeldRun | null> {
  const all = (await tx.runs.forsaken({ source, job, article })).filter((found) => found.run.id !== run);
  const found = replacedBy(
    all.map((f) => ({ ...f, id: f.run.id, startedAt: f.run.startedAt })),
    eventAt,
  );
  if (!found) return null;
  await book.take(tx, found.run);
  return found.run;
}

/** @returns what people said about the old run: taken back there, stated about the new one */
export async function inherit(tx: Tx, book: JobBook, before: HeldRun, heir: string): Promise<readonly Fact[]> {
  const { decided, assignment } = before;
  const jobOrder = book.run(heir)?.jobOrder ?? null;
  if (decided) await book.decide(tx, heir, { jobOrder, decided, assignment });
  // For one order what was posted for the old one counts for the new one: only the difference is owed.
  if (decided || jobOrder === before.jobOrder) await book.putInPlace(tx, before.id, heir);
  const said = (await tx.facts.standing(before.id)).filter((fact) => fact.rule === saidInAnswer);
  return said.flatMap((fact) => [
    correctionBy(fact, fact.saidBy),
    { ...fact, id: contentId("said", fact.id, heir), run: heir, revision: fact.revision + 1 },
  ]);
}
