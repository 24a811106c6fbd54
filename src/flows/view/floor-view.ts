/** What the floor needs of the store: the state of work units and what runs there. Reads derived tables; of the facts only the reason of a stop. */
import type { Instant } from "../../base/instant.ts";
import type { Quantity } from "../../base/quantity.ts";
import type { MachineState } from "../../record/fact.ts";

export interface UnitStateRow {
  readonly workUnit: string;
  /** Null until a state was stated. */
  readonly state: {
    readonly state: MachineState;
    readonly raw: string;
    readonly since: Instant;
    /** Code of the reason that a person has given for the stop that goes on. */
    readonly reason: string | null;
  } | null;
  /** Event time of the last thing said about the unit. */
  readonly lastEventAt: Instant;
  /** How many people are signed on. */
  readonly people: number;
}

/** Sums of a run's facts. `counted` is what a machine has counted of a component that the bill alone speaks for. */
export const sumKinds = ["good", "scrap", "rework", "used", "counted", "produced", "energy"] as const;
export type SumKind = (typeof sumKinds)[number];

export interface RunSum {
  readonly what: SumKind;
  /** Null for pieces, which are of the run's own product. */
  readonly material: string | null;
  readonly quantity: Quantity;
  readonly facts: number;
  readonly firstAt: Instant;
  readonly lastAt: Instant;
}

export interface OpenRun {
  readonly id: string;
  readonly workUnit: string;
  readonly job: string;
  readonly article: string;
  readonly outside: boolean;
  readonly startedAt: Instant;
  /** Null for production without an order. */
  readonly jobOrder: {
    readonly id: string;
    readonly request: string;
    readonly number: string;
    readonly segment: string;
    readonly material: string;
    readonly quantity: Quantity;
    readonly goodMicro: bigint;
    readonly scrapMicro: bigint;
    readonly reworkMicro: bigint;
  } | null;
  readonly sums: readonly RunSum[];
}

export interface FloorView {
  /** Of units about which anything was ever said. */
  states(units: readonly string[]): Promise<readonly UnitStateRow[]>;
  /** In order of start. */
  openRuns(units: readonly string[]): Promise<readonly OpenRun[]>;
}
