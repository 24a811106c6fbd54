/** What the head of "To mend" and the choice of an order for a run need of the store, beside the lists themselves. */
import type { Instant } from "../../base/instant.ts";
import type { MendScope } from "./mend-view.ts";

export const mendLists = ["production", "orders", "postings", "questions"] as const;
export type MendList = (typeof mendLists)[number];

export interface MendCause {
  readonly list: MendList;
  /** The fault code; for a question `question/counter` or `question/other`. */
  readonly code: string;
  readonly count: number;
  readonly oldestAt: Instant;
}

/** A job order that a run could belong to. */
export interface RunCandidate {
  readonly run: string;
  readonly jobOrder: string;
  readonly number: string;
  readonly segment: string;
  readonly because: "job" | "article" | "next";
}

export interface MendCountView {
  /** Everything open, by cause, the most frequent first. */
  waiting(scope: MendScope | null): Promise<readonly MendCause[]>;
  /** Likeliest first. @param runs with the work center of each */
  candidates(runs: readonly { readonly run: string; readonly workCenter: string }[]): Promise<readonly RunCandidate[]>;
  /** Ids of the original messages, by quarantine. */
  messagesOf(quarantines: readonly number[]): Promise<ReadonlyMap<number, string>>;
  /** Which decision was made under this id; null: none yet. */
  decisionOf(command: string): Promise<string | null>;
  /** Where what is decided about happened; null: nothing has this id. */
  placeOfQuestion(question: number): Promise<{ readonly workUnit: string | null } | null>;
  placeOfJobOrder(jobOrder: string): Promise<{ readonly workCenter: string } | null>;
}
