/**
 * What a person may decide about what waits for one, and what the decision does: total tables. Spec:
 * docs/spec/decision.md
 */
import type { Instant } from "../base/instant.ts";
import { fail, ok, type Fault, type Result } from "../base/result.ts";
import { isSentAgain, type PostingState } from "./posting.ts";

/**
 * A run: `open` in quarantine · `bound` to the order that the machine named · `assigned` by a person · `dismissed` by a
 * person · `gone` taken back by a later reading of the machine.
 */
export const productionStates = ["open", "bound", "assigned", "dismissed", "gone"] as const;
export const productionDecisions = ["assign", "reassign", "dismiss"] as const;
export const orderStates = ["open", "dismissed", "resolved"] as const;
export const orderDecisions = ["accept-again", "dismiss"] as const;
export const postingDecisions = ["retry", "edit", "dismiss", "release", "take-back", "there", "not-there"] as const;
export const questionStates = ["open", "answered", "dismissed"] as const;
export const questionDecisions = [
  "answer",
  "dismiss",
  "units",
  "nothing",
  "keyed-by-hand",
  "something-else",
  "begin-anew",
] as const;

export type ProductionState = (typeof productionStates)[number];
export type ProductionDecision = (typeof productionDecisions)[number];
export type OrderState = (typeof orderStates)[number];
export type OrderDecision = (typeof orderDecisions)[number];
export type PostingDecision = (typeof postingDecisions)[number];
export type QuestionState = (typeof questionStates)[number];
export type QuestionDecision = (typeof questionDecisions)[number];

/**
 * - `join`       the run's facts count on the order, and what is owed is planned
 * - `move`       it leaves its order and joins another; only while nothing of it was sent
 * - `leave`      it leaves its order and stays a fact; only while nothing of it was sent
 * - `set-aside`  it stays a fact, and nothing is posted for it
 */
export type ProductionEffect = "join" | "move" | "leave" | "set-aside";
/** `interpret` reads the kept message again with the site as it is now · `close` nothing more is done with it */
export type OrderEffect = "interpret" | "close";
/**
 * - `plan`       sent again; asked about first when it may have arrived unseen (a restore)
 * - `supersede`  another posting takes its facts, once
 * - `hold-facts` not owed: its facts stay spoken for, so that they are never planned again
 * - `free-facts` its facts are owed again, and planned
 * - `reverse`    the ERP takes its document back; its facts stay spoken for
 * - `confirm`    the ERP has it
 * - `ask`        the ERP is asked, and only when it does not have it, it is planned
 */
export type PostingEffect = "plan" | "supersede" | "hold-facts" | "free-facts" | "reverse" | "confirm" | "ask";
/**
 * `close` · `count` a fact said by a person, and the counter goes on · `go-on` the counter goes on, nothing is added ·
 * `stand-back` our postings are dismissed for a document that was keyed by hand · `send` ours go out beside it · `restart` what
 * cannot be read of a machine is given up, and it is read again from what comes after
 */
export type QuestionEffect = "close" | "count" | "go-on" | "stand-back" | "send" | "restart";

/** No effect: why not, and what to do instead. */
interface Refused {
  readonly refused: string;
}

type Table<S extends string, D extends string, E extends string> = Readonly<
  Record<S, Readonly<Record<D, E | Refused>>>
>;

const no = (refused: string): Refused => ({ refused });
const gone = no("A later reading of the machine has taken this run back. Look at what stands in its place.");

export const productionTable: Table<ProductionState, ProductionDecision, ProductionEffect> = {
  open: { assign: "join", reassign: no("It belongs to no order yet. Assign it."), dismiss: "set-aside" },
  bound: { assign: no("It belongs to an order already. Re-assign it."), reassign: "move", dismiss: "leave" },
  assigned: { assign: no("It is assigned already. Re-assign it."), reassign: "move", dismiss: "leave" },
  dismissed: {
    assign: "join",
    reassign: no("It was dismissed and belongs to no order. Assign it."),
    dismiss: no("It was dismissed already."),
  },
  gone: { assign: gone, reassign: gone, dismiss: gone },
};

const overOrder = no("A later message of the ERP about this order was taken over. There is nothing left to decide.");

export const orderTable: Table<OrderState, OrderDecision, OrderEffect> = {
  open: { "accept-again": "interpret", dismiss: "close" },
  dismissed: { "accept-again": "interpret", dismiss: no("It was dismissed already.") },
  resolved: { "accept-again": overOrder, dismiss: overOrder },
};

const onItsWay = no("It is on its way to the ERP at this moment. Look again in a minute.");
const posted = no("The ERP has it. Take its document back if it is wrong.");
const certain = no("It is certain that the ERP does not have it. Retry it, or dismiss it.");
const unsure = no('Nobody knows yet whether the ERP has it. Say "it is there" or "it is not there".');
const notDismissed = no("Its facts are spoken for by this posting. Only a dismissed one can be released.");
const byItself = no("It is sent by itself as soon as it is due. Wait for it, or dismiss it.");
const notOwed = no("It was dismissed. Release its facts: they are then planned anew.");
const takingBack = no("Its document is being taken back. Wait for its reversal, or dismiss the reversal.");
const takenBack = no("Its document was taken back. Release its facts if they are owed after all.");
const notPosted = no(
  "The ERP does not have it, or nobody knows yet. There is no document that could be taken back: dismiss it.",
);

const all = (why: Refused): Readonly<Record<PostingDecision, Refused>> => ({
  retry: why,
  edit: why,
  dismiss: why,
  release: why,
  "take-back": why,
  there: why,
  "not-there": why,
});

export const postingTable: Table<PostingState, PostingDecision, PostingEffect> = {
  planned: { ...all(byItself), dismiss: "hold-facts", release: notDismissed, "take-back": notPosted },
  sending: all(onItsWay),
  confirmed: { ...all(posted), "take-back": "reverse" },
  refused: {
    retry: "plan",
    edit: "supersede",
    dismiss: "hold-facts",
    release: notDismissed,
    "take-back": notPosted,
    there: certain,
    "not-there": certain,
  },
  "in-doubt": { ...all(unsure), there: "confirm", "not-there": "ask" },
  "needs-person": {
    retry: unsure,
    edit: unsure,
    dismiss: "hold-facts",
    release: notDismissed,
    "take-back": notPosted,
    there: "confirm",
    "not-there": "ask",
  },
  dismissed: { ...all(notOwed), release: "free-facts", "take-back": notPosted },
  reversing: all(takingBack),
  reversed: { ...all(takenBack), release: "free-facts" },
};

const answered = no("It was answered already. Look at the answer.");
const closed = no("It was dismissed already.");

const allQuestions = (why: Refused): Readonly<Record<QuestionDecision, Refused>> => ({
  answer: why,
  dismiss: why,
  units: why,
  nothing: why,
  "keyed-by-hand": why,
  "something-else": why,
  "begin-anew": why,
});

export const questionTable: Table<QuestionState, QuestionDecision, QuestionEffect> = {
  open: {
    answer: "close",
    dismiss: "close",
    units: "count",
    nothing: "go-on",
    "keyed-by-hand": "stand-back",
    "something-else": "send",
    "begin-anew": "restart",
  },
  answered: allQuestions(answered),
  dismissed: allQuestions(closed),
};

/**
 * What a decision does in a state.
 *
 * @fault conflict decision/not-possible  with the reason, and what to do instead
 */
export function effectOf<S extends string, D extends string, E extends string>(
  table: Table<S, D, E>,
  state: S,
  decision: D,
): Result<E> {
  const effect: E | Refused = table[state][decision];
  return typeof effect === "object" ? fail("conflict", "decision/not-possible", effect.refused) : ok(effect);
}

/** What of a run decides which decisions it takes. */
export interface DecidedRun {
  readonly jobOrder: string | null;
  readonly decided: "assigned" | "dismissed" | null;
  readonly isTakenBack: boolean;
}

export function productionState({ jobOrder, decided, isTakenBack }: DecidedRun): ProductionState {
  if (isTakenBack) return "gone";
  return decided ?? (jobOrder === null ? "open" : "bound");
}

/** What of a posting tells whether the ERP can have its document, whatever the state says. */
export interface SentPosting {
  readonly state: PostingState;
  /** Set by the first attempt, or when it was planned in doubt. */
  readonly sentAt: Instant | null;
  readonly attempts: number;
  /** It might have arrived when it was dismissed: no decision makes that certain. */
  readonly isDismissedInDoubt: boolean;
  /** Settled before the database was put back from a backup: what happened to it after the backup is not known. */
  readonly isOlderThanRestore: boolean;
  /** The last one. */
  readonly fault: Pick<Fault, "kind" | "code"> | null;
}

/** False only when it is certain that the ERP does not have it. */
export function mayHaveArrived(posting: SentPosting): boolean {
  const { state, sentAt, attempts, isOlderThanRestore, isDismissedInDoubt, fault } = posting;
  switch (state) {
    case "planned":
      return isSentAgain(posting);
    case "dismissed":
      return isOlderThanRestore || isDismissedInDoubt;
    case "refused":
      // While it was asked about: the ERP says that it has refused it; that it could not be composed says nothing about an
      // earlier life.
      return isOlderThanRestore || (sentAt !== null && attempts === 0 && fault?.kind !== "refused");
    case "reversed":
      return false;
    default:
      return true;
  }
}
