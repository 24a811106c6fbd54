/**
 * What the screen "To mend" needs of the store: everything that waits for a person, oldest first, each with the version
 * that a decision about it names (If-Match) and with what is needed to decide.
 */
import type { Instant } from "../../base/instant.ts";
import type { Quantity } from "../../base/quantity.ts";
import type { CounterDoubt } from "../../record/counter-answer.ts";
import type { ProductionState, QuestionState } from "../../record/decision.ts";
import type { UnitGrade } from "../../record/fact.ts";
import type { DocumentKind, PostingContent, PostingState } from "../../record/posting.ts";

/** Where a page goes on: after the item of this time and id. */
export interface MendCursor {
  readonly at: Instant;
  readonly id: string;
}

/** A part of the hierarchy; null on the whole: everything, also what has no place. See `mendScope`. */
export interface MendScope {
  readonly workCenters: readonly string[];
  readonly workUnits: readonly string[];
}

export interface MendPage<Filter> {
  readonly filter: Filter;
  readonly scope: MendScope | null;
  readonly after: MendCursor | null;
  readonly limit: number;
}

export const postingTroubles = ["refused", "parked", "needs-person", "in-doubt", "dismissed"] as const;
export type PostingTrouble = (typeof postingTroubles)[number];

export interface CauseCount {
  readonly kind: "order" | "production";
  readonly code: string;
  readonly count: number;
  readonly oldestAt: Instant;
}

export interface QuarantinedRunItem {
  readonly id: string;
  readonly run: string;
  /** The run's. */
  readonly version: number;
  readonly state: ProductionState;
  readonly code: string;
  readonly message: string;
  readonly source: string;
  readonly workUnit: string;
  readonly job: string;
  readonly article: string;
  readonly outside: boolean;
  readonly startedAt: Instant;
  /** Null: it goes on. */
  readonly endedAt: Instant | null;
  readonly counted: readonly { readonly grade: UnitGrade; readonly quantity: Quantity }[];
  readonly since: Instant;
}

export interface QuarantinedOrderItem {
  readonly id: string;
  /** What a decision names. */
  readonly quarantine: number;
  readonly version: number;
  readonly state: "open" | "dismissed";
  readonly erp: string;
  readonly number: string;
  readonly code: string;
  readonly message: string;
  readonly since: Instant;
}

export interface PostingItem {
  readonly id: string;
  readonly version: number;
  readonly trouble: PostingTrouble;
  readonly state: PostingState;
  readonly key: string;
  readonly erp: string;
  readonly kind: DocumentKind;
  readonly request: string;
  readonly orderNumber: string;
  readonly segment: string;
  readonly article: string;
  readonly run: string | null;
  readonly workUnit: string | null;
  readonly content: PostingContent;
  readonly code: string | null;
  readonly message: string | null;
  readonly attempts: number;
  readonly lastSentAt: Instant | null;
  /** Asked last, and how often the ERP has said that it does not have it. */
  readonly askedAt: Instant | null;
  readonly askedAbsent: number;
  readonly since: Instant;
  /** Tried or asked again by itself; null: only a person moves it. */
  readonly nextTryAt: Instant | null;
  readonly supersedes: string | null;
}

export interface QuestionItem {
  readonly id: string;
  /** What a decision names. */
  readonly question: number;
  readonly version: number;
  readonly state: QuestionState;
  readonly subject: string;
  readonly text: string;
  /** As it was asked: samples, or ids of facts. */
  readonly evidence: unknown;
  /** Pieces can be answered; null: only words. */
  readonly about: CounterDoubt | null;
  readonly since: Instant;
}

export interface MendView {
  /** Open quarantine by cause, the most frequent first. */
  causes(): Promise<readonly CauseCount[]>;
  runs(
    page: MendPage<{ readonly states: readonly ("open" | "dismissed")[]; readonly code: string | null }>,
  ): Promise<readonly QuarantinedRunItem[]>;
  /** Orders that were not taken over have no place: with a scope there are none. */
  orders(
    page: MendPage<{ readonly states: readonly ("open" | "dismissed")[]; readonly code: string | null }>,
  ): Promise<readonly QuarantinedOrderItem[]>;
  /** @param page `code`: as `MendCause` names it; left out: all */
  postings(
    page: MendPage<{ readonly troubles: readonly PostingTrouble[]; readonly code?: string | null }>,
  ): Promise<readonly PostingItem[]>;
  questions(
    page: MendPage<{ readonly states: readonly QuestionState[]; readonly code?: string | null }>,
  ): Promise<readonly QuestionItem[]>;
}
