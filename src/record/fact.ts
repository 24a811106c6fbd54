/**
 * What we hold to be true: immutable statements about the shop floor, each with its evidence. Facts are never changed;
 * a later, better reading is a new revision, and the difference is a `Corrected` fact.
 */
import { followingId } from "../base/id.ts";
import type { Instant } from "../base/instant.ts";
import type { Quantity } from "../base/quantity.ts";
import type { PersonKey } from "../isa95/resource/person.ts";
import type { SampleReference } from "./sample.ts";

export type SaidBy =
  | { readonly by: "machine"; readonly source: string }
  | { readonly by: "person"; readonly person: PersonKey; readonly reason: string }
  | { readonly by: "erp"; readonly erp: string };

/** Whether a unit of work came out good. */
export type UnitGrade = "good" | "scrap" | "rework";

/** Where loaded material stands at the machine and where it came from. */
export interface LoadedMaterial {
  readonly material: string;
  readonly lot: string | null;
  readonly handlingUnit: string | null;
  readonly position: string;
  readonly from: string | null;
  readonly quantity: Quantity | null;
}

export type FactBody =
  /** `outside`: the machine itself attributes what follows to no run. */
  | {
      readonly kind: "JobStarted";
      readonly job: string;
      readonly article: string;
      readonly outside: boolean;
      /** The job order itself, where a person has chosen it: nothing is left to be found by name. */
      readonly jobOrder?: string;
    }
  | { readonly kind: "JobHeld" }
  | { readonly kind: "JobResumed" }
  | { readonly kind: "JobEnded"; readonly result: string }
  | {
      readonly kind: "UnitsCounted";
      readonly grade: UnitGrade;
      readonly quantity: Quantity;
      readonly reason: string | null;
    }
  | { readonly kind: "UnitPacked"; readonly handlingUnit: string; readonly quantity: Quantity }
  | ({ readonly kind: "MaterialLoaded" } & LoadedMaterial)
  | ({ readonly kind: "MaterialUnloaded" } & LoadedMaterial)
  | {
      readonly kind: "MaterialConsumed";
      readonly material: string;
      readonly lot: string | null;
      readonly quantity: Quantity;
    }
  | {
      readonly kind: "MaterialProduced";
      readonly material: string;
      readonly lot: string | null;
      readonly quantity: Quantity;
    }
  | {
      readonly kind: "MaterialReturned";
      readonly material: string;
      readonly lot: string | null;
      readonly quantity: Quantity;
      /** `plant/location` that it goes back to, when it was loaded from there. */
      readonly to?: string;
    }
  | { readonly kind: "ToolMounted"; readonly tool: string; readonly position: string }
  | { readonly kind: "ToolUnmounted"; readonly tool: string; readonly position: string }
  | { readonly kind: "StateEntered"; readonly state: MachineState; readonly raw: string }
  | { readonly kind: "EnergyUsed"; readonly quantity: Quantity }
  | { readonly kind: "PersonSignedOn"; readonly person: PersonKey }
  | { readonly kind: "PersonSignedOff"; readonly person: PersonKey }
  | { readonly kind: "BreakBegun"; readonly person: PersonKey }
  | { readonly kind: "BreakEnded"; readonly person: PersonKey }
  /** Why the work unit stood still from `since` on. */
  | { readonly kind: "StopExplained"; readonly since: Instant; readonly reason: string }
  | {
      readonly kind: "CharacteristicMeasured";
      readonly characteristic: string;
      /** Decimal text in the UCUM unit. */
      readonly value: string;
      readonly unit: string;
    }
  | { readonly kind: "AlarmRaised"; readonly code: string; readonly text: string }
  | { readonly kind: "AlarmCleared"; readonly code: string }
  | { readonly kind: "ParametersSet"; readonly parameters: Readonly<Record<string, string>> }
  | { readonly kind: "GapOpened"; readonly cause: string }
  | { readonly kind: "GapClosed"; readonly filled: boolean }
  | { readonly kind: "Corrected"; readonly corrects: string; readonly was: FactBody }
  /** A person's word: the run belongs to this job order, or to none. */
  | { readonly kind: "RunAssigned"; readonly from: string | null; readonly to: string | null };

export type FactKind = FactBody["kind"];

export const machineStates = ["idle", "setup", "production", "held", "fault", "off"] as const;
export type MachineState = (typeof machineStates)[number];

export interface Fact {
  /** Hash of sample, rule and revision: never of the map's version. */
  readonly id: string;
  readonly source: string;
  readonly workUnit: string;
  /** The run (JobResponse) in which it happened; null outside every run. */
  readonly run: string | null;
  readonly eventAt: Instant;
  /** Name of the rule in the map that read it out of the evidence. */
  readonly rule: string;
  readonly mapVersion: number;
  /** 0 at first; plus 1 each time a better reading replaces the statement. */
  readonly revision: number;
  readonly saidBy: SaidBy;
  readonly evidence: readonly SampleReference[];
  readonly body: FactBody;
}

/** The identity of a fact that a rule read out of a sample. */
export function factId(sample: string, rule: string, revision: number): string {
  return followingId(sample, "fact", sample, rule, revision);
}

/** What a fact says, or takes back. */
export function statementOf(body: FactBody): FactBody {
  return body.kind === "Corrected" ? body.was : body;
}

/** What a fact adds to the quantities that are owed to an ERP; null for facts without an amount. */
export function countedQuantity(body: FactBody): Quantity | null {
  switch (body.kind) {
    case "UnitsCounted":
    case "MaterialConsumed":
    case "MaterialProduced":
    case "MaterialReturned":
      return body.quantity;
    case "Corrected": {
      const was = countedQuantity(body.was);
      return was && { micro: -was.micro, uom: was.uom };
    }
    default:
      return null;
  }
}
