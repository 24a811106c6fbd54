/** What a question about a document that was keyed by hand needs of the store: the document, and what of ours waits for it. */
import type { Instant } from "../../base/instant.ts";
import type { OperationsRequest } from "../../isa95/schedule/operations-request.ts";
import type { HandDocument } from "../../record/hand-document.ts";
import type { Posting } from "../../record/posting.ts";

export interface HandItem {
  readonly subject: string;
  readonly hand: HandDocument;
  readonly request: OperationsRequest;
  /** Of its order and kind, in order of planning; see `isFor` which of them it may have been keyed for. */
  readonly waiting: readonly WaitingItem[];
  /** More than `waitingMost` wait. */
  readonly hasMore: boolean;
}

export interface WaitingItem {
  readonly posting: Posting;
  /** Null: it is of no run. */
  readonly run: {
    readonly id: string;
    readonly workUnit: string;
    readonly startedAt: Instant;
    /** Null: it goes on. */
    readonly endedAt: Instant | null;
  } | null;
}

/** So many postings of an order and kind are shown with one question. */
export const waitingMost = 500;

export interface HandView {
  /** Documents about which somebody has still to decide, by the subjects of their questions. */
  hands(subjects: readonly string[]): Promise<readonly HandItem[]>;
}
