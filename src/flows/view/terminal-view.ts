/** What the terminal needs of the store beyond what reports need: names, who has seen a job, set-up, what was used. */
import type { Instant } from "../../base/instant.ts";
import type { SetupValue } from "../../isa95/schedule/job-order.ts";
import type { HeldValue, InstructionState } from "../../record/instruction.ts";
import type { UsedAmount } from "./use-view.ts";

export interface PresenceMark {
  readonly unit: string;
  readonly kind: "sign-on" | "sign-off" | "break-begin" | "break-end";
  readonly at: Instant;
}

/** The set-up of a job as it was told to a machine, and what was read back as far as it came. */
export interface ShownSetup {
  readonly state: InstructionState;
  readonly setup: readonly SetupValue[];
  readonly held: readonly HeldValue[];
}

export interface TerminalView {
  /** Names of people by key; an erased one is left out. */
  names(people: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Keys of the people whose key or name this is. */
  peopleCalled(keyOrName: string): Promise<readonly string[]>;
  /** What a person said about being at work units from a time on, in order; what was taken back is left out. */
  presenceMarks(person: string, from: Instant): Promise<readonly PresenceMark[]>;
  /** When each job order was seen by an operator; one that nobody has seen is left out. */
  acknowledged(jobOrders: readonly string[]): Promise<ReadonlyMap<string, Instant>>;
  /** The newest instruction that stores the job order in a machine; null when there is none. */
  setup(jobOrder: string): Promise<ShownSetup | null>;
  /** What all runs of a job order have used, corrections included, by what states it. */
  used(jobOrder: string): Promise<readonly Omit<UsedAmount, "segment">[]>;
  /** The job order of an operation at a work center, zeros in front of the numbers aside; that of the unit first. */
  byNumber(
    at: { readonly workCenter: string; readonly workUnit: string },
    number: { readonly order: string; readonly operation: string },
  ): Promise<string | null>;
  /** Whether a reason was given for the stop that began then. */
  isExplained(workUnit: string, since: Instant): Promise<boolean>;
  /** Where a job order is done; null when it is not known. */
  placeOf(jobOrder: string): Promise<{ readonly workCenter: string; readonly workUnit: string | null } | null>;
}
