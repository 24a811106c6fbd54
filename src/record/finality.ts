/**
 * Whether an operation is final: a decision of a person or of a rule, with its history. Life cycle and words; how it is
 * judged is `operations/execution/final.ts`.
 * Spec: docs/spec/final.md
 */
import type { Instant } from "../base/instant.ts";
import type { Actor } from "./command.ts";

/**
 * - `final`     nothing more is planned, confirmed or dispatched for it
 * - `reopening` taken back, and the ERP's final confirmation is not away yet: still nothing is planned
 * - `reopened`  history; the operation is open, or final again under the next number
 */
export const finalityStates = ["final", "reopening", "reopened"] as const;
export type FinalityState = (typeof finalityStates)[number];

/** An operation without a standing decision is `open`. */
export type OperationState = "open" | Exclude<FinalityState, "reopened">;

/**
 * - `finalise`, `reopen` by a person or a rule
 * - `withdrawn`          nothing of the final confirmation stands in the ERP
 */
export type FinalityCommand = "finalise" | "reopen" | "withdrawn";

export const finalityTable: Readonly<
  Record<OperationState, Readonly<Record<FinalityCommand, OperationState | "refuse" | "ignore">>>
> = {
  open: { finalise: "final", reopen: "refuse", withdrawn: "refuse" },
  final: { finalise: "ignore", reopen: "reopening", withdrawn: "refuse" },
  reopening: { finalise: "refuse", reopen: "ignore", withdrawn: "open" },
};

/** Who decided: a person with a reason, or a rule in its own words. */
export type DecidedBy =
  | ({ readonly by: "person"; readonly command: string } & Actor)
  | { readonly by: "rule"; readonly rule: string };

/** One decision that an operation is final, and what became of it. */
export interface Finality {
  readonly id: string;
  readonly request: string;
  readonly segment: string;
  /** Counted for each operation from 1: part of the key of its final confirmation. */
  readonly number: number;
  readonly state: FinalityState;
  /** The operation and those that the ERP makes final with it (a milestone), all of the same order. */
  readonly covers: readonly string[];
  readonly decidedAt: Instant;
  readonly decidedBy: DecidedBy;
  /** The final confirmation; null when the operation is not confirmed for itself. */
  readonly posting: string | null;
  readonly reopenedAt: Instant | null;
  readonly reopenedBy: DecidedBy | null;
  /** What takes the ERP's final confirmation back; null while none is needed. */
  readonly reversal: string | null;
  readonly version: number;
}
