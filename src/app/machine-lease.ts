/**
 * The right to write to machines: leases that this process renews, and that end by themselves when it cannot. Reading a
 * machine needs none. What they are: `flows/lease.ts`.
 */
import type { Clock } from "../base/clock.ts";
import { leaseMs, renewMs, writingMs, type Lease, type LeaseHolder } from "../flows/lease.ts";
import type { Store } from "../flows/ports.ts";
import { databaseTrouble } from "./database-trouble.ts";
import type { Log } from "./log.ts";

export interface MachineLeaseSettings {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly holder: LeaseHolder;
  readonly connections: readonly string[];
  /** The right to write to this machine has come. */
  readonly onGained: (connection: string) => void;
}

export interface MachineLeases {
  /** Null while another process writes to this machine, or may begin to. */
  held(connection: string): Lease | null;
  /** To be called when nothing is written any more. */
  close(): Promise<void>;
}

interface Held extends Lease {
  /** By the monotonic clock, from before the renewal was asked for. */
  readonly until: number;
}

export function keepMachineLeases(settings: MachineLeaseSettings): MachineLeases {
  const { clock, store, holder, log, connections } = settings;
  const stop = new AbortController();
  const state = { held: new Map<string, Held>(), refused: new Set<string>() };
  const running = connections.length === 0 ? Promise.resolve() : run(settings, state, stop.signal);
  return {
    held: (connection) => {
      const held = state.held.get(connection);
      return held && clock.monotonicMs() < held.until ? held : null;
    },
    close: async () => {
      stop.abort();
      await running;
      const roles = [...state.held.values()].map(({ role }) => role);
      state.held.clear();
      if (roles.length === 0) return;
      await store
        .transaction((tx) => tx.site.endLeases(roles, holder))
        .catch((error: unknown) =>
          log.warn("The right to write to machines was not given back; it ends by itself.", error),
        );
    },
  };
}

interface State {
  held: Map<string, Held>;
  /** Machines of which it was said that another process has them. */
  readonly refused: Set<string>;
}

async function run(settings: MachineLeaseSettings, state: State, signal: AbortSignal): Promise<void> {
  const { clock, log } = settings;
  while (!signal.aborted) {
    try {
      await renew(settings, state);
    } catch (error) {
      const lost = "The right to write to machines could not be renewed; without it nothing is written to them.";
      log.warn(`${lost} ${databaseTrouble(error)}`, error);
    }
    await clock.sleep(renewMs, signal);
  }
}

async function renew(settings: MachineLeaseSettings, state: State): Promise<void> {
  const { store, clock, log, holder, connections, onGained } = settings;
  const until = clock.monotonicMs() + writingMs;
  const roles = connections.map(roleOf);
  const epochs = await store.transaction((tx) => tx.site.keepLeases(roles, holder, leaseMs));
  const before = state.held;
  state.held = new Map(
    connections.flatMap((connection) => {
      const role = roleOf(connection);
      const epoch = epochs.get(role);
      return epoch === undefined ? [] : [[connection, { role, epoch, until }] as const];
    }),
  );
  for (const connection of connections) {
    if (!state.held.has(connection)) {
      if (!state.refused.has(connection))
        log.warn(`${connection}: another process writes to this machine; this one only reads it.`);
      state.refused.add(connection);
      continue;
    }
    state.refused.delete(connection);
    if (before.get(connection)?.epoch !== state.held.get(connection)?.epoch) onGained(connection);
  }
}

function roleOf(connection: string): string {
  return `machine/${connection}`;
}
