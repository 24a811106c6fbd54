/** What is known of a work unit from what people said about it, at one moment. Plain data: it is kept beside statements. */
import type { Instant } from "../../base/instant.ts";
import type { Quantity } from "../../base/quantity.ts";
import type { StorageLocation } from "../../isa95/resource/material.ts";
import type { PersonKey } from "../../isa95/resource/person.ts";
import type { JobOrder } from "../../isa95/schedule/job-order.ts";
import type { JobPhase, LoadNeed } from "../../record/statement.ts";

export interface UnitState {
  readonly run: UnitRun | null;
  /** Stops that are open or that nobody has given a reason for, the oldest first. */
  readonly stops: readonly UnitStop[];
  /** What is loaded, the oldest first: in this order it is used. */
  readonly loads: readonly Load[];
  readonly people: readonly UnitPerson[];
}

export interface UnitRun {
  readonly id: string;
  readonly jobOrder: string;
  readonly name: string;
  readonly phase: JobPhase;
  readonly since: Instant;
  readonly needs: readonly LoadNeed[];
}

export interface UnitStop {
  readonly since: Instant;
  readonly until: Instant | null;
  readonly reason: string | null;
}

export interface Load {
  /** The statement that loaded it. */
  readonly id: string;
  readonly requirement: string | null;
  /** The operation for whose line it was loaded; left out in what was loaded before this was kept. */
  readonly operation?: Pick<JobOrder, "request" | "segment">;
  readonly material: string;
  readonly lot: string | null;
  readonly handlingUnit: string | null;
  readonly position: string;
  /** What the books say is left; null when nobody knows how much was loaded. */
  readonly left: Quantity | null;
  readonly since: Instant;
  readonly isSubstitute: boolean;
  /** Where it came from, and goes back to. */
  readonly from: StorageLocation | null;
}

export interface UnitPerson {
  readonly person: PersonKey;
  readonly since: Instant;
  readonly onBreak: boolean;
}

export const emptyUnit: UnitState = { run: null, stops: [], loads: [], people: [] };

/** The stop that goes on. */
export function openStop(state: UnitState): UnitStop | null {
  return state.stops.find((stop) => stop.until === null) ?? null;
}
