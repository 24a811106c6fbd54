/** A ledger of instructions in memory that keeps to the life cycle's table, and dies with its process when told to. */
import { instant } from "../../base/instant.ts";
import { assert, fail, ok, type Fault } from "../../base/result.ts";
import {
  instructionTable,
  isOpen,
  type Instruction,
  type InstructionCommand,
  type InstructionContent,
  type ReadBack,
} from "../../record/instruction.ts";
import type { InstructionPort } from "../instruction-step.ts";
import { Killed, type Fate } from "./fake-job-orders.ts";

export interface InstructionLedger extends InstructionPort {
  plan(id: string, content: InstructionContent): void;
  get(id: string): Instruction;
  /** Commands that were committed, e.g. `a write`. */
  readonly steps: string[];
  fate: (step: string) => Fate;
}

export function instructionLedger(): InstructionLedger {
  const kept = new Map<string, Instruction>();
  const ledger: InstructionLedger = {
    steps: [],
    fate: () => "fine",
    plan: (id, content) => {
      const createdAt = instant(kept.size);
      const base = { id, workUnit: "A565", connection: "komax", jobOrder: id, content, createdAt, version: 0 };
      kept.set(id, { ...base, state: "planned", fault: null, readBack: null });
    },
    get: (id) => {
      const found = kept.get(id);
      assert(found, `${id} is planned`);
      return found;
    },
    open: async () => [...kept.values()].filter(({ state }) => isOpen(state)),
    advance: async (id: string, command: InstructionCommand, fault: Fault | null, read: ReadBack | null) => {
      const fate = ledger.fate(`${id} ${command}`);
      if (fate === "killed-before") throw new Killed(command);
      const before = ledger.get(id);
      const next = instructionTable[before.state][command];
      assert(next !== "refuse-command", `${before.state} takes ${command}`);
      if (next !== "ignore") {
        const readBack = read ?? before.readBack;
        kept.set(id, { ...before, state: next, fault, readBack, version: before.version + 1 });
      }
      ledger.steps.push(`${id} ${command}`);
      if (fate === "killed-after") throw new Killed(command);
      return fate === "fine" ? ok(ledger.get(id)) : fail("transient", "store/away", "The database is away.");
    },
  };
  return ledger;
}
