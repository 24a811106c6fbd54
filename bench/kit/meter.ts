/** One measured stretch: wall clock and CPU of every process that takes part, from a start to a stop. */
import { ownCpuSeconds, treeCpuSeconds } from "./cpu.ts";

/** CPU seconds by who used them. */
export interface CpuShares {
  /** This process: Millrace itself and, where a bench has one, its load generator. */
  readonly millrace: number;
  readonly postgres: number;
  /** What is not ours: machines, ERP. */
  readonly peers: number;
}

export interface Stretch {
  readonly seconds: number;
  readonly cpu: CpuShares;
}

export interface MeteredProcesses {
  /** Millrace in a process of its own, with PostgreSQL below it; left out when it runs in this one. */
  readonly millrace?: number;
  readonly postgres?: number;
  readonly peers?: readonly number[];
}

/** Starts now; the function that is returned gives what was used since, and may be called again. */
export function startMeter(processes: MeteredProcesses = {}): () => Stretch {
  const ofPostgres = (): number => (processes.postgres === undefined ? 0 : treeCpuSeconds(processes.postgres));
  const ofMillrace = (): number =>
    processes.millrace === undefined ? ownCpuSeconds() : treeCpuSeconds(processes.millrace) - ofPostgres();
  const read = (): CpuShares => ({
    millrace: ofMillrace(),
    postgres: ofPostgres(),
    peers: (processes.peers ?? []).reduce((sum, pid) => sum + treeCpuSeconds(pid), 0),
  });
  const before = read();
  const startedAt = performance.now();
  return () => {
    const seconds = (performance.now() - startedAt) / 1000;
    const after = read();
    const cpu = {
      millrace: after.millrace - before.millrace,
      postgres: after.postgres - before.postgres,
      peers: after.peers - before.peers,
    };
    return { seconds, cpu };
  };
}
