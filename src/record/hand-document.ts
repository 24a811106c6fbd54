/**
 * A document that somebody has keyed in the ERP by hand while we could not reach it, for something that we owe; or one that
 * we have posted, of which our record has known nothing since it was put back from a backup. What is decided about it:
 * docs/spec/reconcile.md, "After an outage"
 */
import type { Instant, LocalDate } from "../base/instant.ts";
import type { Quantity } from "../base/quantity.ts";
import { isSentAgain, type OwedKind, type Posting, type PostingState } from "./posting.ts";

export interface HandDocument {
  readonly erp: string;
  readonly kind: OwedKind;
  /** The ERP's number of it. */
  readonly document: string;
  readonly request: string;
  /** The operation of a confirmation; empty for material. */
  readonly segment: string;
  readonly materials: readonly string[];
  readonly recordedAt: Instant;
  /** The date that the books of the ERP use for it; null: it was found before this was kept. */
  readonly postingDate: LocalDate | null;
  /** What it says; null: it was found before this was kept, which is not the same as nothing. */
  readonly amounts: readonly HandAmount[] | null;
  /** The key of ours that it bears; null: somebody else made it. */
  readonly key: string | null;
}

export const handAmountKinds = ["good", "scrap", "rework", "received", "used"] as const;

/** Pieces of an operation, or material, in the unit of the order where that one says it exactly. */
export interface HandAmount {
  readonly what: (typeof handAmountKinds)[number];
  /** Null for pieces. */
  readonly material: string | null;
  readonly lot: string | null;
  readonly quantity: Quantity;
}

/** Postings stand back for it · it is for something else, and ours go out. */
export type HandVerdict = "stood-back" | "something-else";

/** A posting in such a state is not in the ERP yet, or nobody knows: it may be what somebody has keyed. */
export const waitingStates = [
  "planned",
  "sending",
  "refused",
  "in-doubt",
  "needs-person",
] as const satisfies readonly PostingState[];

/** False for one of which nobody knows whether the ERP has it: that is settled first. */
export function mayStandBack(posting: Pick<Posting, "state" | "fault">): boolean {
  return (posting.state === "planned" && !isSentAgain(posting)) || posting.state === "refused";
}

/** The subject of the question about it: one for each order, because a document of material may have lines of many. */
export function handSubject({ request, kind, document }: Pick<HandDocument, "request" | "kind" | "document">): string {
  return `${prefix}${request}/${kind}/${document}`;
}

export function isHandSubject(subject: string): boolean {
  return subject.startsWith(prefix);
}

const prefix = "by-hand/";
