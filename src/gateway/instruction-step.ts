/**
 * Carrying out one instruction. Every step is committed before the next call leaves, every write is read back, and what
 * a crash or a lost answer left open is resolved by reading the machine. When which instruction is taken up:
 * `instruction-lane.ts`.
 */
import { canonicalJson } from "../base/json.ts";
import { makeFault, type Fault, type Result } from "../base/result.ts";
import type { MachineJobOrders, StoredJobOrder } from "../machine/connector.ts";
import type { Instruction, InstructionCommand, InstructionContent, MachineJobOrder } from "../record/instruction.ts";
import type { Probe } from "../record/probe.ts";
import type { SetUpSession } from "./lease-guard.ts";
import type { GatewayLog } from "./log.ts";
import { setUp, withoutWayBack, type SetUp, type SetupPlace } from "./set-up.ts";

/** The ledger of instructions. Each step is committed when its promise resolves. */
export interface InstructionPort {
  /** Planned, writing, verified and in doubt, in the order in which they were planned. */
  open(connection: string): Promise<readonly Instruction[]>;
  advance(id: string, command: InstructionCommand, fault: Fault | null): Promise<Result<Instruction>>;
}

export interface StepContext {
  readonly connection: string;
  readonly session: SetUpSession;
  readonly machine: MachineJobOrders;
  readonly setup: SetupPlace;
  readonly port: InstructionPort;
  readonly probe: Probe | null;
  readonly log: GatewayLog;
  readonly signal: AbortSignal;
}

type Store = Extract<InstructionContent, { kind: "store" }>;

/** What the machine shows under an id. */
interface Found {
  readonly entry: StoredJobOrder | null;
}

/** @returns true when the instruction has moved; false when it waits for the machine */
export async function carryOut(context: StepContext, instruction: Instruction): Promise<boolean> {
  const { content } = instruction;
  const id = machineIdOf(content);
  let now = instruction;
  if (now.state !== "planned") {
    // Whoever began it is gone: only the machine knows how far it came.
    const resolved = await resolve(context, now, id);
    if (!resolved) return false;
    now = resolved;
  }
  if (now.state !== "planned") return true;
  if (content.kind === "remove" && (await runs(context, id))) return now !== instruction;
  const begun = await advance(context, now, "write");
  if (!begun) return false;
  const fault = content.kind === "store" ? await store(context, begun, content) : await remove(context, begun, id);
  if (!fault) return true;
  context.log.warn(`${context.connection}, job order ${id}: ${fault.message}`, fault);
  // In doubt: asked again after a while, not at once.
  return !isLost(fault);
}

/** The id under which the machine knows what an instruction is about. */
export function machineIdOf(content: InstructionContent): string {
  return content.kind === "store" ? content.order.jobOrderId : content.jobOrderId;
}

/** Brings an instruction whose end is unknown to where the machine says it is; null when that cannot be told now. */
async function resolve(context: StepContext, instruction: Instruction, id: string): Promise<Instruction | null> {
  const { content } = instruction;
  const doubted = await advance(context, instruction, "doubt");
  const found = doubted && (await find(context, id));
  if (!doubted || !found) return null;
  const { entry } = found;
  if (content.kind === "remove") return advance(context, doubted, entry ? "absent" : "arm");
  if (!entry) return advance(context, doubted, "absent");
  if (!isSame(entry.order, content.order)) {
    return takeBack(context, doubted, entry, differs(content.order, entry.order));
  }
  const verified = await advance(context, doubted, "verify");
  return verified && allow(context, verified, entry);
}

async function store(context: StepContext, instruction: Instruction, content: Store): Promise<Fault | null> {
  const { machine, session, signal, connection } = context;
  const { order } = content;
  const prepared = await setUp(session, context.setup, content.setup, signal);
  if (!prepared.ok) return end(context, instruction, isLost(prepared.fault) ? "doubt" : "roll-back", prepared.fault);
  const stored = await machine.store(order, signal);
  await context.probe?.("instruction-written", `${connection} ${order.jobOrderId}`);
  if (!stored.ok && isLost(stored.fault)) return end(context, instruction, "doubt", stored.fault);
  const found = await find(context, order.jobOrderId);
  if (!found) return end(context, instruction, "doubt", unreadable());
  // Refused because it is there already, exactly so: an earlier call of ours whose answer was lost.
  if (found.entry && isSame(found.entry.order, order)) {
    const verified = await advance(context, instruction, "verify");
    if (verified) await allow(context, verified, found.entry);
    return null;
  }
  if (!stored.ok) return end(context, instruction, "refuse", await restored(prepared.value, stored.fault));
  const fault = await restored(prepared.value, differs(order, found.entry?.order ?? null));
  await takeBack(context, instruction, found.entry, fault);
  return fault;
}

/** Lets a verified job order start and reads back that it may. */
async function allow(
  context: StepContext,
  instruction: Instruction,
  entry: StoredJobOrder,
): Promise<Instruction | null> {
  const { jobOrderId } = entry.order;
  if (entry.state !== "not-allowed-to-start") return advance(context, instruction, "arm");
  const allowed = await context.machine.allowStart(jobOrderId, context.signal);
  const found = await find(context, jobOrderId);
  if (found?.entry && found.entry.state !== "not-allowed-to-start") return advance(context, instruction, "arm");
  const fault = allowed.ok ? unreadable() : allowed.fault;
  await end(context, instruction, isLost(fault) ? "doubt" : "refuse", fault);
  return null;
}

async function remove(context: StepContext, instruction: Instruction, id: string): Promise<Fault | null> {
  const { machine, signal, connection } = context;
  const before = await find(context, id);
  if (!before) return end(context, instruction, "doubt", unreadable());
  if (before.entry) {
    if (isRunning(before.entry)) return end(context, instruction, "absent", justStarted(id));
    const removed = await takeAway(machine, before.entry, signal);
    await context.probe?.("instruction-written", `${connection} ${id}`);
    if (!removed.ok && isLost(removed.fault)) return end(context, instruction, "doubt", removed.fault);
    const after = await find(context, id);
    if (!after || after.entry) return end(context, instruction, "doubt", removed.ok ? unreadable() : removed.fault);
  }
  const verified = await advance(context, instruction, "verify");
  if (verified) await advance(context, verified, "arm");
  return null;
}

/** Whether a job order runs, or cannot be told: it is removed when it has ended, and the machine's list changes then. */
async function runs(context: StepContext, id: string): Promise<boolean> {
  const found = await find(context, id);
  return !found || (found.entry !== null && isRunning(found.entry));
}

/** Takes away what the machine shows otherwise than it was told, and believes that only when it is gone. */
async function takeBack(
  context: StepContext,
  instruction: Instruction,
  entry: StoredJobOrder | null,
  fault: Fault,
): Promise<Instruction | null> {
  if (!entry) return advance(context, instruction, "roll-back", fault);
  if (isRunning(entry)) return advance(context, instruction, "refuse", runsOtherwise(fault));
  await takeAway(context.machine, entry, context.signal);
  const after = await find(context, entry.order.jobOrderId);
  return advance(context, instruction, after && !after.entry ? "roll-back" : "doubt", fault);
}

function takeAway(machine: MachineJobOrders, entry: StoredJobOrder, signal: AbortSignal): Promise<Result<void>> {
  const hasEnded = entry.state === "ended" || entry.state === "aborted";
  return hasEnded ? machine.clear(entry.order.jobOrderId, signal) : machine.cancel(entry.order.jobOrderId, signal);
}

/** Null when the list cannot be read. */
async function find(context: StepContext, id: string): Promise<Found | null> {
  const list = await context.machine.list(context.signal);
  return list.ok ? { entry: list.value.find(({ order }) => order.jobOrderId === id) ?? null } : null;
}

async function advance(
  context: StepContext,
  instruction: Instruction,
  command: InstructionCommand,
  fault: Fault | null = null,
): Promise<Instruction | null> {
  const advanced = await context.port.advance(instruction.id, command, fault);
  if (advanced.ok) return advanced.value;
  context.log.warn(`${context.connection}: ${advanced.fault.message}`, advanced.fault);
  return null;
}

async function end(
  context: StepContext,
  instruction: Instruction,
  command: InstructionCommand,
  fault: Fault,
): Promise<Fault> {
  await advance(context, instruction, command, fault);
  return fault;
}

/** The fault, once the set-up values are back; one that says so when they are not. */
async function restored(done: SetUp, fault: Fault): Promise<Fault> {
  const back = await done.restore();
  return back.ok ? fault : withoutWayBack(fault, back.fault);
}

function isRunning(entry: StoredJobOrder): boolean {
  return entry.state === "running" || entry.state === "interrupted";
}

/** Nobody answered, or the answer was lost: only reading the machine tells. */
function isLost(fault: Fault): boolean {
  return fault.kind === "transient" || fault.kind === "ambiguous";
}

function isSame(a: MachineJobOrder, b: MachineJobOrder): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

function differs(wanted: MachineJobOrder, got: MachineJobOrder | null): Fault {
  const { jobOrderId } = wanted;
  const text = got
    ? `The machine shows job order ${jobOrderId} otherwise than it was told (${differences(wanted, got)}); it is taken away again.`
    : `The machine does not show job order ${jobOrderId} although it accepted it.`;
  const cause = { wanted: canonicalJson(wanted), got: got && canonicalJson(got) };
  return makeFault("refused", "gateway/job-mismatch", text, cause);
}

function differences(wanted: MachineJobOrder, got: MachineJobOrder): string {
  const shown = new Map<string, unknown>(Object.entries(got));
  const text = (value: unknown): string => canonicalJson(value ?? null);
  return Object.entries(wanted)
    .filter(([field, value]) => text(value) !== text(shown.get(field)))
    .map(([field, value]) => `${field}: told ${text(value)}, shown ${text(shown.get(field))}`)
    .join("; ");
}

/** Cannot be taken back while it is made: a person must look. */
function runsOtherwise(fault: Fault): Fault {
  const text = `${fault.message} It runs already and cannot be taken away: check it at the machine.`;
  return makeFault("refused", "gateway/job-runs-otherwise", text, fault);
}

function justStarted(id: string): Fault {
  const text = `Job order ${id} has just begun to run and is removed when it has ended.`;
  return makeFault("refused", "gateway/job-running", text);
}

function unreadable(): Fault {
  const text = "What was written could not be read back from the machine; it is read again.";
  return makeFault("transient", "gateway/list-unreadable", text);
}
