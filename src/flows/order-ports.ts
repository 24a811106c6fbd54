/** What taking orders over, and telling machines of them, needs of the store. */
import type { Instant } from "../base/instant.ts";
import type { Fault } from "../base/result.ts";
import type { InboundMessage } from "../erp/connector.ts";
import type { ArmedEntry } from "../operations/dispatching/dispatch-plan.ts";
import type { OrderDecision } from "../operations/order/change.ts";
import type { Instruction, InstructionState } from "../record/instruction.ts";

export interface InboxRepository {
  /** @returns the id of the new row, or null when the message is there already */
  receive(erp: string, message: InboundMessage, at: Instant): Promise<number | null>;
  /** @param decision what was decided about the order, kept with the message; null when it was not understood */
  settle(
    id: number,
    verdict: "accepted" | "unchanged" | "quarantined",
    fault: Fault | null,
    decision: OrderDecision | null,
  ): Promise<void>;
  cursor(erp: string): Promise<string | null>;
  saveCursor(erp: string, cursor: string, at: Instant): Promise<void>;
}

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
  armed(connection: string): Promise<readonly ArmedEntry[]>;
  /** What machines were told of an order's job orders and was not taken back: the furthest that one of them has come. */
  told(request: string): Promise<"nothing" | "planned" | "stored">;
}
