/**
 * The instruction lane of one machine: carries out instructions one at a time. Intent is committed before the first
 * call, everything is read back and compared, a mismatch is rolled back, and what a crash left is resolved by reading
 * the machine. Which instructions there are is decided by dispatching.
 * Spec: docs/spec/instruction.md
 */
import type { Clock } from "../base/clock.ts";
import { makeFault, ok, type Fault, type Result } from "../base/result.ts";
import { canonicalJson } from "../base/json.ts";
import type { JobControlPlace, MachineJobOrders, MachineSession, StoredJobOrder } from "../machine/connector.ts";
import type { Instruction, InstructionCommand, MachineJobOrder } from "../record/instruction.ts";
import type { Probe } from "../record/probe.ts";
import type { GatewayLog } from "./log.ts";
import { setUp, type SetupPlace } from "./set-up.ts";

/** The ledger of instructions. Each step is committed when its promise resolves. */
export interface InstructionPort {
  open(connection: string): Promise<readonly Instruction[]>;
  advance(id: string, command: InstructionCommand, fault: Fault | null): Promise<Result<Instruction>>;
}

export interface MachineList {
  readonly stored: readonly StoredJobOrder[];
  readonly capacity: number;
}

export interface LaneSettings {
  readonly connection: string;
  readonly place: JobControlPlace;
  readonly setup: SetupPlace;
  /** Tells each new session, or null when there is none; returns a function that ends it. */
  readonly onSession: (listener: (session: MachineSession | null) => void) => () => void;
  readonly port: InstructionPort;
  /** Told what the machine holds: at the start, when it changes, after our own changes. Plans what is to be done. */
  readonly onList: (list: MachineList) => Promise<void>;
  /** Only who holds the lease may write. */
  readonly mayWrite: () => boolean;
  readonly clock: Clock;
  readonly log: GatewayLog;
  readonly probe?: Probe;
}

export interface Lane {
  /** Something may be to do. */
  wake(): void;
  close(): Promise<void>;
}

const idleMs = 5_000;
const afterFailureMs = 1_000;

export function startLane(settings: LaneSettings): Lane {
  const lane = new LaneRun(settings);
  const running = lane.run();
  return {
    wake: () => lane.wake(),
    close: async () => {
      lane.stop();
      await running;
    },
  };
}

class LaneRun {
  readonly #settings: LaneSettings;
  readonly #stop = new AbortController();
  #session: MachineSession | null = null;
  #machine: MachineJobOrders | null = null;
  #unlisten: () => void = () => undefined;
  #isAwake = false;
  #ring: () => void = () => undefined;

  constructor(settings: LaneSettings) {
    this.#settings = settings;
  }

  wake(): void {
    this.#isAwake = true;
    this.#ring();
  }

  stop(): void {
    this.#stop.abort();
    this.wake();
  }

  async run(): Promise<void> {
    const { onSession, log, connection } = this.#settings;
    const end = onSession((session) => {
      this.#session = session;
      this.#forgetMachine();
      this.wake();
    });
    while (!this.#stop.signal.aborted) {
      this.#isAwake = false;
      let waitMs = idleMs;
      try {
        if (this.#session) await this.#round(this.#session);
      } catch (error) {
        waitMs = afterFailureMs;
        log.warn(`${connection}: instructions wait.`, makeFault("transient", "gateway/lane", String(error), error));
      }
      await this.#rest(waitMs);
    }
    end();
    this.#forgetMachine();
  }

  /** Looks at the machine, lets dispatching plan, and does what is planned until nothing is left. */
  async #round(session: MachineSession): Promise<void> {
    const machine = await this.#open(session);
    if (!machine) return;
    for (let progress = true; progress && !this.#stop.signal.aborted && session === this.#session; ) {
      const list = await this.#look(machine);
      if (!list) return;
      await this.#settings.onList(list);
      progress = false;
      for (const instruction of await this.#settings.port.open(this.#settings.connection)) {
        if (this.#stop.signal.aborted || session !== this.#session || !this.#settings.mayWrite()) return;
        progress = (await this.#carryOut(session, machine, instruction)) || progress;
      }
    }
  }

  async #open(session: MachineSession): Promise<MachineJobOrders | null> {
    if (this.#machine) return this.#machine;
    const { place, log, connection } = this.#settings;
    const opened = await session.jobOrders(place, this.#stop.signal);
    if (!opened.ok) {
      log.warn(`${connection}: ${opened.fault.message}`, opened.fault);
      return null;
    }
    this.#machine = opened.value;
    this.#unlisten = opened.value.onChange(() => this.wake());
    return this.#machine;
  }

  #forgetMachine(): void {
    this.#unlisten();
    this.#unlisten = () => undefined;
    this.#machine = null;
  }

  async #look(machine: MachineJobOrders): Promise<MachineList | null> {
    const capacity = await machine.capacity(this.#stop.signal);
    const list = await machine.list(this.#stop.signal);
    if (capacity.ok && list.ok) return { stored: list.value, capacity: capacity.value };
    const fault = capacity.ok ? (list.ok ? null : list.fault) : capacity.fault;
    if (fault) this.#settings.log.warn(`${this.#settings.connection}: ${fault.message}`, fault);
    return null;
  }

  /** @returns true when the instruction has moved */
  async #carryOut(session: MachineSession, machine: MachineJobOrders, instruction: Instruction): Promise<boolean> {
    const { content } = instruction;
    const id = content.kind === "store" ? content.order.jobOrderId : content.jobOrderId;
    let now = instruction;
    if (now.state !== "planned") {
      // Whoever began it is gone: only the machine knows how far it came.
      const resolved = await this.#resolve(machine, now, id);
      if (!resolved) return false;
      now = resolved;
    }
    if (now.state === "planned") {
      const begun = await this.#advance(now, "write");
      if (!begun) return false;
      const fault = content.kind === "store" ? await this.#store(session, machine, begun) : await this.#remove(machine, begun, id);
      if (fault) this.#settings.log.warn(`${this.#settings.connection}, job ${id}: ${fault.message}`, fault);
    }
    return true;
  }

  /** Brings an instruction whose end is unknown to where the machine says it is; null when it cannot be told now. */
  async #resolve(machine: MachineJobOrders, instruction: Instruction, id: string): Promise<Instruction | null> {
    const doubted = await this.#advance(instruction, "doubt");
    const found = doubted && (await this.#find(machine, id));
    if (!doubted || !found) return null;
    const { entry } = found;
    const { content } = instruction;
    if (content.kind === "remove") {
      return entry ? this.#advance(doubted, "absent") : this.#advance(doubted, "arm");
    }
    if (!entry) return this.#advance(doubted, "absent");
    if (!isSame(entry.order, content.order)) {
      await this.#takeAway(machine, entry);
      return this.#advance(doubted, "roll-back", differs(content.order, entry.order));
    }
    const verified = await this.#advance(doubted, "verify");
    return verified && this.#arm(machine, verified, entry);
  }

  async #store(session: MachineSession, machine: MachineJobOrders, instruction: Instruction): Promise<Fault | null> {
    const { content } = instruction;
    if (content.kind !== "store") return null;
    const { order } = content;
    const signal = this.#stop.signal;
    const prepared = await setUp(session, this.#settings.setup, content.setup, signal);
    if (!prepared.ok) return this.#fail(instruction, prepared.fault, "roll-back");
    const stored = await machine.store(order, signal);
    await this.#settings.probe?.("instruction-written", `${this.#settings.connection} ${order.jobOrderId}`);
    const found = stored.ok || stored.fault.kind === "refused" ? await this.#find(machine, order.jobOrderId) : null;
    // Refused because it is there already, exactly so: an earlier call of ours whose answer was lost.
    const isThere = found?.entry && isSame(found.entry.order, order);
    if (!stored.ok && !isThere) return this.#fail(instruction, stored.fault, stored.fault.kind === "refused" ? "refuse" : "doubt");
    if (!found) return this.#fail(instruction, unreadable(), "doubt");
    if (!found.entry || !isThere) {
      if (found.entry) await this.#takeAway(machine, found.entry);
      return this.#fail(instruction, differs(order, found.entry?.order ?? null), "roll-back");
    }
    const verified = await this.#advance(instruction, "verify");
    if (verified) await this.#arm(machine, verified, found.entry);
    return null;
  }

  /** Lets a verified job order start and reads back that it may. */
  async #arm(machine: MachineJobOrders, instruction: Instruction, entry: StoredJobOrder): Promise<Instruction | null> {
    const { jobOrderId } = entry.order;
    if (entry.state !== "not-allowed-to-start") return this.#advance(instruction, "arm");
    const allowed = await machine.allowStart(jobOrderId, this.#stop.signal);
    const found = await this.#find(machine, jobOrderId);
    if (found?.entry && found.entry.state !== "not-allowed-to-start") return this.#advance(instruction, "arm");
    const fault = allowed.ok ? unreadable() : allowed.fault;
    await this.#fail(instruction, fault, fault.kind === "refused" ? "refuse" : "doubt");
    return null;
  }

  async #remove(machine: MachineJobOrders, instruction: Instruction, id: string): Promise<Fault | null> {
    const before = await this.#find(machine, id);
    if (!before) return this.#fail(instruction, unreadable(), "doubt");
    if (before.entry) {
      if (isRunning(before.entry)) {
        const text = `Job order ${id} runs: it is removed when it has ended.`;
        return this.#fail(instruction, makeFault("refused", "gateway/job-running", text), "refuse");
      }
      const removed = await this.#takeAway(machine, before.entry);
      await this.#settings.probe?.("instruction-written", `${this.#settings.connection} ${id}`);
      if (!removed.ok && removed.fault.kind !== "refused") return this.#fail(instruction, removed.fault, "doubt");
      const after = await this.#find(machine, id);
      if (!after || after.entry) return this.#fail(instruction, removed.ok ? unreadable() : removed.fault, "doubt");
    }
    const verified = await this.#advance(instruction, "verify");
    if (verified) await this.#advance(verified, "arm");
    return null;
  }

  #takeAway(machine: MachineJobOrders, entry: StoredJobOrder): Promise<Result<void>> {
    const { jobOrderId } = entry.order;
    const hasEnded = entry.state === "ended" || entry.state === "aborted";
    if (isRunning(entry)) return Promise.resolve(ok(undefined));
    return hasEnded ? machine.clear(jobOrderId, this.#stop.signal) : machine.cancel(jobOrderId, this.#stop.signal);
  }

  /** What the machine holds under an id; null when it could not be read. */
  async #find(machine: MachineJobOrders, id: string): Promise<{ readonly entry: StoredJobOrder | null } | null> {
    const list = await machine.list(this.#stop.signal);
    return list.ok ? { entry: list.value.find(({ order }) => order.jobOrderId === id) ?? null } : null;
  }

  async #advance(instruction: Instruction, command: InstructionCommand, fault: Fault | null = null): Promise<Instruction | null> {
    const advanced = await this.#settings.port.advance(instruction.id, command, fault);
    if (advanced.ok) return advanced.value;
    this.#settings.log.warn(`${this.#settings.connection}: ${advanced.fault.message}`, advanced.fault);
    return null;
  }

  async #fail(instruction: Instruction, fault: Fault, command: InstructionCommand): Promise<Fault> {
    await this.#advance(instruction, command, fault);
    return fault;
  }

  async #rest(ms: number): Promise<void> {
    if (this.#isAwake || this.#stop.signal.aborted) return;
    const slept = new AbortController();
    this.#ring = () => slept.abort();
    await this.#settings.clock.sleep(ms, slept.signal);
    this.#ring = () => undefined;
  }
}

function isRunning(entry: StoredJobOrder): boolean {
  return entry.state === "running" || entry.state === "interrupted";
}

function isSame(a: MachineJobOrder, b: MachineJobOrder): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

function differs(wanted: MachineJobOrder, got: MachineJobOrder | null): Fault {
  const text = got
    ? `The machine shows job order ${wanted.jobOrderId} otherwise than it was stored; it was taken away again.`
    : `The machine does not show job order ${wanted.jobOrderId} although it accepted it.`;
  return makeFault("refused", "gateway/job-mismatch", text, { wanted: canonicalJson(wanted), got: got && canonicalJson(got) });
}

function unreadable(): Fault {
  return makeFault("transient", "gateway/list-unreadable", "The machine's list of job orders could not be read back.");
}
