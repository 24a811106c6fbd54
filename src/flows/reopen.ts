/**
 * The decision that an operation is final is taken back: what was not sent is dismissed; what the ERP has is taken back
 * there by a document of its own, under the same protocol. Only when nothing of it stands in the ERP any more is what
 * is owed planned again.
 */
import type { Instant } from "../base/instant.ts";
import { localDate } from "../base/site-time.ts";
import { assert, ok, type Result } from "../base/result.ts";
import { finalReversal, judgeReopen, takeBackStep } from "../operations/execution/final.ts";
import { afterCommand } from "../operations/execution/job-order-state.ts";
import { isHeldByErp } from "../operations/order/change.ts";
import type { DecidedBy, Finality } from "../record/finality.ts";
import { postingTable, type PostingCommand, type PostingState } from "../record/posting.ts";
import { decideOnce } from "./command.ts";
import { change } from "./decide-posting.ts";
import type { DecidablePosting } from "./decision-ports.ts";
import { outcomeOf, planAll, type DecideOperation, type FinalOutcome } from "./finalise.ts";
import { inOneGo, type FollowUpPorts } from "./one-by-one.ts";
import { lockOperation, type DecisionPorts, type LockedOperation } from "./operation-view.ts";
import { lateSubject } from "./plan-owed.ts";
import type { PostingRow, Tx } from "./ports.ts";

/** @fault see `judgeReopen`, `lockOperation` and `decideOnce`; a refusal is kept as the command's outcome */
export function reopen(ports: DecisionPorts, command: DecideOperation): Promise<Result<FinalOutcome>> {
  const { id, request, segment, actor } = command;
  const now = ports.clock.now();
  return ports.store.transaction((tx) =>
    decideOnce(tx, { id, name: "operation/reopen", content: { request, segment }, actor, about: request }, now, () =>
      takeBack(tx, ports, command, { by: "person", command: id, ...actor }, now),
    ),
  );
}

async function takeBack(
  tx: Tx,
  ports: DecisionPorts,
  command: DecideOperation,
  reopenedBy: DecidedBy,
  now: Instant,
): Promise<Result<FinalOutcome>> {
  const locked = await lockOperation(tx, command);
  if (!locked.ok) return locked;
  const judged = judgeReopen(locked.value.view);
  if (!judged.ok) return judged;
  const held = judged.value;
  const already = held.state === "reopening";
  const told: Finality = already ? held : { ...held, state: "reopening", reopenedAt: now, reopenedBy };
  if (!already) await tx.finalities.save(told);
  const version = already ? held.version : held.version + 1;
  const after = await step(tx, ports, locked.value, { ...told, version }, now);
  return ok(outcomeOf(locked.value, after, { already, key: null, doubts: 0 }));
}

/**
 * Goes on with what is being reopened, as far as the ERP has answered. Called again and again; what is to be done
 * follows from the states in the database alone.
 *
 * @returns how many decisions made a step
 */
export async function goOnReopening(ports: FollowUpPorts, erp: string): Promise<number> {
  const { each = inOneGo } = ports;
  const waiting = await ports.store.transaction((tx) => tx.finalities.reopening(erp));
  let steps = 0;
  for (const { id, request, segment } of waiting) {
    const now = ports.clock.now();
    const goOn = async (tx: Tx): Promise<boolean> => {
      const locked = await lockOperation(tx, { request, segment });
      const held = locked.ok
        ? locked.value.view.standing.find((f) => f.id === id && f.state === "reopening")
        : undefined;
      return locked.ok && held !== undefined && (await step(tx, ports, locked.value, held, now)) !== held;
    };
    if (await each(`Reopened ${request}/${segment}`, () => ports.store.transaction(goOn))) steps += 1;
  }
  return steps;
}

/** One step, or the last two at once. @returns the very same decision when somebody else has to speak first */
async function step(
  tx: Tx,
  ports: DecisionPorts,
  locked: LockedOperation,
  held: Finality,
  now: Instant,
): Promise<Finality> {
  const original = held.posting === null ? null : await tx.postings.lock(held.posting);
  const known = original && (await tx.decisions.posting(original.id));
  const reversal = held.reversal === null ? null : await tx.postings.lock(held.reversal);
  switch (takeBackStep(known, reversal?.state ?? null)) {
    case "wait":
      return held;
    case "ask":
      if (known) await ask(tx, held, known, now);
      return held;
    case "reverse":
      return reverse(tx, ports, locked, held, original, now);
    case "dismiss":
      await tell(tx, original, "dismiss", now);
      return finish(tx, ports, locked, held, now);
    case "settle":
      await tell(tx, original, "reversal-done", now);
      return finish(tx, ports, locked, held, now);
    case "finish":
      return finish(tx, ports, locked, held, now);
  }
}

/** It is due as in doubt: `goOnReopening` goes on when the ERP has answered. */
async function ask(tx: Tx, { id, reopenedBy }: Finality, original: DecidablePosting, now: Instant): Promise<void> {
  const because = reopenedBy?.by === "person" ? reopenedBy.command : id;
  await change(tx, original, "doubt", { dueAt: now }, because, now);
}

async function reverse(
  tx: Tx,
  ports: DecisionPorts,
  { view }: LockedOperation,
  held: Finality,
  original: PostingRow | null,
  now: Instant,
): Promise<Finality> {
  assert(original?.document, "a confirmed posting has a document");
  const { request, segment } = view;
  const of = {
    number: held.number,
    at: now,
    date: localDate(now, ports.site.zone),
    posting: original.id,
    document: original.document.number,
    key: original.key,
  };
  const planned = {
    ...finalReversal(view, of),
    erp: original.erp,
    kind: "confirmation-reversal" as const,
    request: request.id,
    segment: segment.id,
    run: null,
    facts: [],
  };
  await tell(tx, original, "reverse", now);
  await tx.postings.plan([planned], now, await tx.site.isRecovering());
  const next = { ...held, reversal: planned.id };
  await tx.finalities.save(next);
  return { ...next, version: held.version + 1 };
}

/** Nothing of it stands in the ERP: what came meanwhile is owed again, and may be dispatched. */
async function finish(
  tx: Tx,
  ports: DecisionPorts,
  locked: LockedOperation,
  held: Finality,
  now: Instant,
): Promise<Finality> {
  const { book, rows, view } = locked;
  const next: Finality = { ...held, state: "reopened" };
  await tx.finalities.save(next);
  const others = view.standing.filter((f) => f.id !== held.id);
  const open = held.covers.filter((segment) => !others.some((f) => f.covers.includes(segment)));
  for (const { jobOrder } of rows) {
    if (!open.includes(jobOrder.segment)) continue;
    book.change(jobOrder.id, (row) => {
      if (row.jobOrder.state !== "completed") return row;
      const ready = afterCommand(row.jobOrder.state, "reopen");
      // What the ERP holds meanwhile stays held.
      const reopened = isHeldByErp(view.request) ? afterCommand(ready, "hold") : ready;
      const state = view.running.has(jobOrder.id) ? afterCommand(reopened, "start") : reopened;
      return { ...row, jobOrder: { ...row.jobOrder, state } };
    });
  }
  await book.save(tx);
  await tx.attention.answer([lateSubject(held)], now);
  await planAll(tx, ports, locked, open, now);
  return { ...next, version: held.version + 1 };
}

async function tell(tx: Tx, posting: PostingRow | null, command: PostingCommand, now: Instant): Promise<void> {
  if (posting) await tx.postings.move(posting, after(posting.state, command), now);
}

function after(state: PostingState, command: PostingCommand): PostingState {
  const next = postingTable[state][command];
  assert(next !== "refuse-command" && next !== "ignore", `a ${state} posting can be told to ${command}`);
  return next;
}
