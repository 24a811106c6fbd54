/**
 * What a person says about a document that was keyed by hand in the ERP during an outage: it was for these of our postings,
 * and they stand back for it; or it is something else, and ours go out. Spec: docs/spec/decision.md
 */
import { assert, fail, ok, type Fault, type Result } from "../base/result.ts";
import { isFor } from "../operations/reconciliation/by-hand.ts";
import { effectOf, questionTable } from "../record/decision.ts";
import { mayStandBack, waitingStates, type HandDocument } from "../record/hand-document.ts";
import type { Posting } from "../record/posting.ts";
import { change } from "./decide-posting.ts";
import type { DecideQuestion, DecidedQuestion } from "./decide-question.ts";
import type { DecidablePosting } from "./decision-ports.ts";
import { changedSince, decideMend, unknown, type MendPorts } from "./mend-ports.ts";
import type { Tx } from "./ports.ts";
import { runInPlaceOf } from "./run-line.ts";

type HandPorts = Pick<MendPorts, "store" | "clock">;

export interface StandBack extends DecideQuestion {
  /** Ids of those that it was keyed for, as the person saw them: each once, one at least. Nothing else stands back. */
  readonly postings: readonly string[];
}

export interface DecidedHand extends DecidedQuestion {
  readonly stoodBack: number;
  /** What waits for the same operation or material beside them, and goes out. */
  readonly left: number;
}

/**
 * It was keyed for these: they are dismissed, with its number as the reason. Their facts stay spoken for, and are never
 * posted again. What waits beside them goes out.
 *
 * @fault conflict decision/in-doubt       one of them may be on its way: the ERP is being asked
 * @fault conflict decision/nothing-waits  nothing of ours waits for it yet: it is planned when the run ends
 * @fault conflict decision/not-waiting    one of them is for something else, or does not wait any more
 * @fault invalid  decision/which-postings none is named, or one twice
 * @fault invalid  decision/not-by-hand    the question is about something else
 * @fault conflict decision/changed, decision/not-possible
 */
export function standBackFor(ports: HandPorts, command: StandBack): Promise<Result<DecidedHand>> {
  const named = new Set(command.postings);
  return decide(ports, "keyed-by-hand", command, async (tx, hand) => {
    if (named.size === 0 || named.size < command.postings.length) {
      const text = `Say for which of our postings document ${hand.document} was keyed: each once, one at least.`;
      return fail("invalid", "decision/which-postings", text);
    }
    const waiting = (await tx.outages.waiting(hand.request)).filter((posting) => isFor(hand, posting));
    if (waiting.length === 0) {
      const text = `Nothing of ours waits for document ${hand.document} yet: it is planned when the run has ended. Decide then.`;
      return fail("conflict", "decision/nothing-waits", text);
    }
    const own = await locked(
      tx,
      waiting.filter(({ id }) => named.has(id)),
    );
    const wrong = own.length < named.size ? notWaiting(hand) : doubtOf(own);
    if (wrong) return { ok: false, fault: wrong };
    for (const posting of own) await change(tx, posting, "dismiss", {}, command.id, ports.clock.now());
    await tx.outages.standBack(
      own.map(({ id }) => id),
      hand.document,
    );
    await tx.outages.decide(hand, "stood-back", command.id);
    return ok({ stoodBack: own.length, left: waiting.length - own.length });
  });
}

/**
 * It is something else: ours go out.
 *
 * @fault invalid  decision/not-by-hand   the question is about something else
 * @fault conflict decision/changed, decision/not-possible
 */
export function isSomethingElse(ports: HandPorts, command: DecideQuestion): Promise<Result<DecidedHand>> {
  return decide(ports, "something-else", command, async (tx, hand) => {
    await tx.outages.decide(hand, "something-else", command.id);
    const left = (await tx.outages.waiting(hand.request)).filter((posting) => isFor(hand, posting));
    return ok({ stoodBack: 0, left: left.length });
  });
}

/** Those that still wait: they were found without a lock, and somebody else may have decided, or a machine said more. */
async function locked(tx: Tx, found: readonly Posting[]): Promise<readonly DecidablePosting[]> {
  // Whoever states facts locks the run before its postings, and so do we.
  const runs = new Set(found.flatMap(({ run }) => (run === null ? [] : [run])));
  for (const run of [...runs].toSorted()) await runInPlaceOf(tx, run);
  const held: DecidablePosting[] = [];
  for (const { id } of found.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    const posting = await tx.decisions.posting(id);
    assert(posting, "a posting that was found is there");
    if (waitingStates.some((waits) => waits === posting.state)) held.push(posting);
  }
  return held;
}

function notWaiting({ document }: HandDocument): Fault {
  const text =
    `Not all of these postings wait for document ${document}: one is for something else, or was withdrawn, decided or settled ` +
    "meanwhile. Nothing was changed. Look again, then decide.";
  return fail("conflict", "decision/not-waiting", text).fault;
}

function doubtOf(postings: readonly Posting[]): Fault | null {
  const doubted = postings.find((posting) => !mayStandBack(posting));
  if (!doubted) return null;
  const text = `Nobody knows yet whether ${doubted.kind} ${doubted.key} is in the ERP. Decide when that is settled.`;
  return fail("conflict", "decision/in-doubt", text).fault;
}

function decide(
  ports: HandPorts,
  decision: "keyed-by-hand" | "something-else",
  command: DecideQuestion,
  act: (tx: Tx, hand: HandDocument) => Promise<Result<Pick<DecidedHand, "stoodBack" | "left">>>,
): Promise<Result<DecidedHand>> {
  return decideMend(ports, `question/${decision}`, { ...command, about: command.question }, async (tx, now) => {
    const question = await tx.decisions.question(command.question);
    if (!question) return unknown(`Question ${command.question}`);
    const changed = changedSince(command.version, question.version);
    if (changed) return { ok: false, fault: changed };
    const effect = effectOf(questionTable, question.state, decision);
    if (!effect.ok) return effect;
    const hand = await tx.outages.open(question.subject);
    if (!hand) {
      const text = "The question is not about a document that was keyed by hand. Answer it in words, or dismiss it.";
      return fail("invalid", "decision/not-by-hand", text);
    }
    const acted = await act(tx, hand);
    if (!acted.ok) return acted;
    const answer = { text: decision, goesOn: false };
    await tx.decisions.settleQuestion(question.id, { state: "answered", answer }, command.id, now);
    return ok({ subject: question.subject, facts: 0, postings: 0, ...acted.value });
  });
}
