/**
 * The instruction lane of one machine: looks at the machine, lets dispatching plan, and carries out what is planned, one
 * instruction at a time. How one is carried out: `instruction-step.ts`; which there are is decided by dispatching.
 * Spec: docs/spec/instruction.md
 */
import type { Clock } from "../base/clock.ts";
import { makeFault } from "../base/result.ts";
import type { JobControlPlace, MachineJobOrders, MachineSession, StoredJobOrder } from "../machine/connector.ts";
import type { Probe } from "../record/probe.ts";
import { carryOut, type InstructionPort, type StepContext } from "./instruction-step.ts";
import { guardedJobOrders, guardedSession } from "./lease-guard.ts";
import type { GatewayLog } from "./log.ts";
import type { SetupPlace } from "./set-up.ts";

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
    for (let progress = true; progress && !this.#stop.signal.aborted && session === this.#session;) {
      const list = await this.#look(machine);
      if (!list) return;
      await this.#settings.onList(list);
      progress = false;
      const context = this.#contextOf(session, machine);
      for (const instruction of await this.#settings.port.open(this.#settings.connection)) {
        if (this.#stop.signal.aborted || session !== this.#session || !this.#settings.mayWrite()) return;
        progress = (await carryOut(context, instruction)) || progress;
      }
    }
  }

  #contextOf(session: MachineSession, machine: MachineJobOrders): StepContext {
    const { connection, setup, port, probe, log, mayWrite } = this.#settings;
    return {
      connection,
      setup,
      port,
      log,
      probe: probe ?? null,
      session: guardedSession(session, mayWrite),
      machine: guardedJobOrders(machine, mayWrite),
      signal: this.#stop.signal,
    };
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

  async #rest(ms: number): Promise<void> {
    if (this.#isAwake || this.#stop.signal.aborted) return;
    const slept = new AbortController();
    this.#ring = () => slept.abort();
    await this.#settings.clock.sleep(ms, slept.signal);
    this.#ring = () => undefined;
  }
}
