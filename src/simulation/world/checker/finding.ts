/** What a checker has found to be wrong. */
export interface Violation {
  /** Which checker; the same name whatever the numbers are. */
  readonly law: Law;
  readonly text: string;
}

/** Everything that is checked, in the words of `docs/spec/simulation.md`. */
export const laws = [
  "documents-once",
  "documents-known",
  "nothing-beside-unknown",
  "facts-posted-once",
  "lanes-alone",
  "life-cycle",
  "cursor-forward",
  "books-balance",
  "nothing-real-below-zero",
  "facts-immutable",
  "facts-evident",
  "counts-add-up",
  "orders-followed",
  "lanes-drained",
  "outbox-drained",
  "orphans-held",
  "made-is-stated",
  "doubts-asked",
  "held-begins-anew",
  "stated-is-posted",
  "posted-is-moved",
  "decided-once",
  "said-is-stated",
  "said-is-posted",
  "rest-is-asked",
  "reversals-known",
  "differences-classed",
  "as-predicted",
] as const;
export type Law = (typeof laws)[number];

export type Complain = (law: Law, text: string) => void;
