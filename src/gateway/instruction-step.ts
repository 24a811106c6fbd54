/**
 * Carrying out one instruction. Every step is committed before the next call leaves, every write is read back, and what
 * a crash or a lost answer left open is resolved by reading the machine. When which instruction is taken up:
 * `instruction-lane.ts`.
 */
import type { Fault, Result } from "../base/result.ts";
import type { MachineJobOrders, StoredJobOrder } from "../machine/connector.ts";
import type { Instruction, InstructionCommand, InstructionContent, ReadBack } from "../record/instruction.ts";
import type { Probe } from "../record/probe.ts";
import { differs, isLost, isSame, justStarted, runsOtherwise, stillRuns, unreadable } from "./instruction-fault.ts";
import type { SetUpSession } from "./lease-guard.ts";
import type { GatewayLog } from "./log.ts";
import { heldBefore, isReadEqual, readBack, restoreHeld, setUp, withoutWayBack, type SetupPlace } from "./set-up.ts";

/** The ledger of instructions. Each step is committed when its promise resolves. */
export interface InstructionPort {
  /** Planned, writing, verified and in doubt, in the order in which they were planned. */
  open(connection: string): Promise<readonly Instruction[]>;
  /** @param read what was read of the machine on the way; null: what is kept stays */
  advance(
    id: string,
    command: InstructionCommand,
    fault: Fault | null,
    read: ReadBack | null,
  ): Promise<Result<Instruction>>;
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
  /** Whether anything runs there. */
  readonly isBusy: boolean;
}

/** Why it is undone, what was read, and how the set-up goes back. */
interface WayBack {
  readonly fault: Fault;
  readonly read: ReadBack;
  readonly restore: () => Promise<Result<void>>;
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
  // Still in doubt: asked again after a while, not at once.
  if (now.state !== "planned") return now.state !== "in-doubt";
  if (content.kind === "remove") {
    const found = await find(context, id);
    if (!found) return now !== instruction;
    // It may run for days: dispatching plans the removal again when the list says that it has ended.
    if (found.entry && isRunning(found.entry)) return (await advance(context, now, "refuse", justStarted(id))) !== null;
  }
  const begun = await begin(context, now);
  if (begun?.state !== "writing") return (begun ?? now) !== instruction;
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
  if (content.kind === "remove") return advance(context, doubted, found.entry ? "absent" : "arm");
  return resolveStore(context, doubted, content, found);
}

/** The way back is in the record: what the machine held before was committed before anything left. */
async function resolveStore(
  context: StepContext,
  doubted: Instruction,
  content: Store,
  { entry, isBusy }: Found,
): Promise<Instruction | null> {
  const { session, setup: place, signal } = context;
  const held = doubted.readBack?.setup ?? [];
  const restore = async (): Promise<Result<void>> =>
    isBusy && held.length > 0
      ? { ok: false, fault: stillRuns() }
      : restoreHeld(session, place, content.setup, held, signal);
  if (!entry) return startAgain(context, doubted, restore);
  const shown = { setup: held, order: entry.order };
  if (!isSame(entry.order, content.order)) {
    return takeBack(context, doubted, entry, { fault: differs(content.order, entry.order), read: shown, restore });
  }
  // A person may have changed what was verified while it runs; before it runs everything is compared once more.
  const isKnown = isRunning(entry) && isReadEqual(content.setup, held);
  const read = isKnown ? { fault: null, held } : await readBack(session, place, content.setup, held, signal);
  if (read.fault && isLost(read.fault)) return wait(context, read.fault);
  const compared = { setup: read.held, order: entry.order };
  if (read.fault && isRunning(entry)) return advance(context, doubted, "refuse", runsOtherwise(read.fault), compared);
  // Stopped in the middle, or changed since: it is told anew from the start, and a machine that does not take it shows then.
  if (read.fault) return (await makeGone(context, entry)) ? startAgain(context, doubted, restore) : null;
  const verified = await advance(context, doubted, "verify", null, compared);
  return verified && allow(context, verified, entry);
}

/** Nothing of it is there: the set-up goes back to what was there before, and only then it is begun anew. */
async function startAgain(
  context: StepContext,
  doubted: Instruction,
  restore: WayBack["restore"],
): Promise<Instruction | null> {
  const back = await restore();
  if (!back.ok)
    return isLost(back.fault) ? wait(context, back.fault) : advance(context, doubted, "roll-back", back.fault);
  const kept = doubted.readBack;
  const unread = kept && { setup: kept.setup.map((value) => ({ ...value, read: null })), order: null };
  return advance(context, doubted, "absent", null, unread);
}

function wait(context: StepContext, fault: Fault): null {
  context.log.warn(`${context.connection}: ${fault.message}`, fault);
  return null;
}

/**
 * Commits the intent, and with it what the machine holds before. Null when that cannot be read or committed now: nothing
 * has left, it is begun later.
 */
async function begin(context: StepContext, instruction: Instruction): Promise<Instruction | null> {
  const { content } = instruction;
  if (content.kind === "remove") return advance(context, instruction, "write");
  const held = await heldBefore(context.session, context.setup, content.setup, context.signal);
  if (held.ok) return advance(context, instruction, "write", null, { setup: held.value, order: null });
  wait(context, held.fault);
  return isLost(held.fault) ? null : advance(context, instruction, "refuse", held.fault);
}

async function store(context: StepContext, instruction: Instruction, content: Store): Promise<Fault | null> {
  const { machine, session, signal, connection } = context;
  const { order } = content;
  const prepared = await setUp(session, context.setup, content.setup, instruction.readBack?.setup ?? [], signal);
  const read = { setup: prepared.held, order: null };
  const { fault, restore } = prepared;
  if (fault) return end(context, instruction, isLost(fault) ? "doubt" : "roll-back", fault, read);
  const stored = await machine.store(order, signal);
  await context.probe?.("instruction-written", `${connection} ${order.jobOrderId}`);
  if (!stored.ok && isLost(stored.fault)) return end(context, instruction, "doubt", stored.fault, read);
  const found = await find(context, order.jobOrderId);
  if (!found) return end(context, instruction, "doubt", unreadable(), read);
  const shown = { ...read, order: found.entry?.order ?? null };
  // Refused because it is there already, exactly so: an earlier call of ours whose answer was lost.
  if (found.entry && isSame(found.entry.order, order)) {
    const verified = await advance(context, instruction, "verify", null, shown);
    if (verified) await allow(context, verified, found.entry);
    return null;
  }
  if (!stored.ok) {
    await goBack(context, instruction, "refuse", { fault: stored.fault, read: shown, restore });
    return stored.fault;
  }
  const way = { fault: differs(order, shown.order), read: shown, restore };
  await takeBack(context, instruction, found.entry, way);
  return way.fault;
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

/** Takes away what the machine shows otherwise than it was told. */
async function takeBack(
  context: StepContext,
  instruction: Instruction,
  entry: StoredJobOrder | null,
  way: WayBack,
): Promise<Instruction | null> {
  if (entry) {
    // What runs keeps its set-up too.
    if (isRunning(entry)) return advance(context, instruction, "refuse", runsOtherwise(way.fault), way.read);
    if (!(await makeGone(context, entry))) return advance(context, instruction, "doubt", way.fault, way.read);
  }
  return goBack(context, instruction, "roll-back", way);
}

/** Brings the set-up back and ends the instruction; it stays in doubt while it is not known whether that has worked. */
async function goBack(
  context: StepContext,
  instruction: Instruction,
  command: "roll-back" | "refuse",
  { fault, read, restore }: WayBack,
): Promise<Instruction | null> {
  const back = await restore();
  if (back.ok) return advance(context, instruction, command, fault, read);
  const without = withoutWayBack(fault, back.fault);
  context.log.warn(`${context.connection}: ${back.fault.message}`, back.fault);
  return advance(context, instruction, isLost(back.fault) ? "doubt" : command, without, read);
}

/** Takes an entry away, and believes that only when the list no longer shows it. */
async function makeGone(context: StepContext, entry: StoredJobOrder): Promise<boolean> {
  await takeAway(context.machine, entry, context.signal);
  const after = await find(context, entry.order.jobOrderId);
  return after !== null && after.entry === null;
}

function takeAway(machine: MachineJobOrders, entry: StoredJobOrder, signal: AbortSignal): Promise<Result<void>> {
  const hasEnded = entry.state === "ended" || entry.state === "aborted";
  return hasEnded ? machine.clear(entry.order.jobOrderId, signal) : machine.cancel(entry.order.jobOrderId, signal);
}

/** Null when the list cannot be read. */
async function find(context: StepContext, id: string): Promise<Found | null> {
  const list = await context.machine.list(context.signal);
  if (!list.ok) return null;
  return { entry: list.value.find(({ order }) => order.jobOrderId === id) ?? null, isBusy: list.value.some(isRunning) };
}

async function advance(
  context: StepContext,
  instruction: Instruction,
  command: InstructionCommand,
  fault: Fault | null = null,
  read: ReadBack | null = null,
): Promise<Instruction | null> {
  const advanced = await context.port.advance(instruction.id, command, fault, read);
  if (advanced.ok) return advanced.value;
  context.log.warn(`${context.connection}: ${advanced.fault.message}`, advanced.fault);
  return null;
}

async function end(
  context: StepContext,
  instruction: Instruction,
  command: InstructionCommand,
  fault: Fault,
  read: ReadBack | null = null,
): Promise<Fault> {
  await advance(context, instruction, command, fault, read);
  return fault;
}

function isRunning(entry: StoredJobOrder): boolean {
  return entry.state === "running" || entry.state === "interrupted";
}
