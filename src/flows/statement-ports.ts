/** What reports of people need of the store: statements, the states between them, and what is said once. */
import type { Instant } from "../base/instant.ts";
import type { Statement } from "../record/statement.ts";
import type { TerminalView } from "./view/terminal-view.ts";

export interface ReportRepositories {
  readonly statements: StatementRepository;
  readonly terminal: TerminalView;
}

/** What people said about work units; see `report.ts`, which is the only writer. */
export interface StatementRepository {
  /** Waits for whoever reports about the same unit; held until the transaction ends. */
  lockUnit(unit: string): Promise<void>;
  /** Locked only by its unit. `isTakenBack`: another one corrects it. */
  get(id: string): Promise<{ readonly statement: Statement; readonly isTakenBack: boolean } | null>;
  /** The state after the last statement that stands before the place, and its event time; null when there is none. */
  stateBefore(unit: string, place: StatementPlace | null): Promise<KeptUnitState | null>;
  /** Those that stand and had an effect, from the place on, in order. */
  standingFrom(unit: string, place: StatementPlace): Promise<readonly Statement[]>;
  add(statement: Omit<Statement, "ordinal">, isEffective: boolean, recordedAt: Instant): Promise<void>;
  keepStates(states: readonly { readonly statement: string; readonly state: unknown }[]): Promise<void>;
  dropState(statement: string): Promise<void>;
  /** The runs that a machine reported at a work unit for a time; the newest first. */
  machineRuns(workUnit: string, at: Instant): Promise<readonly MachineRun[]>;
  /** Since when the machine at a work unit stands still; null when it does not, or has never said. */
  machineStop(workUnit: string): Promise<Instant | null>;
  /** @returns false when the same shift was entered before */
  claimShift(unit: string, digest: string, command: string): Promise<boolean>;
  /** @returns when it was acknowledged first */
  acknowledge(jobOrder: string, person: string, at: Instant): Promise<Instant>;
}

export interface MachineRun {
  readonly id: string;
  readonly jobOrder: string | null;
}

/** Where a statement stands among those of its unit. */
export interface StatementPlace {
  readonly at: Instant;
  readonly ordinal: number;
}

export interface KeptUnitState {
  readonly eventAt: Instant;
  /** JSON of a UnitState. */
  readonly state: unknown;
}
