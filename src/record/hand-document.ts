/**
 * A document that somebody has keyed in the ERP by hand while we could not reach it, for something that we owe. What is
 * decided about it: docs/spec/reconcile.md, "After an outage".
 */
import type { Instant } from "../base/instant.ts";
import type { OwedKind } from "./posting.ts";

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
}

/** Postings stand back for it · it is for something else, and ours go out. */
export type HandVerdict = "stood-back" | "something-else";

/** The subject of the question about it. */
export function handSubject({ erp, kind, document }: Pick<HandDocument, "erp" | "kind" | "document">): string {
  return `${prefix}${erp}/${kind}/${document}`;
}

export function isHandSubject(subject: string): boolean {
  return subject.startsWith(prefix);
}

const prefix = "by-hand/";
