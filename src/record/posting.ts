/**
 * What travels to an ERP: one posting is one ERP document. Life cycle, content and the rules of the table; sending it
 * is `exchange/`, its form on the wire is the connector's.
 * Spec: docs/spec/posting.md
 */
import type { Instant, LocalDate } from "../base/instant.ts";
import type { Fault } from "../base/result.ts";
import type { OperationsResponse } from "../isa95/response/operations-response.ts";
import type { ErpReference } from "../isa95/schedule/operations-request.ts";

/** Documents that speak for facts. */
export const owedKinds = ["confirmation", "goods-receipt", "goods-issue"] as const;
export type OwedKind = (typeof owedKinds)[number];

/**
 * - `final-confirmation`    nothing more is reported for an operation; see docs/spec/final.md
 * - `confirmation-reversal` takes one confirmation back
 * - `movement-reversal`     takes one goods receipt or goods issue back
 */
export const reversalKinds = ["confirmation-reversal", "movement-reversal"] as const;
export type ReversalKind = (typeof reversalKinds)[number];

export const documentKinds = ["order-accepted", ...owedKinds, "final-confirmation", ...reversalKinds] as const;
export type DocumentKind = (typeof documentKinds)[number];

/**
 * Nothing that waits for its time waits longer, whatever a partner asks for. What seems to wait longer was told its time by
 * a clock that has been set back since, and is due.
 */
export const longestWaitMs = 900_000;

/**
 * Code of the fault of one that is planned although nobody knows whether the ERP has it: its answer was lost, and a repeat does
 * nothing there.
 */
export const sentAgainCode = "exchange/sent-again";

/** Of one that is planned: whether the ERP may have it all the same. */
export function isSentAgain({ fault }: { readonly fault: Pick<Fault, "code"> | null }): boolean {
  return fault?.code === sentAgainCode;
}

export const postingStates = [
  "planned",
  "sending",
  "confirmed",
  "refused",
  "in-doubt",
  "needs-person",
  "dismissed",
  "reversing",
  "reversed",
] as const;
export type PostingState = (typeof postingStates)[number];

/**
 * - `send`      a worker takes it; committed before the first byte leaves
 * - `confirm`   the ERP has the document
 * - `refuse`    the ERP said no, for certain
 * - `doubt`     nobody knows whether it arrived (lost reply, crash, takeover), or a person wants the ERP asked again
 * - `absent`    the ERP was asked and provably does not have it
 * - `escalate`  only a person can tell
 * - `retry`     a person, or a rule on the cause, sends a refused one again
 * - `dismiss`   a person decides that it is not owed
 * - `reverse`   the document is to be taken back
 * - `reversal-done` the ERP has taken it back
 * - `keep`      taking it back was given up: it stands
 */
export const postingCommands = [
  "send",
  "confirm",
  "refuse",
  "doubt",
  "absent",
  "escalate",
  "retry",
  "dismiss",
  "reverse",
  "reversal-done",
  "keep",
] as const;
export type PostingCommand = (typeof postingCommands)[number];

type Next = PostingState | "refuse-command" | "ignore";

/** Total: every state decides every command. */
export const postingTable: Readonly<Record<PostingState, Readonly<Record<PostingCommand, Next>>>> = {
  planned: row({ send: "sending", refuse: "refused", dismiss: "dismissed", doubt: "in-doubt", absent: "ignore" }),
  sending: row({ confirm: "confirmed", refuse: "refused", doubt: "in-doubt", absent: "planned" }),
  confirmed: row({ confirm: "ignore", reverse: "reversing" }),
  refused: row({
    refuse: "ignore",
    retry: "planned",
    doubt: "in-doubt",
    dismiss: "dismissed",
    escalate: "needs-person",
  }),
  "in-doubt": row({
    confirm: "confirmed",
    absent: "planned",
    doubt: "ignore",
    escalate: "needs-person",
    refuse: "refused",
  }),
  "needs-person": row({
    confirm: "confirmed",
    retry: "planned",
    doubt: "in-doubt",
    dismiss: "dismissed",
    escalate: "ignore",
  }),
  dismissed: row({ dismiss: "ignore" }),
  reversing: row({ reverse: "ignore", "reversal-done": "reversed", keep: "confirmed", escalate: "needs-person" }),
  reversed: row({ "reversal-done": "ignore" }),
};

const steps: ReadonlySet<string> = new Set(
  postingStates.flatMap((from) => Object.values(postingTable[from]).map((to) => `${from}>${to}`)),
);

/** Some command leads from one state to the other, or it stays as it is. */
export function mayBecome(from: PostingState, to: PostingState): boolean {
  return from === to || steps.has(`${from}>${to}`);
}

/**
 * States whose facts are still spoken for: what is owed excludes them. A posting that a person dismissed goes on to speak
 * for its facts until they are released: its lines say so, not its state.
 */
export function holdsFacts(state: PostingState): boolean {
  return state !== "dismissed" && state !== "reversed";
}

export interface Posting {
  readonly id: string;
  /** 16 signs that travel in the ERP's reference field and by which the ERP is asked. Unique. */
  readonly key: string;
  readonly erp: string;
  readonly kind: DocumentKind;
  readonly request: string;
  readonly segment: string;
  /** The run whose facts it carries; null when it carries none. */
  readonly run: string | null;
  readonly state: PostingState;
  /** Postings with one sequence go one after the other by number; null: no order is needed. */
  readonly sequence: { readonly key: string; readonly number: number } | null;
  /** Never two in flight that share a lane, e.g. `material:PL01/07-006-0015`. Sorted. */
  readonly lanes: readonly string[];
  /** Operations of the order of which every other posting must be settled before this one goes; null: none. */
  readonly closes: readonly string[] | null;
  readonly content: PostingContent;
  readonly attempts: number;
  readonly fault: Fault | null;
  /** Refused for a cause that can go away by itself (stock short): tried again from then on. */
  readonly parkedUntil: Instant | null;
  readonly document: ErpDocument | null;
  readonly version: number;
}

export type PostingContent =
  | { readonly kind: "order-accepted"; readonly response: null }
  | { readonly kind: OwedKind | "final-confirmation"; readonly response: OperationsResponse }
  | { readonly kind: ReversalKind; readonly response: null; readonly reversal: DocumentReversal };

/** What takes a document back, as opposed to what says something new. */
export function isReversal(
  content: PostingContent,
): content is Extract<PostingContent, { readonly reversal: DocumentReversal }> {
  return "reversal" in content;
}

/** Which document of the ERP is taken back. */
export interface DocumentReversal {
  readonly reference: ErpReference;
  /** Id of the posting that made it. */
  readonly posting: string;
  /** The ERP's number of it, as in `ErpDocument`. */
  readonly document: string;
  /**
   * The key that the document bears, where the ERP keeps it: an ERP that was put back from a backup gives a number again, and
   * what has it then is not to be taken back. Left out in what was planned before keys were kept here.
   */
  readonly key?: string;
  readonly postingDate: LocalDate;
  readonly recordedAt: Instant;
  /**
   * What becomes of the facts that the document spoke for: they are owed again, or stay spoken for until a person releases
   * them. Left out for a final confirmation, which speaks for none.
   */
  readonly afterwards?: "repost" | "hold";
}

/** The number under which the ERP keeps the document. */
export interface ErpDocument {
  /** As a person would type it into the ERP, e.g. `4900000101/2026`. */
  readonly number: string;
  readonly kind: DocumentKind;
}

function row(decided: Partial<Record<PostingCommand, Next>>): Readonly<Record<PostingCommand, Next>> {
  const all = Object.fromEntries(postingCommands.map((command) => [command, "refuse-command"]));
  // Built from the full list of commands.
  return { ...all, ...decided } as Record<PostingCommand, Next>;
}
