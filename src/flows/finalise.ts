/**
 * An operation becomes final, by a person or by a rule: what is owed of it is planned, its final confirmation is planned
 * behind all of that, its job orders are completed, and nothing more is planned for it. One transaction.
 */
import { instant, type Instant } from "../base/instant.ts";
import { localDate } from "../base/site-time.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { finalConfirmation, finalityId, judgeFinal } from "../operations/execution/final.ts";
import { afterCommand } from "../operations/execution/job-order-state.ts";
import { isConfirmed } from "../operations/order/operation.ts";
import type { Actor } from "../record/command.ts";
import type { DecidedBy, Finality } from "../record/finality.ts";
import { mayBePostedAlready } from "./after-restore.ts";
import { decideOnce } from "./command.ts";
import type { MadeOperation } from "./finality-ports.ts";
import { inOneGo, type FollowUpPorts } from "./one-by-one.ts";
import { lockOperation, type DecisionPorts, type LockedOperation, type OperationReference } from "./operation-view.ts";
import { planOwed } from "./plan-owed.ts";
import type { Tx } from "./ports.ts";

/** What a person is told. */
export interface FinalOutcome {
  readonly state: "final" | "reopening" | "open";
  readonly order: string;
  readonly segment: string;
  readonly covers: readonly string[];
  /** Key of the final confirmation that the ERP will get; null when the operation is not confirmed for itself. */
  readonly key: string | null;
  /** It was decided before, by somebody else. */
  readonly already: boolean;
  /** Amounts of the operation that wait for a decision and are not posted as long as it is final. */
  readonly doubts: number;
}

export interface DecideOperation extends OperationReference {
  /** Id of the command: the same id is the same decision. */
  readonly id: string;
  readonly actor: Actor;
}

/** @fault see `judgeFinal`, `lockOperation` and `decideOnce`; a refusal is kept as the command's outcome */
export function finalise(ports: DecisionPorts, command: DecideOperation): Promise<Result<FinalOutcome>> {
  const { id, request, segment, actor } = command;
  const now = ports.clock.now();
  return ports.store.transaction((tx) =>
    decideOnce(tx, { id, name: "operation/finalise", content: { request, segment }, actor, about: request }, now, () =>
      close(tx, ports, command, { by: "person", command: id, ...actor }, now),
    ),
  );
}

/** Looked at in one go; the rest comes with the next look. */
const ruleBatch = 500;

/**
 * Operations that the rule has left to people, by name, with when it looks at them again, in milliseconds of the monotonic
 * clock. In memory alone: a process that starts looks at all of them.
 */
export type LeftToPeople = Map<string, MadeOperation & { readonly againMs: number }>;

/**
 * Finalises what the rule of the ERP's posting policy names. Not while a restored database still reads what happened.
 * Where amounts wait for a decision it waits as long again: to look is to plan anew all that is owed of the operation.
 *
 * @param left  what earlier looks have left; it goes on to change
 * @returns how many operations became final
 */
export async function finaliseByRule(ports: FollowUpPorts, erp: string, left: LeftToPeople): Promise<number> {
  const { each = inOneGo } = ports;
  const { final } = ports.site.posting(erp);
  if (final === "never") return 0;
  const waitMs = final.afterMinutes * 60_000;
  const now = ports.clock.now();
  const monotonicMs = ports.clock.monotonicMs();
  for (const [name, { againMs }] of left) if (againMs <= monotonicMs) left.delete(name);
  const before = instant(now - waitMs);
  const rule = `ordered quantity reached, no run open, ${final.afterMinutes} min since the last run`;
  const found = await ports.store.transaction(async (tx) =>
    // Those that are left take no place from others, and no time: they are ever more, and to look reads all their facts.
    (await tx.site.isRecovering()) ? [] : tx.finalities.made(erp, before, ruleBatch, { except: [...left.values()] }),
  );
  let decided = 0;
  for (const operation of found) {
    const name = `${operation.request}/${operation.segment}`;
    const decide = async (tx: Tx): Promise<Result<FinalOutcome>> => {
      // Under the locks once more: a run may have begun since.
      const still = await lockOperation(tx, operation);
      if (!still.ok) return still;
      const isMade = (await tx.finalities.made(erp, before, ruleBatch, { request: operation.request })).some(
        (made) => made.segment === operation.segment,
      );
      if (!isMade) return fail("conflict", "final/not-made", "The rule does not hold any more.");
      return close(tx, ports, operation, { by: "rule", rule }, now);
    };
    const outcome = await each(`Final by rule: ${name}`, () => ports.store.transaction(decide));
    if (!outcome) continue;
    if (!outcome.ok && outcome.fault.code === "final/doubts")
      left.set(name, { ...operation, againMs: monotonicMs + waitMs });
    if (outcome.ok && !outcome.value.already) decided += 1;
  }
  return decided;
}

async function close(
  tx: Tx,
  ports: DecisionPorts,
  operation: OperationReference,
  decidedBy: DecidedBy,
  now: Instant,
): Promise<Result<FinalOutcome>> {
  const locked = await lockOperation(tx, operation);
  if (!locked.ok) return locked;
  const { view, book, runs } = locked.value;
  const judged = judgeFinal(view);
  if (!judged.ok) return judged;
  if ("already" in judged.value)
    return ok(outcomeOf(locked.value, judged.value.already, { already: true, key: null, doubts: 0 }));
  const { covers } = judged.value;
  const doubts = await planAll(tx, ports, locked.value, covers, now);
  if (doubts > 0 && decidedBy.by === "rule")
    return fail("refused", "final/doubts", "Amounts of the operation wait for a decision: a person makes it final.");
  if (await tx.corrections.isCorrecting(view.request.id, covers)) {
    const text =
      "Something that was posted of the operation is being corrected, and is posted anew. Decide again in a moment.";
    return fail("conflict", "final/correcting", text);
  }
  const { request, segment } = view;
  const number = ((await tx.finalities.history(request.id, segment.id)).at(-1)?.number ?? 0) + 1;
  const posting = isConfirmed(request, segment)
    ? finalConfirmation(view, { number, at: now, date: localDate(now, ports.site.zone) })
    : null;
  if (posting) {
    const { erp } = request.reference;
    const whole = {
      ...posting,
      erp,
      kind: "final-confirmation" as const,
      request: request.id,
      segment: segment.id,
      run: null,
      facts: [],
      closes: covers,
    };
    const isAsked = await mayBePostedAlready(tx, "decision");
    const inDoubt = isAsked(now) || runs.some(({ startedAt }) => isAsked(startedAt));
    await tx.postings.plan([whole], now, inDoubt);
  }
  const finality: Finality = {
    id: finalityId(request.id, segment.id, number),
    request: request.id,
    segment: segment.id,
    number,
    state: "final",
    covers,
    decidedAt: now,
    decidedBy,
    posting: posting?.id ?? null,
    reopenedAt: null,
    reopenedBy: null,
    reversal: null,
    version: 0,
  };
  await tx.finalities.insert(finality);
  for (const { jobOrder } of locked.value.rows) {
    if (!covers.includes(jobOrder.segment)) continue;
    book.change(jobOrder.id, (row) => ({
      ...row,
      jobOrder: { ...row.jobOrder, state: afterCommand(row.jobOrder.state, "complete") },
    }));
  }
  await book.save(tx);
  return ok(outcomeOf(locked.value, finality, { already: false, key: posting?.key ?? null, doubts }));
}

/** Plans what is owed of the operations. @returns how many amounts wait for a decision */
export async function planAll(
  tx: Tx,
  ports: Pick<DecisionPorts, "site">,
  { runs, rows, book }: LockedOperation,
  segments: readonly string[],
  now: Instant,
): Promise<number> {
  const own = new Set(rows.filter((r) => segments.includes(r.jobOrder.segment)).map((r) => r.jobOrder.id));
  let doubts = 0;
  for (const run of runs) {
    if (run.jobOrder === null || !own.has(run.jobOrder) || run.endedAt === null) continue;
    doubts += (await planOwed(tx, ports, book, run.id, null, now)).doubts;
  }
  return doubts;
}

export function outcomeOf(
  { view }: LockedOperation,
  finality: Finality,
  more: Pick<FinalOutcome, "already" | "key" | "doubts">,
): FinalOutcome {
  return {
    state: finality.state === "reopened" ? "open" : finality.state,
    order: view.request.reference.number,
    segment: finality.segment,
    covers: finality.covers,
    ...more,
  };
}
