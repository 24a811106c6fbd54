/**
 * What we dispatch: work on one operation at one work unit. One operation has one or more job orders (splits, reruns,
 * several machines).
 * @source ISA-95 part 4, job order
 */
import type { Instant } from "../../base/instant.ts";
import type { Quantity } from "../../base/quantity.ts";

/**
 * - `waiting`   accepted, an earlier operation or a decision is missing
 * - `ready`     may be dispatched and started
 * - `running`   a run of it is open at its work unit
 * - `held`      a person or the ERP holds it
 * - `completed` final: nothing more will be made for it (a decision, which can be taken back)
 * - `aborted`   ended without being complete, by decision
 * - `cancelled` taken back by the ERP before or after a start
 */
export const jobOrderStates = ["waiting", "ready", "running", "held", "completed", "aborted", "cancelled"] as const;
export type JobOrderState = (typeof jobOrderStates)[number];

export interface JobOrder {
  readonly id: string;
  readonly request: string;
  readonly segment: string;
  readonly workCenter: string;
  /** The work unit it is dispatched to; null while any unit of the work center may take it. */
  readonly workUnit: string | null;
  readonly material: string;
  readonly quantity: Quantity;
  readonly state: JobOrderState;
  /** Place in the dispatch list: smaller text goes first. Built from priority, start and number of the order. */
  readonly dispatchKey: string;
  readonly earliestStart: Instant | null;
  /** How the machine names this job, evaluated from the map when the order was accepted; null when it has no map. */
  readonly machineName: MachineJobName | null;
  /** Set-up values for the machine, evaluated from the map when the order was accepted. */
  readonly setup: readonly SetupValue[];
  readonly version: number;
}

/** The names under which a machine knows a job. */
export interface MachineJobName {
  /** Id under which the machine stores the job order; several orders may share one, see `dispatching`. */
  readonly jobOrderId: string;
  /** What the machine reports as the job while it runs. */
  readonly job: string;
  /** What the machine reports as the article while it runs; null when it does not say. */
  readonly article: string | null;
}

export interface SetupValue {
  /** Item key of the map. */
  readonly item: string;
  readonly value: string | number | boolean;
  /** Largest difference between written and read value that still counts as equal; 0 for exact. */
  readonly tolerance: number;
}
