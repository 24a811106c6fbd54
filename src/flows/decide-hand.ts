/**
 * What a person says about a document that was keyed by hand in the ERP during an outage: it was for the same, and our
 * postings stand back for it; or it is something else, and ours go out. Spec: docs/spec/decision.md
 */
import { assert, fail, ok, type Result } from "../base/result.ts";
import { isFor } from "../operations/reconciliation/by-hand.ts";
import { effectOf, questionTable } from "../record/decision.ts";
import type { HandDocument } from "../record/hand-document.ts";
import type { Posting, PostingState } from "../record/posting.ts";
import { change } from "./decide-posting.ts";
import type { DecideQuestion, DecidedQuestion } from "./decide-question.ts";
import { changedSince, decideMend, unknown, type MendPorts } from "./mend-ports.ts";
import type { Tx } from "./ports.ts";
import { runInPlaceOf } from "./run-line.ts";

type HandPorts = Pick<MendPorts, "store" | "clock">;

const unsettled: ReadonlySet<PostingState> = new Set<PostingState>(["sending", "in-doubt", "needs-person"]);

/**
 * It was keyed for the same: our postings that wait for it are dismissed, with its number as the reason. Their facts stay
 * spoken for, and are never posted again.
 *
 * @fault conflict decision/in-doubt      one of them may be on its way: the ERP is being asked
 * @fault conflict decision/nothing-waits nothing of ours waits for it yet: it is planned when the run ends
 * @fault invalid  decision/not-by-hand   the question is about something else
 * @fault conflict decision/changed, decision/not-possible
 */
export function standBackFor(ports: HandPorts, command: DecideQuestion): Promise<Result<DecidedQuestion>> {
  return decide(ports, "keyed-by-hand", command, async (tx, hand) => {
    const own = (await tx.outages.waiting(hand.request)).filter((posting) => isFor(hand, posting));
    const [first] = own;
    if (!first) {
      const text = `Nothing of ours waits for document ${hand.document} yet: it is planned when the run has ended. Decide then.`;
      return fail("conflict", "decision/nothing-waits", text);
    }
    const doubted = own.find(({ state }) => unsettled.has(state));
    if (doubted) {
      const text = `Nobody knows yet whether ${doubted.kind} ${doubted.key} is in the ERP. Decide when that is settled.`;
      return fail("conflict", "decision/in-doubt", text);
    }
    await dismissAll(tx, own, command, ports.clock);
    await tx.outages.standBack(
      own.map(({ id }) => id),
      hand.document,
    );
    await tx.outages.decide(hand, "stood-back", command.id);
    return ok(undefined);
  });
}

/**
 * It is something else: ours go out.
 *
 * @fault invalid  decision/not-by-hand   the question is about something else
 * @fault conflict decision/changed, decision/not-possible
 */
export function isSomethingElse(ports: HandPorts, command: DecideQuestion): Promise<Result<DecidedQuestion>> {
  return decide(ports, "something-else", command, async (tx, hand) => {
    await tx.outages.decide(hand, "something-else", command.id);
    return ok(undefined);
  });
}

async function dismissAll(
  tx: Tx,
  postings: readonly Posting[],
  command: DecideQuestion,
  clock: HandPorts["clock"],
): Promise<void> {
  // Whoever states facts locks the run before its postings, and so do we.
  const runs = new Set(postings.flatMap(({ run }) => (run === null ? [] : [run])));
  for (const run of [...runs].toSorted()) await runInPlaceOf(tx, run);
  for (const { id } of postings.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    const posting = await tx.decisions.posting(id);
    assert(posting, "a posting that waits is there");
    await change(tx, posting, "dismiss", {}, command.id, clock.now());
  }
}

function decide(
  ports: HandPorts,
  decision: "keyed-by-hand" | "something-else",
  command: DecideQuestion,
  act: (tx: Tx, hand: HandDocument) => Promise<Result<void>>,
): Promise<Result<DecidedQuestion>> {
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
    return ok({ subject: question.subject, facts: 0, postings: 0 });
  });
}
