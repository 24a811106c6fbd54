/** What telling machines needs of the store: instructions, and the leases under which they are carried out. */
import type { Instant } from "../base/instant.ts";
import type { Fault } from "../base/result.ts";
import type { Instruction, InstructionState } from "../record/instruction.ts";

export interface InstructionRepository {
  plan(instruction: Instruction): Promise<boolean>;
  open(connection: string): Promise<readonly Instruction[]>;
  lock(id: string): Promise<Instruction | null>;
  /** Keeps the instruction's `readBack` too. @throws when it was changed meanwhile */
  save(instruction: Instruction, to: InstructionState, fault: Fault | null, at: Instant): Promise<void>;
  /**
   * Job orders that are not stored again yet: storing failed lately (each failure doubles the time), or the machine's
   * list is quicker than its counters: its entry has ended and is gone, and the run of it is not a fact yet.
   */
  resting(connection: string, at: Instant): Promise<readonly string[]>;
  /** The last armed store of each machine id that no armed removal has followed. */
  armed(connection: string): Promise<readonly Pick<Instruction, "jobOrder" | "content">[]>;
  /** The other machines that were told the job order and have not been told to let go of it, or may have been. */
  toldElsewhere(jobOrder: string, connection: string): Promise<readonly string[]>;
  /** What machines were told of an order's job orders and was not taken back: the furthest that one of them has come. */
  told(request: string): Promise<"nothing" | "planned" | "stored">;
}
