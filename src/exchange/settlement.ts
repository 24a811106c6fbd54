/**
 * What an outcome means for a posting: pure decisions of the posting protocol, by the life-cycle table.
 * Spec: docs/spec/posting.md
 */
import { instant, type Instant } from "../base/instant.ts";
import { assert, makeFault, type Fault } from "../base/result.ts";
import type { ErpTraits, PushOutcome, ResolveOutcome } from "../erp/connector.ts";
import {
  isSentAgain,
  longestWaitMs,
  postingTable,
  sentAgainCode,
  type DocumentKind,
  type ErpDocument,
  type PostingCommand,
  type PostingState,
} from "../record/posting.ts";
import { backoffMs, deliveryBackoff, parkedBackoff, shareOf } from "./retry.ts";

/** What the decision must know of the posting. */
export interface Sent {
  readonly id: string;
  readonly key: string;
  readonly kind: DocumentKind;
  readonly state: PostingState;
  readonly attempts: number;
  readonly askedAbsent: number;
  /** In doubt, or sent again: what was said last. */
  readonly fault: Fault | null;
  /** It may not leave now: somebody decides what was keyed by hand for its order, and must know what became of it. */
  readonly isHeld?: boolean;
  /** Not null: before a restore its facts may have been cut into other documents, and a repeat of this one says nothing of those. */
  readonly recut?: object | null;
}

export interface Decision {
  readonly id: string;
  readonly from: PostingState;
  /** The attempt that it is about: a late commit of an older one must not settle a newer one. */
  readonly attempt: number;
  readonly to: PostingState;
  readonly document: ErpDocument | null;
  readonly fault: Fault | null;
  readonly dueAt: Instant | null;
  readonly parked: boolean;
  readonly askedAbsent: number;
  readonly releasesLanes: boolean;
}

export function afterPush(posting: Sent, outcome: PushOutcome, now: Instant): Decision {
  switch (outcome.outcome) {
    case "confirmed":
      return decide(posting, "confirm", { document: outcome.document });
    case "refused":
      if (!isSentAgain(posting)) return refused(posting, outcome, now);
      // It may be how the ERP answers what it has already, unless the cause can go away: then it goes once more.
      return outcome.parked
        ? decide(posting, "absent", { fault: stillSentAgain(outcome.fault), dueAt: later(now, parkedMs(posting)) })
        : decide(posting, "doubt", { fault: repeatRefused(outcome.fault), dueAt: now });
    case "not-applied": {
      // No time at all is none: whoever says so would be called without a pause.
      const asked = outcome.retryAfterMs || pauseMs(posting);
      const wait = Math.min(asked, longestWaitMs);
      // This attempt has not arrived; of the one before nobody knows.
      const fault = isSentAgain(posting) ? stillSentAgain(outcome.fault) : outcome.fault;
      return decide(posting, "absent", { fault, dueAt: later(now, wait) });
    }
    case "in-doubt":
      return decide(posting, "doubt", { fault: outcome.fault, dueAt: now });
  }
}

function refused(
  posting: Sent,
  { fault, parked }: { readonly fault: Fault; readonly parked: boolean },
  now: Instant,
): Decision {
  return decide(posting, "refuse", { fault, parked, dueAt: parked ? later(now, parkedMs(posting)) : null });
}

function parkedMs({ attempts, key }: Sent): number {
  return backoffMs(parkedBackoff, attempts, shareOf(key));
}

/** When an answer came, and how much time it had. */
export interface Asked {
  readonly now: Instant;
  readonly waitedMs: number;
}

/**
 * What an answer to "do you have it?" means. `absent` counts only after the ERP's settle time and when asked twice:
 * before that the lost request may still be on its way. For the same reason a person is asked instead of an ERP that cannot
 * be asked only after it, and so does a refusal count: an earlier attempt can have had it, while this one may still be posted.
 *
 * @param waitedMs  how long ago the request can have left at the latest, as a clock counts that nobody sets
 */
export function afterAsking(
  posting: Sent,
  answer: ResolveOutcome,
  traits: ErpTraits,
  { now, waitedMs }: Asked,
): Decision {
  const objected = objectionTo(posting);
  // This attempt is in no doubt: only those before it are.
  const isRepeatRefused = objected?.code === repeatRefusedCode;
  const isWorn = objected !== null && posting.attempts >= objectionsMax;
  const isNo = isRepeatRefused && answer.outcome === "absent";
  const isLessAsked = !isWorn && !posting.isHeld && !posting.recut && !isNo;
  if (traits.idempotent.has(posting.kind) && saysNothing.has(answer.outcome) && isLessAsked)
    return resendDecision(posting, now);
  const isSettled = waitedMs >= traits.settleMs;
  const settled = later(now, traits.settleMs - waitedMs);
  switch (answer.outcome) {
    case "applied":
      return decide(posting, "confirm", { document: answer.document });
    case "differs":
      return decide(posting, "escalate", { fault: answer.fault });
    case "refused":
      return isSettled
        ? refused(posting, answer, now)
        : decide(posting, "doubt", { fault: answer.fault, dueAt: settled });
    case "unanswerable":
      return isSettled
        ? decide(posting, "escalate", { fault: objected ? beside(objected, askPerson) : askPerson })
        : decide(posting, "doubt", { fault: objected ?? askPerson, dueAt: settled });
    case "unknown":
      if (isRefusedForGood(answer.fault) && waitedMs >= traits.settleMs + unheardMs)
        return decide(posting, "escalate", { fault: answer.fault });
      return decide(posting, "doubt", {
        fault: objected ?? answer.fault,
        askedAbsent: posting.askedAbsent,
        dueAt: nextAsk(traits, now),
      });
    case "absent": {
      const asked = isSettled ? posting.askedAbsent + 1 : 0;
      const soonest = isSettled ? nextAsk(traits, now) : settled;
      if (asked < 2) return decide(posting, "doubt", { fault: objected, askedAbsent: asked, dueAt: soonest });
      // Of all attempts nothing is there, and the last one was refused.
      if (isRepeatRefused) return decide(posting, "refuse", { fault: refusedAfterAll(objected) });
      return isWorn
        ? decide(posting, "escalate", { fault: { ...objected, message: `${objected.message} ${hasNothing}` } })
        : decide(posting, "absent", { dueAt: now });
    }
  }
}

/**
 * A push of which the ERP said `conflict` was answered as it answers when it has the document already. It can be its way
 * to refuse: what it does not have, and says this of at the third attempt, is a person's.
 */
const objectionsMax = 3;
const hasNothing = "It was asked each time, and has nothing under that key. Look there for what it objects to.";

/** What the ERP said against a document that is in doubt; null when it said nothing, or only about a question. */
function objectionTo({ fault }: Sent): Fault | null {
  return fault?.kind === "conflict" ? fault : null;
}

function beside(objected: Fault, { kind, code, message }: Fault): Fault {
  return makeFault(kind, code, `${objected.message} ${message}`, objected.cause);
}

/** An ERP that will not answer the question, after the settle time, is given so long to be mended before a person is told. */
const unheardMs = 10 * 60_000;

/** The same question will get the same answer, until somebody mends what it complains of. */
function isRefusedForGood({ kind }: Fault): boolean {
  return kind === "refused" || kind === "invalid";
}

/**
 * The ERP does not have it, and has a document of the same run under another key that nothing here has; or it has one of
 * before it, or of another run of the operation, otherwise than it was planned here. Before a restore the facts were cut into
 * documents otherwise: part of it may be posted.
 *
 * @param beside  what was answered about the other key, or what is known of those that are not under it
 */
export function afterAskingBeside(
  posting: Sent,
  beside: Exclude<ResolveOutcome, { outcome: "absent" }> | "in-doubt" | "differs",
  traits: ErpTraits,
  now: Instant,
): Decision {
  const outcome = typeof beside === "string" ? beside : beside.outcome;
  const isUnknown = outcome === "in-doubt" || outcome === "unknown" || outcome === "unanswerable";
  return isUnknown
    ? decide(posting, "doubt", { fault: cutOtherwise, askedAbsent: posting.askedAbsent, dueAt: nextAsk(traits, now) })
    : decide(posting, "escalate", { fault: cutOtherwise });
}

export function isCutOtherwise({ fault }: { readonly fault: Fault | null }): boolean {
  return fault?.code === cutOtherwise.code;
}

const cutOtherwise = makeFault(
  "ambiguous",
  "exchange/cut-otherwise",
  "The ERP does not have it, and has another document of its run or operation that is not known here or says something else: " +
    "before the restore the same amounts were posted otherwise. Compare the sums of the operation.",
);

const askPerson = makeFault(
  "ambiguous",
  "exchange/unanswerable",
  "Nobody knows whether the ERP has it, and it cannot be asked. Look there, and say what you have found.",
);

/** Of a document of which a repeat does nothing: it is sent again. */
const saysNothing: ReadonlySet<ResolveOutcome["outcome"]> = new Set(["absent", "unknown", "unanswerable"]);
/** What is repeated without success is asked about now and then: that the ERP has other content only an answer can say. */
const resendsPerQuestion = 5;

/** A repeat does nothing in the ERP: it may be sent again without asking, as long as the ERP has said nothing against it. */
export function mayResend(posting: Sent, traits: ErpTraits): boolean {
  const isQuestion = posting.attempts % resendsPerQuestion === 0 || objectionTo(posting) !== null;
  return traits.idempotent.has(posting.kind) && !isQuestion && !posting.isHeld && !posting.recut;
}

/** After a pause that grows: an ERP that fails at it is not asked to do so all the time. */
export function resendDecision(posting: Sent, now: Instant): Decision {
  return decide(posting, "absent", { fault: sentAgain, dueAt: later(now, pauseMs(posting)) });
}

const sentAgain = makeFault(
  "ambiguous",
  sentAgainCode,
  "Nobody knows whether it has arrived. It is sent again, and the ERP takes it once.",
);

function stillSentAgain({ message, cause }: Fault): Fault {
  return makeFault(sentAgain.kind, sentAgain.code, `${sentAgain.message} ${message}`, cause);
}

function repeatRefused({ message, cause }: Fault): Fault {
  return makeFault("conflict", repeatRefusedCode, `${message}${mayBeThere}`, cause);
}

function refusedAfterAll({ message, cause }: Fault): Fault {
  const words = message.endsWith(mayBeThere) ? message.slice(0, -mayBeThere.length) : message;
  return makeFault("refused", repeatRefusedCode, words, cause);
}

const repeatRefusedCode = "exchange/repeat-refused";
const mayBeThere = " An attempt before may have arrived: the ERP is asked what it has.";

function pauseMs({ attempts, key }: Sent): number {
  return backoffMs(deliveryBackoff, attempts, shareOf(key));
}

/** The question itself failed in an unforeseen way: asked again later. */
export function askFailed(posting: Sent, error: unknown, traits: ErpTraits, asked: Asked): Decision {
  const fault = makeFault("transient", "exchange/ask-failed", "The ERP could not be asked; asking again.", error);
  return afterAsking(posting, { outcome: "unknown", fault }, traits, asked);
}

/** Held until it is certain what became of the document; a refusal and a planned retry are certain. */
const releasing: ReadonlySet<PostingState> = new Set([
  "planned",
  "confirmed",
  "refused",
  "needs-person",
  "dismissed",
  "reversed",
]);

function decide(posting: Sent, command: PostingCommand, change: Partial<Decision>): Decision {
  const next = postingTable[posting.state][command];
  assert(next !== "refuse-command", `a ${posting.state} posting can be told to ${command}`);
  const to = next === "ignore" ? posting.state : next;
  return {
    id: posting.id,
    from: posting.state,
    attempt: posting.attempts,
    to,
    document: null,
    fault: null,
    dueAt: null,
    parked: false,
    askedAbsent: 0,
    releasesLanes: releasing.has(to),
    ...change,
  };
}

/** Asked again after a part of the settle time, never in a hurry and never forgotten. */
function nextAsk(traits: ErpTraits, now: Instant): Instant {
  return later(now, Math.min(30_000, Math.max(250, traits.settleMs / 4)));
}

function later(at: Instant, ms: number): Instant {
  return instant(at + ms);
}
