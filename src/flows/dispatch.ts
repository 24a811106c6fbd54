/**
 * Keeps the next job orders stored in a machine that can hold them: compares its own list with what should be there and
 * plans instructions. The gateway's lane carries them out and reports each step back through `instructionPort`.
 */
import type { Clock } from "../base/clock.ts";
import { contentId } from "../base/id.ts";
import { fail, ok, type Fault, type Result } from "../base/result.ts";
import { numberIn } from "../isa95/schedule/operations-request.ts";
import type { StoredJobOrder } from "../machine/connector.ts";
import {
  planDispatch,
  whyNotStored,
  type DispatchView,
  type HeldByMachine,
} from "../operations/dispatching/dispatch-plan.ts";
import { instructionTable, type Instruction, type InstructionCommand, type ReadBack } from "../record/instruction.ts";
import type { Site, SiteWorkUnit } from "../site/site.ts";
import type { Lease } from "./lease.ts";
import type { JobOrderRow, Store, Tx } from "./ports.ts";

export interface DispatchPorts {
  readonly store: Store;
  readonly site: Site;
  readonly clock: Clock;
}

/** What a machine said it holds, newest first hand. */
export interface MachineList {
  readonly stored: readonly StoredJobOrder[];
  readonly capacity: number;
}

/** @returns how many instructions were planned, and the view they were planned on */
export async function dispatchTo(
  ports: DispatchPorts,
  connection: string,
  list: MachineList,
): Promise<{ readonly planned: number; readonly view: DispatchView | null }> {
  const unit = ports.site.workUnitByConnection(connection);
  if (!unit) return { planned: 0, view: null };
  return ports.store.transaction(async (tx) => {
    const view = await viewOf(tx, ports, unit, connection, list);
    const plan = planDispatch(view);
    let planned = 0;
    for (const removal of plan.remove) {
      const { jobOrderId, because } = removal;
      const content = { kind: "remove", jobOrderId, because } as const;
      if (await instruct(tx, ports, unit, connection, removal.jobOrder, content)) planned += 1;
    }
    for (const jobOrder of plan.store) {
      const { machineName, quantity, material, setup, earliestStart } = jobOrder;
      if (!machineName) continue;
      const order = {
        jobOrderId: machineName.jobOrderId,
        description: machineName.job,
        material,
        quantity,
        priority: 0,
        startTime: earliestStart,
        parameters: { JobOrder: jobOrder.id, Order: numberIn(jobOrder.request), Operation: jobOrder.segment },
      };
      const row = await assign(tx, unit, connection, jobOrder.id);
      if (!row) continue;
      // What is still missing: a run that ended short is not made again as a whole.
      const missing = { ...order, quantity: { ...quantity, micro: quantity.micro - row.goodMicro } };
      const content = { kind: "store", order: missing, setup, asked: quantity, runsEnded: row.runsEnded } as const;
      if (await instruct(tx, ports, unit, connection, jobOrder.id, content)) planned += 1;
    }
    return { planned, view };
  });
}

/** A job order that any unit may take belongs to the first that is told it. Null when another one has it. */
async function assign(tx: Tx, unit: SiteWorkUnit, connection: string, id: string): Promise<JobOrderRow | null> {
  const [row] = await tx.jobOrders.lock([id]);
  if (!row || row.jobOrder.state !== "ready") return null;
  // A planner may have given it to another unit while the first one still holds it: it might be made twice.
  if ((await tx.instructions.toldElsewhere(id, connection)).length > 0) return null;
  const { workUnit } = row.jobOrder;
  if (workUnit !== null) return workUnit === unit.id ? row : null;
  await tx.jobOrders.save([{ ...row, jobOrder: { ...row.jobOrder, workUnit: unit.id } }]);
  return row;
}

async function viewOf(
  tx: Tx,
  ports: DispatchPorts,
  unit: SiteWorkUnit,
  connection: string,
  list: MachineList,
): Promise<DispatchView> {
  const capacity = capacityOf(ports.site, unit, list);
  const armed = await adopted(tx, connection, list);
  const open = (await tx.instructions.open(connection)).map(({ jobOrder, content }) => ({
    kind: content.kind,
    jobOrder,
    jobOrderId: content.kind === "store" ? content.order.jobOrderId : content.jobOrderId,
  }));
  // More than fit, because several may share an id on the machine.
  const rows = await tx.jobOrders.dispatchable(
    unit.partOf,
    unit.id,
    capacity * 8,
    armed.map((a) => a.jobOrder),
  );
  const resting = new Set(await tx.instructions.resting(connection, ports.clock.now()));
  const candidates = rows.map((row) => candidateOf(row, unit, resting.has(row.jobOrder.id)));
  return { capacity, held: list.stored.map(heldOf), armed, open, candidates };
}

/** Set-up values are the machine's, not the job's: where there are some, one job order at a time is prepared. */
function capacityOf(site: Site, unit: SiteWorkUnit, list: MachineList): number {
  const { keepStored } = site.policies.dispatch;
  const hasSetup = Object.keys(site.mapOf(unit.id)?.job?.setup ?? {}).length > 0;
  const wanted = keepStored === "capacity" ? list.capacity : Math.min(keepStored, list.capacity);
  return hasSetup ? Math.min(1, wanted) : wanted;
}

/**
 * Which of our job orders the machine's entries stand for: by our record of the last armed store, or, where the record
 * was lost (a restored backup), by the job order that the entry itself names.
 */
async function adopted(tx: Tx, connection: string, list: MachineList): Promise<DispatchView["armed"]> {
  const recorded = new Map(
    (await tx.instructions.armed(connection)).flatMap(({ jobOrder, content }) => {
      if (content.kind !== "store") return [];
      const { order, setup, asked } = content;
      const { jobOrderId, material, description } = order;
      return [
        [jobOrderId, { jobOrderId, jobOrder, told: { asked: asked ?? null, material, description, setup } }] as const,
      ];
    }),
  );
  const named = list.stored.flatMap(({ order: { jobOrderId, parameters } }) => {
    const jobOrder = parameters["JobOrder"];
    return jobOrder === undefined || recorded.has(jobOrderId) ? [] : [{ jobOrderId, jobOrder, told: null }];
  });
  const known = new Set((await tx.jobOrders.lock(named.map((n) => n.jobOrder))).map((row) => row.jobOrder.id));
  return [...recorded.values(), ...named.filter((n) => known.has(n.jobOrder))];
}

function heldOf({ order, state }: StoredJobOrder): HeldByMachine {
  const { jobOrderId } = order;
  if (state === "ended" || state === "aborted") return { jobOrderId, state: "ended" };
  return { jobOrderId, state: state === "running" || state === "interrupted" ? "running" : "waiting" };
}

function candidateOf(row: JobOrderRow, unit: SiteWorkUnit, isResting: boolean): DispatchView["candidates"][number] {
  const { jobOrder, goodMicro, runsEnded } = row;
  const { workCenter, workUnit } = jobOrder;
  const isHere = workCenter === unit.partOf && (workUnit === null || workUnit === unit.id);
  return { jobOrder, isHere, isMade: goodMicro >= jobOrder.quantity.micro, runsEnded, isResting };
}

async function instruct(
  tx: Tx,
  ports: DispatchPorts,
  unit: SiteWorkUnit,
  connection: string,
  jobOrder: string,
  content: Instruction["content"],
): Promise<boolean> {
  const createdAt = ports.clock.now();
  const id = contentId("instruction", connection, jobOrder, content.kind, createdAt);
  return tx.instructions.plan({
    id,
    workUnit: unit.id,
    connection,
    jobOrder,
    state: "planned",
    content,
    fault: null,
    readBack: null,
    createdAt,
    version: 0,
  });
}

/** What the gateway's instruction lane needs of the store: every step commits before the next call leaves. */
export interface InstructionSteps {
  open(connection: string): Promise<readonly Instruction[]>;
  /** @param read what was read of the machine on the way; null: what is kept stays */
  advance(
    id: string,
    command: InstructionCommand,
    fault: Fault | null,
    read: ReadBack | null,
  ): Promise<Result<Instruction>>;
}

/** @param lease  the lease under which the machine is written to now; null while somebody else has it */
export function instructionSteps(
  ports: Pick<DispatchPorts, "store" | "clock">,
  lease: () => Lease | null,
): InstructionSteps {
  return {
    open: (connection) => ports.store.transaction((tx) => tx.instructions.open(connection)),
    advance: (id, command, fault, read) =>
      ports.store.transaction(async (tx) => {
        const held = lease();
        // Whoever has the machine now may be in the middle of this very instruction.
        if (!held || !(await tx.site.holdsLease(held.role, held.epoch))) {
          const text = "Another process has taken over this machine; it goes on from what the machine shows.";
          return fail("transient", "gateway/no-lease", text);
        }
        const instruction = await tx.instructions.lock(id);
        if (!instruction) return fail("invalid", "dispatch/unknown-instruction", `There is no instruction ${id}.`);
        const next = instructionTable[instruction.state][command];
        if (next === "refuse-command") {
          const text = `A ${instruction.state} instruction cannot be told to ${command}.`;
          return fail("conflict", "dispatch/instruction-state", text);
        }
        if (next === "ignore") return ok(instruction);
        const readBack = read ?? instruction.readBack;
        await tx.instructions.save({ ...instruction, readBack }, next, fault, ports.clock.now());
        return ok({ ...instruction, state: next, fault, readBack, version: instruction.version + 1 });
      }),
  };
}

/** Remembers the last view of each machine, to explain why an order was not stored when its run began. */
export class DispatchViews {
  readonly #views = new Map<string, DispatchView>();

  see(connection: string, view: DispatchView | null): void {
    if (view) this.#views.set(connection, view);
  }

  whyNotStored(connection: string, jobOrder: string): string | null {
    const view = this.#views.get(connection);
    if (!view) return "the machine's list had not been read yet";
    const isThere = view.armed.some(
      (a) => a.jobOrder === jobOrder && view.held.some((h) => h.jobOrderId === a.jobOrderId),
    );
    if (isThere) return null;
    const candidate = view.candidates.find((c) => c.jobOrder.id === jobOrder);
    return candidate ? whyNotStored(candidate.jobOrder, view) : "it was not among the next orders";
  }
}
