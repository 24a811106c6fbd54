/** Mistakes in what a machine's map says of it: each is easily made by whoever writes one. */
import type { CounterType, MachineMap } from "../../src/record/machine-map.ts";

/** A counter that falls is taken for an older snapshot. */
export function deaf(map: MachineMap): MachineMap {
  const type = (counter: CounterType): CounterType => ({ ...counter, drop: "stale" });
  return { ...map, counters: map.counters.map((counter) => ({ ...counter, type: type(counter.type) })) };
}

/** The machine numbers its runs, and whoever wrote the map looked at the jobs. */
export function oneAfterTheOther(map: MachineMap): MachineMap {
  return map.run?.by === "number" ? { ...map, run: { by: "job", job: map.run.job, article: map.run.article } } : map;
}

/** Whatever time a machine shows is when it happened. */
export function believingEachTime(map: MachineMap): MachineMap {
  return { ...map, clock: { ...map.clock, mode: "replay" } };
}

/** Scrap is thought to begin again with each run: when it is set to zero that says nothing of the good pieces. */
export function scrapOfTheRun(map: MachineMap): MachineMap {
  if (map.run?.by !== "job" || map.stations) return map;
  const counters = map.counters.map((rule) =>
    rule.rule === "scrap" ? { ...rule, type: { ...rule.type, reset: "per-run" as const } } : rule,
  );
  return { ...map, counters };
}

/** No value is thought to be out of its order: a counter that falls was set back. */
export function neverLate(map: MachineMap): MachineMap {
  return { ...map, clock: { ...map.clock, lateMs: 0 } };
}

/** Whoever wrote the map did not look at how many cavities are open. */
export function neverBlocked(map: MachineMap): MachineMap {
  return map.stations ? { ...map, stations: { ...map.stations, pieces: { from: "fixed", pieces: 1 } } } : map;
}

/** The machine is thought to run one job: that of its first station. */
export function allToTheFirst(map: MachineMap): MachineMap {
  const shares = { "1": { numerator: 1, denominator: 1 }, "2": { numerator: 0, denominator: 1 } };
  return map.stations ? { ...map, stations: { ...map.stations, shares } } : map;
}

/** What a machine has used of a material it is thought to count on from run to run. */
export function listsOfTheMachine(map: MachineMap): MachineMap {
  const consumption = map.consumption.map((rule) => ({ ...rule, type: { ...rule.type, reset: "never" as const } }));
  return { ...map, consumption };
}
