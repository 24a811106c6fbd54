/**
 * What a person decides about a posting that the ERP refused, or about which nobody knows whether it arrived. Nothing
 * here sends: what is planned goes its usual way. Spec: docs/spec/decision.md
 */
import { contentId, postingKey } from "../base/id.ts";
import type { Instant } from "../base/instant.ts";
import { assert, fail, ok, type Result } from "../base/result.ts";
import { localDate } from "../base/site-time.ts";
import { standingFor } from "../operations/execution/final.ts";
import { editPosting, type PostingEdit } from "../operations/execution/posting-edit.ts";
import {
  effectOf,
  mayHaveArrived,
  postingTable,
  type PostingDecision,
  type PostingEffect,
} from "../record/decision.ts";
import {
  isReversal,
  owedKinds,
  postingTable as lifeCycle,
  type PostingCommand,
  type PostingState,
} from "../record/posting.ts";
import { mayBePostedAlready } from "./after-restore.ts";
import type { DecidablePosting, PostingChange } from "./decision-ports.ts";
import { JobBook } from "./job-book.ts";
import { changedSince, decideMend, unknown, type MendCommand, type MendPorts } from "./mend-ports.ts";
import { planOwed } from "./plan-owed.ts";
import type { Tx } from "./ports.ts";
import { runInPlaceOf } from "./run-line.ts";
import { takeBack } from "./take-back.ts";

export interface DecidePosting extends MendCommand {
  readonly posting: string;
}

export interface EditRefusedPosting extends DecidePosting {
  readonly edit: PostingEdit;
}

export interface DecidedPosting {
  readonly posting: string;
  readonly state: PostingState;
  /** The posting that stands in its place; null when it stands for itself. */
  readonly supersededBy: string | null;
  /** How many postings were planned anew for its facts. */
  readonly planned: number;
}

type PostingPorts = Pick<MendPorts, "store" | "site" | "clock">;

/**
 * Sends a refused or parked one again, now.
 *
 * @fault conflict decision/changed, decision/not-possible
 * @fault invalid  decision/unknown
 */
export function retryPosting(ports: PostingPorts, command: DecidePosting): Promise<Result<DecidedPosting>> {
  return decidePosting(ports, "retry", command, async ({ tx, posting, now }) => {
    // Refused before a restore: what became of it after the backup, the ERP knows.
    const mustAsk = mayHaveArrived(posting) || (await tx.site.isRecovering());
    return change(tx, posting, mustAsk ? "doubt" : "retry", { dueAt: now }, command.id, now);
  });
}

/**
 * Not owed: its facts stay spoken for, and are never planned again for this kind of document until they are released. One
 * that may have reached the ERP is never released: the dismissal makes nothing certain.
 *
 * The reversal of a document that was wrong is given up: the document stands (`take-back.ts`).
 *
 * @fault conflict decision/of-final  a final confirmation, or the reversal of one
 * @fault conflict decision/changed, decision/not-possible
 */
export function dismissPosting(ports: PostingPorts, command: DecidePosting): Promise<Result<DecidedPosting>> {
  return decidePosting(ports, "dismiss", command, async ({ tx, posting, now }) => {
    const isOfFinal = isReversal(posting.content) && posting.content.reversal.afterwards === undefined;
    if (posting.kind === "final-confirmation" || isOfFinal) {
      const text = "It belongs to a decision that the operation is final. Reopen the operation, or retry it.";
      return fail("conflict", "decision/of-final", text);
    }
    return change(tx, posting, "dismiss", {}, command.id, now);
  });
}

/**
 * The ERP is to take the document back. Its facts stay spoken for: nothing is posted anew until they are released, or the
 * run is assigned elsewhere.
 *
 * @fault conflict decision/of-final      the operation is final, or it is no document that speaks for facts
 * @fault conflict decision/taken-back    taking it back was tried before, and given up
 */
export function takeBackPosting(ports: PostingPorts, command: DecidePosting): Promise<Result<DecidedPosting>> {
  return decidePosting(ports, "take-back", command, async ({ tx, posting, now }) => {
    const standing = standingFor(await tx.finalities.standing(posting.request), posting.segment);
    if (standing !== null || !owedKinds.some((kind) => kind === posting.kind)) {
      const text = "It is final, or a document that is taken back by its own decision. Reopen the operation first.";
      return fail("conflict", "decision/of-final", text);
    }
    if ((await tx.corrections.reversalsOf([posting.id])).length > 0) {
      const text = "Taking it back was tried before, and given up. Reverse it in the ERP by hand.";
      return fail("conflict", "decision/taken-back", text);
    }
    // Its reversal takes the next number of the operation: another run of it may be planned at this moment.
    await tx.requests.lock(posting.request);
    const held = await tx.postings.lock(posting.id);
    assert(held, "a locked posting is there");
    await takeBack(tx, held, "hold", now);
    return ok({ posting: posting.id, state: "reversing", supersededBy: null, planned: 1 });
  });
}

/**
 * Takes a dismissal back: the facts are owed again, and planned.
 *
 * @fault conflict decision/may-be-posted  the ERP may have the document
 * @fault conflict decision/no-facts       nothing is spoken for by it
 */
export function releasePosting(ports: PostingPorts, command: DecidePosting): Promise<Result<DecidedPosting>> {
  return decidePosting(ports, "release", command, async ({ tx, posting, now }) => {
    if (mayHaveArrived(posting)) {
      const text = "Nobody knew whether the ERP has its document. Look there, and report by hand what is missing.";
      return fail("conflict", "decision/may-be-posted", text);
    }
    if (!posting.holdsFacts || posting.run === null) {
      const text = "It speaks for no facts: another posting does, or it never did. There is nothing to release.";
      return fail("conflict", "decision/no-facts", text);
    }
    await tx.decisions.change(posting, { ...unchanged(posting), letsGo: true }, command.id, now);
    const run = await runInPlaceOf(tx, posting.run);
    assert(run, "a posting's run is there");
    const book = await JobBook.ofRuns(tx, [run]);
    // What is made today of a run that goes on is planned with the rest of its day.
    const before = run.endedAt === null ? localDate(now, ports.site.zone) : null;
    const { postings: planned } = await planOwed(tx, ports, book, run.id, before, now);
    return ok({ posting: posting.id, state: posting.state, supersededBy: null, planned });
  });
}

/**
 * Puts right what the ERP refuses without touching a fact: a new posting takes the refused one's facts and place.
 *
 * @fault invalid  decision/edit-nothing, decision/edit-value  see `editPosting`
 * @fault conflict decision/may-be-posted  the ERP may have the refused one after all
 */
export function editRefusedPosting(ports: PostingPorts, command: EditRefusedPosting): Promise<Result<DecidedPosting>> {
  return decidePosting(ports, "edit", command, async ({ tx, posting, now }) => {
    if (mayHaveArrived(posting)) {
      const text =
        "The ERP may have its document. Retry it: the ERP is asked before anything is sent. Or look in the ERP, and report by " +
        "hand what is missing there.";
      return fail("conflict", "decision/may-be-posted", text);
    }
    const content = editPosting(posting.content, command.edit, localDate(now, ports.site.zone));
    if (!content.ok) return content;
    // Derived from the refused one: the same correction has the same key in every life of the database.
    const id = contentId("posting", posting.id, "supersedes");
    const key = postingKey("posting", posting.id, "supersedes");
    const isAsked = await mayBePostedAlready(tx, "decision");
    const { response } = content.value;
    const inDoubt = posting.isFromBackup || (response !== null && isAsked(response.dates.eventFrom));
    await tx.decisions.supersede(posting, { id, key, content: content.value, inDoubt }, command.id, now);
    return ok({ posting: posting.id, state: "dismissed", supersededBy: id, planned: 1 });
  });
}

interface Decided {
  readonly tx: Tx;
  readonly posting: DecidablePosting;
  readonly effect: PostingEffect;
  readonly now: Instant;
}

/** Locks, checks version and state, then does what the decision does. Shared by all decisions about postings. */
export function decidePosting(
  ports: PostingPorts,
  decision: PostingDecision,
  command: DecidePosting,
  act: (decided: Decided) => Promise<Result<DecidedPosting>>,
): Promise<Result<DecidedPosting>> {
  return decideMend(ports, `posting/${decision}`, { ...command, about: command.posting }, async (tx, now) => {
    // Whoever states facts locks the run before its postings, and so do we.
    const run = await tx.decisions.runOfPosting(command.posting);
    if (run !== null) await runInPlaceOf(tx, run);
    const posting = await tx.decisions.posting(command.posting);
    if (!posting) return unknown(`Posting ${command.posting}`);
    const changed = changedSince(command.version, posting.version);
    if (changed) return { ok: false, fault: changed };
    const effect = effectOf(postingTable, posting.state, decision);
    return effect.ok ? act({ tx, posting, effect: effect.value, now }) : effect;
  });
}

/** Moves the posting by its life cycle. */
export async function change(
  tx: Tx,
  posting: DecidablePosting,
  command: PostingCommand,
  how: Partial<Pick<PostingChange, "dueAt" | "document">>,
  because: string,
  now: Instant,
): Promise<Result<DecidedPosting>> {
  const next = lifeCycle[posting.state][command];
  assert(next !== "refuse-command", `a ${posting.state} posting can be told to ${command}`);
  const to = next === "ignore" ? posting.state : next;
  await tx.decisions.change(posting, { ...unchanged(posting), to, ...how }, because, now);
  return ok({ posting: posting.id, state: to, supersededBy: null, planned: 0 });
}

function unchanged({ state }: DecidablePosting): PostingChange {
  return { to: state, dueAt: null, document: null, letsGo: false };
}
