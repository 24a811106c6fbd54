import type { CounterType, MachineMap } from "../../../record/machine-map.ts";
import { numbered } from "./gap-scene.ts";

/** The machine that numbers its runs, with counters of another type. */
export function countedBy(type: Partial<CounterType>): MachineMap {
  return { ...numbered, counters: numbered.counters.map((one) => ({ ...one, type: { ...one.type, ...type } })) };
}

/** When a counter begins again, in words, and what the map says of it. */
export const counterKinds = {
  "with each run": {},
  never: { reset: "never", baseline: "first" },
  "when it is set back": { reset: "manual", baseline: "first", drop: "classify" },
} as const satisfies Readonly<Record<string, Partial<CounterType>>>;
