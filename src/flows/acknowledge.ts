/** An operator has seen a job order: noted once, with the person and the time. */
import { formatInstant, type Instant } from "../base/instant.ts";
import { ok, type Result } from "../base/result.ts";
import type { PersonKey } from "../isa95/resource/person.ts";
import { decideOnce } from "./command.ts";
import type { ReportPorts } from "./report.ts";

export interface Acknowledged {
  readonly isNew: boolean;
  readonly message: string;
}

/** Whether the job order is there and may be seen was asked before. */
export async function acknowledgeJobOrder(
  ports: Pick<ReportPorts, "store" | "clock">,
  command: string,
  seen: { readonly jobOrder: string; readonly person: PersonKey },
): Promise<Result<Acknowledged>> {
  let isNew = false;
  const { jobOrder, person } = seen;
  const claimed = {
    id: command,
    name: "terminal/acknowledge",
    content: { jobOrder },
    about: jobOrder,
    actor: { person, reason: "seen at the terminal" },
  };
  const outcome = await ports.store.transaction(async (tx) => {
    isNew = false;
    const now = ports.clock.now();
    return decideOnce<{ readonly message: string }>(tx, claimed, now, async () => {
      const first: Instant = await tx.statements.acknowledge(jobOrder, person, now);
      isNew = first === now;
      return ok({ message: isNew ? "It is noted that you have seen it." : `It was seen on ${formatInstant(first)}.` });
    });
  });
  return outcome.ok ? ok({ isNew, ...outcome.value }) : outcome;
}
