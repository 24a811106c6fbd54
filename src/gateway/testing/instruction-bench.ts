/** One machine, its ledger of instructions and the instruction that a test has it carry out. */
import type { MachineJobState } from "../../machine/connector.ts";
import type { InstructionContent, MachineJobOrder } from "../../record/instruction.ts";
import { carryOut, type StepContext } from "../instruction-step.ts";
import { guardedJobOrders, guardedSession } from "../lease-guard.ts";
import { fakeJobOrders, Killed, type FakeJobOrders } from "./fake-job-orders.ts";
import { keptLog, type KeptLog } from "./folder.ts";
import { instructionLedger, type InstructionLedger } from "./instruction-ledger.ts";

export const order: MachineJobOrder = {
  jobOrderId: "1000012-10",
  description: "Cable",
  material: "07-006-0015",
  quantity: { micro: 500_000_000n, uom: "C62" },
  priority: 0,
  startTime: null,
  parameters: { Order: "1000012" },
};
export const setup = [
  { item: "WireLength", value: 1250.5, tolerance: 0.01 },
  { item: "Article", value: "07-006-0015", tolerance: 0 },
];
export const storing: InstructionContent = { kind: "store", order, setup };
export const removing: InstructionContent = { kind: "remove", jobOrderId: order.jobOrderId, because: "it ended" };

export interface Bench {
  readonly machine: FakeJobOrders;
  readonly ledger: InstructionLedger;
  readonly log: KeptLog;
  readonly context: StepContext;
  lease: boolean;
}

export function bench(): Bench {
  const machine = fakeJobOrders();
  const ledger = instructionLedger();
  const log = keptLog();
  machine.values.set("Recipe/WireLength", 900);
  machine.values.set("Recipe/Article", "before");
  const stage: Bench = {
    machine,
    ledger,
    log,
    lease: true,
    context: {
      connection: "komax",
      session: guardedSession(machine.session, () => stage.lease),
      machine: guardedJobOrders(machine.jobs, () => stage.lease),
      setup: { path: (item) => `Recipe/${item}`, apply: { object: "Recipe", method: "Apply" } },
      port: ledger,
      probe: null,
      log,
      signal: new AbortController().signal,
    },
  };
  return stage;
}

/** Takes up what is open again and again, as the lane does; a kill is the start of a new process. */
export async function drive({ context, ledger }: Bench, rounds = 12): Promise<number> {
  let kills = 0;
  for (let i = 0; i < rounds; i += 1) {
    try {
      for (const instruction of await ledger.open("komax")) await carryOut(context, instruction);
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      kills += 1;
    }
  }
  return kills;
}

export function hold({ machine }: Bench, state: MachineJobState, kept: MachineJobOrder = order): void {
  machine.held.set(kept.jobOrderId, { order: kept, state });
}
