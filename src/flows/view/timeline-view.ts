/** What the time line of an order needs of the store: everything that happened to it, in order of event time. */
import type { Instant } from "../../base/instant.ts";

export const entryKinds = [
  "order",
  "change",
  "quarantine",
  "instruction",
  "run",
  "state",
  "fact",
  "material",
  "person",
  "posting",
  "document",
  "decision",
  "question",
  "notification",
] as const;
export type EntryKind = (typeof entryKinds)[number];

export interface EntryRow {
  readonly id: string;
  readonly at: Instant;
  readonly recordedAt: Instant;
  readonly kind: EntryKind;
  readonly operation: string | null;
  readonly workUnit: string | null;
  readonly code: string;
  readonly values: Readonly<Record<string, string>>;
  readonly opens: { readonly kind: "fact" | "posting" | "message" | "instruction" | "run"; readonly id: string } | null;
}

/** Counted facts of a run stand one by one up to this many, and as the sums they are made of beyond. */
export const countedOneByOne = 50;

export interface TimelineView {
  /** @param kinds null: all. @returns at most `limit` entries after the place */
  page(
    order: string,
    kinds: readonly EntryKind[] | null,
    after: { readonly at: Instant; readonly id: string } | null,
    limit: number,
  ): Promise<readonly EntryRow[]>;
}
