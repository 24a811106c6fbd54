/**
 * What the signals of a machine mean: the rules by which collection reads facts out of samples. Written by people in
 * `maps/*.yaml` (schema and check in `site/`), valid from an event time on, versioned.
 */
import type { Instant } from "../base/instant.ts";
import type { MachineState, UnitGrade } from "./fact.ts";

/** Key of an item in the map's `items`. */
export type ItemKey = string;

export interface ItemDefinition {
  /**
   * Path inside the machine, e.g. `Counters/Slot{slot}/Total`. A `{placeholder}` stands for one path element or a part
   * of it; nodes that match later appear at run time.
   */
  readonly path: string;
  /** Samples of this item are read back from the machine's own history after an interruption. */
  readonly history: boolean;
}

export interface MachineMap {
  readonly name: string;
  readonly version: number;
  readonly validFrom: Instant;
  readonly items: Readonly<Record<ItemKey, ItemDefinition>>;
  /**
   * `source-time`: all samples of one source time are one statement of the machine and are read together.
   * `sample`: each sample stands for itself.
   */
  readonly frame: "source-time" | "sample";
  readonly clock: ClockRule;
  readonly run: RunRule | null;
  /** How what is counted for the whole unit is allotted to its stations. Left out: nothing is, or it has none. */
  readonly stations?: StationRule;
  readonly counters: readonly CounterRule[];
  /** A person counts the pieces of this machine's runs; it then has no counters. Left out: the machine counts. */
  readonly counting?: "person";
  /** The machine packs what it makes and counts that, too. Left out: it does not, and nothing is said of packing. */
  readonly packing?: PackingRule;
  readonly consumption: readonly ConsumptionRule[];
  readonly state: StateRule | null;
  readonly energy: EnergyRule | null;
  readonly alarm: AlarmRule | null;
  readonly job: JobRule | null;
}

export interface ClockRule {
  /** Whose time counts: the device's source time or the gateway's receive time. */
  readonly trust: "device" | "gateway";
  /** In `replay` neither offset nor wall clock judges a source time. */
  readonly mode: "live" | "replay";
  /** A sample this much older than the newest of its source is too late to be read; it is kept and marked. */
  readonly lateMs: number;
}

/** How the machine tells which run its values belong to. */
export type RunRule =
  | {
      readonly by: "number";
      /** Item that holds the number of the run the values belong to. */
      readonly number: ItemKey;
      /** The number that means no run. */
      readonly none: number;
      readonly job: ItemKey;
      readonly article: ItemKey | null;
      readonly ended: {
        /** Changes with every end; watched because equal results give no change. */
        readonly count: ItemKey;
        /** The run that ended. */
        readonly number: ItemKey;
        readonly result: ItemKey;
      };
    }
  | {
      /**
       * A run lasts as long as the machine names one job. With a placeholder in the path of `job` each value of it is a
       * station: a part of the unit with a job of its own. Stations that name one job are in one run.
       */
      readonly by: "job";
      readonly job: ItemKey;
      readonly article: ItemKey | null;
    };

/** Which stations a count of the whole unit is for, and how much of it. */
export interface StationRule {
  /** Pieces that one count makes in a station; none where its cavities are blocked. */
  readonly pieces:
    | { readonly from: "item"; readonly item: ItemKey }
    | { readonly from: "fixed"; readonly pieces: number };
  /** The part of each count that is a station's; empty: all of it is everyone's. */
  readonly shares: Readonly<Record<string, Fraction>>;
  /** One sentence about the machine that justifies it. */
  readonly because: string;
}

/** Whole numbers, the denominator not zero. */
export interface Fraction {
  readonly numerator: number;
  readonly denominator: number;
}

/** What a counter does when its value falls. */
export type DropRule =
  /** An older snapshot: the machine never counts down and restarts only where `reset` says. The highest value counts. */
  | { readonly drop: "stale" }
  /** Told apart by value: rollover at the top of the range, reset to near zero, otherwise a question for a person. */
  | { readonly drop: "classify" };

export type CounterType = DropRule & {
  /** Largest value plus one, e.g. 65536 for 16 bits; null when it never rolls over. */
  readonly modulus: number | null;
  /** When the machine itself starts the counter again from zero. */
  readonly reset: "never" | "per-run" | "manual";
  /** `zero`: the count starts with the run. `first`: the first value is where the count starts from. */
  readonly baseline: "zero" | "first";
  /** More than this in one step is implausible and becomes a question. */
  readonly stepMax: number;
  /** One sentence about the machine's behaviour that justifies these choices. */
  readonly because: string;
};

export interface CounterRule {
  /** Names the rule in facts. */
  readonly rule: string;
  readonly item: ItemKey;
  readonly grade: UnitGrade;
  readonly uom: string;
  readonly type: CounterType;
}

/** A counter of pieces that the machine has packed. Beside the counters of pieces made: packing makes nothing. */
export interface PackingRule {
  readonly rule: string;
  readonly item: ItemKey;
  /** Item that names the handling unit that is being filled; null when the machine does not say. */
  readonly handlingUnit: ItemKey | null;
  readonly uom: string;
  readonly type: CounterType;
}

/** Counters of material used. With a placeholder in its paths there is one per value of the placeholder. */
export interface ConsumptionRule {
  readonly rule: string;
  /** The item with the amount; its placeholder ties the group together. */
  readonly amount: ItemKey;
  /** What the amount is of: another item of the group, the placeholder itself, or a fixed material. */
  readonly material:
    | { readonly from: "item"; readonly item: ItemKey }
    | { readonly from: "placeholder"; readonly placeholder: string }
    | { readonly from: "fixed"; readonly material: string };
  readonly uom:
    | { readonly from: "fixed"; readonly uom: string }
    | { readonly from: "item"; readonly item: ItemKey; readonly uoms: Readonly<Record<string, string>> };
  /** The amounts are read only when this item changes (the machine's snapshot number); null: at each change. */
  readonly snapshot: ItemKey | null;
  readonly type: CounterType;
}

export interface StateRule {
  readonly rule: string;
  readonly item: ItemKey;
  /** The machine's value as text → our state. A value that is not listed becomes a question. */
  readonly states: Readonly<Record<string, MachineState>>;
}

export interface EnergyRule {
  readonly rule: string;
  readonly item: ItemKey;
  readonly uom: string;
  readonly type: CounterType;
}

export interface AlarmRule {
  readonly rule: string;
  readonly code: ItemKey;
  readonly text: ItemKey;
  /** Changes with each alarm. */
  readonly trigger: ItemKey;
}

/** How a job finds its order, and what the machine is told. Values are JSONata expressions over the order. */
export interface JobRule {
  /** Over `{request, segment}`: the id under which the machine stores the job order. */
  readonly jobOrderId: string;
  /** What the machine reports as job and article while it runs the order. */
  readonly job: string;
  readonly article: string | null;
  /** Where the machine keeps job orders (OPC 10031-4); null when it does not. */
  readonly jobControl: { readonly receiver: string; readonly provider: string } | null;
  /** Setpoints: item → expression. Written, read back and compared before the job is ready. */
  readonly setup: Readonly<Record<ItemKey, { readonly value: string; readonly tolerance: number }>>;
  /** Method to call after the setpoints are written; null when writing is enough. */
  readonly apply: { readonly object: string; readonly method: string } | null;
}

/** The placeholder whose values are the unit's stations; null for a unit that runs one job at a time. */
export function stationPlaceholder({ run, items }: Pick<MachineMap, "run" | "items">): string | null {
  if (run?.by !== "job") return null;
  return /\{(\w+)\}/.exec(items[run.job]?.path ?? "")?.[1] ?? null;
}
