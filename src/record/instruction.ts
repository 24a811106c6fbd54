/**
 * What we tell a machine: an instruction with a persisted life cycle. Intent is committed before the first write, every
 * value is read back and compared, a mismatch rolls back, a crash is resolved by reading the machine.
 * Spec: docs/spec/instruction.md
 */
import type { Instant } from "../base/instant.ts";
import type { Quantity } from "../base/quantity.ts";
import type { Fault } from "../base/result.ts";
import type { SetupValue } from "../isa95/schedule/job-order.ts";

export const instructionStates = [
  "planned",
  "writing",
  "verified",
  "armed",
  "rolled-back",
  "in-doubt",
  "refused",
] as const;
export type InstructionState = (typeof instructionStates)[number];

/**
 * - `write`     intent is committed, the first write may leave
 * - `verify`    everything was read back and is equal
 * - `arm`       the machine may start (or: has taken it away, for a removal)
 * - `roll-back` what was written has been taken back
 * - `doubt`     the process or the connection died in between
 * - `absent`    the machine was read and shows nothing of it
 * - `refuse`    the machine said no
 */
export const instructionCommands = ["write", "verify", "arm", "roll-back", "doubt", "absent", "refuse"] as const;
export type InstructionCommand = (typeof instructionCommands)[number];

type Next = InstructionState | "refuse-command" | "ignore";

/** Total: every state decides every command. */
export const instructionTable: Readonly<Record<InstructionState, Readonly<Record<InstructionCommand, Next>>>> = {
  planned: row({ write: "writing", refuse: "refused", absent: "ignore" }),
  writing: row({
    verify: "verified",
    "roll-back": "rolled-back",
    doubt: "in-doubt",
    refuse: "refused",
    absent: "planned",
  }),
  verified: row({ arm: "armed", verify: "ignore", doubt: "in-doubt", "roll-back": "rolled-back", refuse: "refused" }),
  armed: row({ arm: "ignore" }),
  "rolled-back": row({ "roll-back": "ignore" }),
  "in-doubt": row({
    verify: "verified",
    arm: "armed",
    absent: "planned",
    "roll-back": "rolled-back",
    doubt: "ignore",
    refuse: "refused",
  }),
  refused: row({ refuse: "ignore" }),
};

export type InstructionContent =
  /** Keep this job order stored in the machine and allow its start. */
  | {
      readonly kind: "store";
      readonly order: MachineJobOrder;
      readonly setup: readonly SetupValue[];
      /** Runs of the job order that had ended when it was stored: the run of this entry is one more. Left out: not known. */
      readonly runsEnded?: number;
      /** What the job order asked for then, pieces that were made already included. Left out: not known. */
      readonly ordered?: Quantity;
    }
  /** Take it away again: it ended, or it is no longer wanted. */
  | { readonly kind: "remove"; readonly jobOrderId: string; readonly because: string };

/** A job order as a machine is told it. */
export interface MachineJobOrder {
  /** The machine's id of it, from the map. */
  readonly jobOrderId: string;
  readonly description: string;
  readonly material: string;
  readonly quantity: Quantity;
  readonly priority: number;
  readonly startTime: Instant | null;
  /** Further parameters, e.g. the number of the ERP order. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** What a machine held of a set-up value. */
export interface HeldValue {
  /** Item key of the map. */
  readonly item: string;
  /** What it goes back to; null where it held nothing that can be written back. */
  readonly before: SetupValue["value"] | null;
  /** What was read after it was written; null when it was not read yet, or no good value was read. */
  readonly read: SetupValue["value"] | null;
}

/** What was read of a machine while an instruction was carried out: kept with the state that it led to. */
export interface ReadBack {
  /** Set-up values in the order in which they are written. */
  readonly setup: readonly HeldValue[];
  /** The job order as the machine's list showed it after it was told; null when it was not read, or is not there. */
  readonly order: MachineJobOrder | null;
}

export interface Instruction {
  readonly id: string;
  readonly workUnit: string;
  readonly connection: string;
  readonly jobOrder: string;
  readonly state: InstructionState;
  readonly content: InstructionContent;
  readonly fault: Fault | null;
  /** Null until something was to be written, and for a removal. */
  readonly readBack: ReadBack | null;
  readonly createdAt: Instant;
  readonly version: number;
}

/** True while the machine may hold something that we have not accounted for. */
export function isOpen(state: InstructionState): boolean {
  return state === "planned" || state === "writing" || state === "verified" || state === "in-doubt";
}

function row(decided: Partial<Record<InstructionCommand, Next>>): Readonly<Record<InstructionCommand, Next>> {
  const all = Object.fromEntries(instructionCommands.map((command) => [command, "refuse-command"]));
  // Built from the full list of commands.
  return { ...all, ...decided } as Record<InstructionCommand, Next>;
}
