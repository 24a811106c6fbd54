/**
 * What was stated about a run was corrected after a document had spoken for it: the words for what has changed, for how
 * far the document had come, and for how that is put right. Which of them an ERP knows is its connector's table.
 * Spec: docs/spec/correction.md
 */
import type { LocalDate } from "../base/instant.ts";
import type { OwedKind } from "./posting.ts";

/**
 * - `late good`, `late scrap`, `more used`  more than the documents say: nothing of them is wrong
 * - `fewer pieces`, `less used`             what was posted did not happen, or not as much of it
 * - `other grade`                           good were scrap or rework, or the other way round
 * - `other day`                             it belongs to another posting date
 * - `other lot`, `other material`           something else was used
 * - `run taken back`                        the machine says now that the run never was
 * - `other order`                           the run belongs to another order or operation, or to none
 */
export const correctionCauses = [
  "late good",
  "late scrap",
  "more used",
  "fewer pieces",
  "less used",
  "other grade",
  "other day",
  "other lot",
  "other material",
  "run taken back",
  "other order",
] as const;
export type CorrectionCause = (typeof correctionCauses)[number];

/**
 * How far the documents of the run, their kind and day have come; of several the first that applies, read from the end.
 *
 * - `nothing`       none stands
 * - `confirmed`     the ERP has it
 * - `moved on`      the ERP has it, and the goods are not where it put them
 * - `period closed` the ERP has it, and its posting date is closed
 * - `refused`       the ERP has said no for certain
 * - `planned`       it is to be sent and provably has not arrived
 * - `in doubt`      nobody knows, or it is on its way, or is being taken back
 * - `final`         the operation is final by decision
 * - `ended`         the ERP has ended the order
 */
export const documentStages = [
  "nothing",
  "confirmed",
  "moved on",
  "period closed",
  "refused",
  "planned",
  "in doubt",
  "final",
  "ended",
] as const;
export type DocumentStage = (typeof documentStages)[number];

/**
 * - `sum`     it is part of what the first document says
 * - `post`    a further document says it
 * - `replan`  the document is dismissed, and what is owed is planned without it
 * - `wait`    looked at again when the document is settled
 * - `reverse` the document is taken back in the ERP, and what is owed then is posted anew
 * - `park`    the ERP refuses for a cause that can go away; tried again by itself, and a person may give it up
 * - `person`  a question, or a decision that only a person makes
 */
export const correctionMeans = ["sum", "post", "replan", "wait", "reverse", "park", "person"] as const;
export type CorrectionMeans = (typeof correctionMeans)[number];

/** Total: every cause at every stage is decided. */
export type CorrectionTable = Readonly<Record<CorrectionCause, Readonly<Record<DocumentStage, CorrectionMeans>>>>;

/** How one ERP's documents are corrected. */
export interface ErpCorrections {
  readonly table: CorrectionTable;
  /** What a refusal to take a document back says about its stage, by code of the fault. */
  readonly refusals: Readonly<Record<string, Extract<DocumentStage, "moved on" | "period closed" | "ended">>>;
}

/** What is owed of a run on one day is less than nothing: until that is put right it cannot be posted. */
export interface Correction {
  readonly id: number;
  readonly erp: string;
  readonly run: string;
  readonly kind: OwedKind;
  readonly postingDate: LocalDate;
  readonly cause: CorrectionCause;
}
