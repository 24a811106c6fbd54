/**
 * A document that the ERP has is taken back there: the posting that reverses it, and what follows when the ERP has answered
 * or a person has given it up. Whether it is to be taken back is decided by `correct` and `decide-posting`.
 * Spec: docs/spec/correction.md
 */
import { contentId, postingKey } from "../base/id.ts";
import type { Instant } from "../base/instant.ts";
import { localDate } from "../base/site-time.ts";
import { assert } from "../base/result.ts";
import {
  isReversal,
  postingTable,
  type DocumentReversal,
  type PostingCommand,
  type PostingState,
} from "../record/posting.ts";
import { mayHaveArrived } from "../record/decision.ts";
import { inOneGo, type FollowUpPorts } from "./one-by-one.ts";
import type { DecisionPorts } from "./operation-view.ts";
import { JobBook } from "./job-book.ts";
import { planOwed } from "./plan-owed.ts";
import type { PostingRow, Tx } from "./ports.ts";
import { runInPlaceOf } from "./run-line.ts";

/**
 * Plans the reversal of a confirmed document, which is being taken back from now on. Its identity follows from the
 * document's posting: the same correction has the same key in every life of the database.
 *
 * @param posting     locked
 * @param afterwards  what becomes of its facts
 */
export async function takeBack(
  tx: Tx,
  posting: PostingRow,
  afterwards: NonNullable<DocumentReversal["afterwards"]>,
  now: Instant,
): Promise<void> {
  const { content, document } = posting;
  assert(document && content.response, "a confirmed document has a number, and said something");
  const kind = posting.kind === "confirmation" ? ("confirmation-reversal" as const) : ("movement-reversal" as const);
  const { reference, dates } = content.response;
  const reversal: DocumentReversal = {
    reference,
    posting: posting.id,
    document: document.number,
    key: posting.key,
    postingDate: dates.postingDate,
    recordedAt: now,
    afterwards,
  };
  await tell(tx, posting, "reverse", now);
  const planned = {
    id: contentId("posting", posting.id, "reverses"),
    key: postingKey("posting", posting.id, "reverses"),
    erp: posting.erp,
    kind,
    request: posting.request,
    segment: posting.segment,
    run: null,
    content: { kind, response: null, reversal },
    facts: [],
    lanes: posting.lanes,
    sequenceKey: posting.sequence?.key ?? null,
    reverses: posting.id,
  };
  await tx.postings.plan([planned], now, await tx.site.isRecovering());
}

/**
 * Carries on what has been settled: the ERP has reversed a document, or a person has given its reversal up. What is to be
 * done follows from the states in the database alone.
 *
 * @returns how many documents went a step on
 */
export async function settleReversals(ports: FollowUpPorts, erp: string): Promise<number> {
  const { store, clock, each = inOneGo } = ports;
  let steps = 0;
  for (const id of await store.transaction((tx) => tx.corrections.settledReversals(erp))) {
    const isStep = await each(`What was taken back of posting ${id}`, () =>
      store.transaction((tx) => settleReversal(tx, ports, id, clock.now())),
    );
    if (isStep) steps += 1;
  }
  return steps;
}

async function settleReversal(tx: Tx, ports: DecisionPorts, id: string, now: Instant): Promise<boolean> {
  const name = await tx.decisions.runOfPosting(id);
  // Whoever states facts locks the run before its postings, and so do we.
  const run = name === null ? null : await runInPlaceOf(tx, name);
  if (!run) return false;
  const book = await JobBook.ofRuns(tx, [run]);
  const posting = await tx.postings.lock(id);
  const [known] = await tx.corrections.reversalsOf([id]);
  const reversal = known ? await tx.decisions.posting(known.id) : null;
  if (posting?.state !== "reversing" || !reversal || !isReversal(reversal.content)) return false;
  if (reversal.state === "confirmed") {
    const { afterwards } = reversal.content.reversal;
    await tx.postings.move(
      posting,
      next(posting.state, "reversal-done"),
      now,
      afterwards === "hold" ? "kept" : undefined,
    );
  } else if (reversal.state === "dismissed") {
    // Given up while nobody knew whether it had arrived: nobody knows of the document either.
    const isUncertain = mayHaveArrived(reversal);
    await tell(tx, posting, isUncertain ? "escalate" : "keep", now);
  } else return false;
  // What is made today of a run that goes on is planned with the rest of its day.
  const before = run.endedAt === null ? localDate(now, ports.site.zone) : null;
  await planOwed(tx, ports, book, run.id, before, now);
  return true;
}

async function tell(tx: Tx, posting: PostingRow, command: PostingCommand, now: Instant): Promise<void> {
  await tx.postings.move(posting, next(posting.state, command), now);
}

function next(state: PostingState, command: PostingCommand): PostingState {
  const to = postingTable[state][command];
  assert(to !== "refuse-command" && to !== "ignore", `a ${state} posting can be told to ${command}`);
  return to;
}
