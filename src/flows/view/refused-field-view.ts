/** What the list of refused master data needs of the store. */
import type { Instant } from "../../base/instant.ts";
import type { FieldValue } from "../../isa95/master-data/thing.ts";

/** What a sender has said of a thing and was not taken over; it has not said otherwise since. */
export interface RefusedFieldRow {
  readonly id: string;
  readonly sender: string;
  readonly noun: string;
  readonly plant: string;
  /** Empty for people, whom nobody is named by this. */
  readonly key: string;
  readonly version: string;
  /** Empty: the thing as a whole. */
  readonly field: string;
  readonly owner: string | null;
  readonly ours: FieldValue | null;
  readonly theirs: FieldValue | null;
  readonly code: string;
  readonly message: string;
  readonly place: string;
  /** The BODID of the last message. */
  readonly document: string;
  readonly firstAt: Instant;
  readonly lastAt: Instant;
  readonly times: number;
}

export interface RefusedFieldView {
  /** The latest first. */
  list(
    after: { readonly at: Instant; readonly id: string } | null,
    limit: number,
    sender: string | null,
  ): Promise<readonly RefusedFieldRow[]>;
  /** How many there are by sender. */
  counts(): Promise<ReadonlyMap<string, number>>;
}
