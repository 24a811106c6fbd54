import type { Taken } from "../memory.ts";
import type { CounterQuestion } from "../work.ts";

/** What is asked now, by subject, as the store keeps it: what is open already stays as it is. */
export function hearQuestions(
  open: Map<string, CounterQuestion>,
  { questions, withdrawn }: Pick<Taken, "questions" | "withdrawn">,
): void {
  for (const { subject, at } of withdrawn) {
    const known = open.get(subject);
    if (known && (at === undefined || known.about?.at === at)) open.delete(subject);
  }
  for (const one of questions) if (!open.has(one.subject)) open.set(one.subject, one);
}
