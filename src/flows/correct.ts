/**
 * Corrects what an ERP was told and does not hold any more: by the ERP's table a document is taken back and posted anew, one
 * that has not left is planned anew, or a person is asked. What is to be done follows from the database alone, so this is
 * called again and again. Spec: docs/spec/correction.md
 */
import type { Instant } from "../base/instant.ts";
import { localDate } from "../base/site-time.ts";
import {
  amountsOf,
  documentStage,
  documentsToReverse,
  holdsShort,
  type Amounts,
  type CorrectedDocument,
} from "../operations/execution/correction.ts";
import type { Shortfall } from "../operations/execution/posting-plan.ts";
import type { Correction, ErpCorrections } from "../record/correction.ts";
import { mayHaveArrived } from "../record/decision.ts";
import type { KnownReversal } from "./correction-ports.ts";
import type { DecidablePosting } from "./decision-ports.ts";
import { JobBook } from "./job-book.ts";
import { inOneGo, type FollowUpPorts } from "./one-by-one.ts";
import type { DecisionPorts } from "./operation-view.ts";
import { lateQuestion, planOwed, shortfallsOf, type OwedRead } from "./plan-owed.ts";
import type { HeldRun, Tx } from "./ports.ts";
import { runInPlaceOf } from "./run-line.ts";
import { settleReversals, takeBack } from "./take-back.ts";

/** @returns how many corrections and documents went a step on */
export async function goOnCorrecting(ports: FollowUpPorts, erp: string, corrections: ErpCorrections): Promise<number> {
  const { store, clock, each = inOneGo } = ports;
  let steps = await settleReversals(ports, erp);
  for (const correction of await store.transaction((tx) => tx.corrections.waiting(erp))) {
    const isStep = await each(`Correction ${correction.id} of run ${correction.run}`, () =>
      store.transaction((tx) => correct(tx, ports, correction, corrections, clock.now())),
    );
    if (isStep) steps += 1;
  }
  return steps;
}

/** What is known of a correction, with everything that it is about locked. */
interface Scene {
  readonly tx: Tx;
  readonly ports: DecisionPorts;
  readonly correction: Correction;
  readonly run: HeldRun;
  readonly book: JobBook;
  readonly shortfalls: readonly Shortfall[];
  /** What they add up to. */
  readonly short: Amounts;
  readonly read: OwedRead;
  /** Documents of the run, kind and day of the facts that hold something of it, in order of planning. */
  readonly postings: readonly (DecidablePosting & { readonly amounts: Amounts })[];
  readonly reversals: ReadonlyMap<string, KnownReversal>;
  readonly now: Instant;
}

/** @returns false when somebody else has to speak first */
async function correct(
  tx: Tx,
  ports: DecisionPorts,
  correction: Correction,
  { table, refusals }: ErpCorrections,
  now: Instant,
): Promise<boolean> {
  const scene = await sceneOf(tx, ports, correction, now);
  const [first] = scene?.shortfalls ?? [];
  if (!scene || !first) {
    await tx.corrections.settle(correction.id, "done", now);
    return true;
  }
  const { read, postings, reversals } = scene;
  const documents = postings.map((posting) => documentOf(posting, reversals.get(posting.id)));
  const stage = documentStage(read.request, read.held !== null, documents, refusals);
  switch (table[first.cause][stage]) {
    case "wait":
    case "park":
      return false;
    case "replan":
      return replan(scene);
    case "reverse":
      return reverse(scene);
    // Of what is less than nothing no document can say more, nor a first one.
    case "sum":
    case "post":
    case "person":
      return askPerson(scene);
  }
}

async function sceneOf(tx: Tx, ports: DecisionPorts, correction: Correction, now: Instant): Promise<Scene | null> {
  const run = await runInPlaceOf(tx, correction.run);
  if (!run) return null;
  const book = await JobBook.ofRuns(tx, [run]);
  const { shortfalls: all, read } = await shortfallsOf(tx, ports, book, run.id, now);
  if (!read) return null;
  const { kind, postingDate } = correction;
  const shortfalls = all.filter((one) => one.kind === kind && one.date === postingDate);
  const short = amountsOf(shortfalls.flatMap(({ facts }) => facts));
  const postings: (DecidablePosting & { amounts: Amounts })[] = [];
  for (const posting of await tx.decisions.postingsOfRun(run.id)) {
    // By the day of its facts: a person may have given the document another date.
    const from = posting.content.response?.dates.eventFrom;
    if (posting.kind !== kind || from === undefined || localDate(from, ports.site.zone) !== postingDate) continue;
    const amounts = amountsOf(await tx.corrections.factsOf(posting.id));
    if (holdsShort(short, amounts)) postings.push({ ...posting, amounts });
  }
  const reversals = await tx.corrections.reversalsOf(postings.map((posting) => posting.id));
  return {
    tx,
    ports,
    correction,
    run,
    book,
    shortfalls,
    short,
    read,
    postings,
    reversals: new Map(reversals.map((reversal) => [reversal.reverses, reversal])),
    now,
  };
}

function documentOf(posting: DecidablePosting, reversal: KnownReversal | undefined): CorrectedDocument {
  return {
    state: posting.state,
    mayHaveArrived: mayHaveArrived(posting),
    reversalRefused: reversal?.state === "refused" ? (reversal.fault?.code ?? null) : null,
  };
}

/** What has provably not arrived is planned anew, net of the correction; what is less than nothing all the same stays asked. */
async function replan(scene: Scene): Promise<boolean> {
  const { tx, ports, run, book, postings, now } = scene;
  for (const posting of postings) {
    if (posting.state !== "planned" && posting.state !== "refused") continue;
    const held = await tx.postings.lock(posting.id);
    if (held) await tx.postings.move(held, "dismissed", now);
  }
  // What is made today of a run that goes on is planned with the rest of its day.
  const before = run.endedAt === null ? localDate(now, ports.site.zone) : null;
  await planOwed(tx, ports, book, run.id, before, now);
  const { shortfalls } = await shortfallsOf(tx, ports, book, run.id, now);
  await withdrawQuestions(scene, shortfalls);
  return true;
}

/** Takes back what the ERP has too much of; where that cannot be told, a person is asked. */
async function reverse(scene: Scene): Promise<boolean> {
  const { tx, short, postings, reversals, now } = scene;
  // One of which the reversal was given up by a person stands.
  const standing = postings.filter(({ id, state }) => state === "confirmed" && !reversals.has(id));
  const chosen = documentsToReverse(short, standing);
  if (!chosen) return askPerson(scene);
  for (const id of chosen) {
    const posting = await tx.postings.lock(id);
    if (posting) await takeBack(tx, posting, "repost", now);
  }
  await withdrawQuestions(scene);
  return true;
}

/** A person may have been asked while the ERP had ended the order, and has not answered. */
async function withdrawQuestions({ tx, shortfalls, now }: Scene, still: readonly Shortfall[] = []): Promise<void> {
  const stays = new Set(still.map(({ question }) => question.subject));
  const subjects = shortfalls.map(({ question }) => question.subject).filter((subject) => !stays.has(subject));
  await tx.attention.answer(subjects, now);
}

/** What is final is reopened first; anything else a person puts right in the ERP. */
async function askPerson({ tx, correction, shortfalls, read, now }: Scene): Promise<boolean> {
  const { held, request } = read;
  const late = shortfalls.flatMap(({ question }) => question.evidence);
  const questions = held ? [lateQuestion(held, request, late)] : shortfalls.map(({ question }) => question);
  await tx.attention.ask(questions, now);
  // Reopened, the operation owes the same facts: that they were asked about must not keep them from being corrected.
  await tx.corrections.settle(correction.id, held ? "done" : "asked", now);
  return true;
}
