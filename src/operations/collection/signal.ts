/** States, alarms and energy: what a frame says beside its counts. */
import type { MachineState } from "../../record/fact.ts";
import type { AlarmRule } from "../../record/machine-map.ts";
import { allotAmount } from "./allotment.ts";
import { askCounter, readAnswered, type CounterPlace } from "./answer.ts";
import { tellEnergy } from "./energy.ts";
import type { RunChange } from "./run.ts";
import type { RunState } from "./state.ts";
import { stationOf, stationsIn } from "./station.ts";
import { ask, held, readingOf, ruleIn, runIn, stateFact, wholeMicro, type Reading, type Work } from "./work.ts";

/** @param change  the machine has gone over to another run with this frame: what was used before belongs to the one before */
export function readSignals(work: Work, readings: readonly Reading[], change: RunChange | null): void {
  const trigger = readings[0]?.sample;
  if (!trigger) return;
  const run = runIn(work, null);
  for (const { by } of readMeter(work, readings)) work.energy += by;
  const entered = readState(work, readings, run ? [run] : [], run);
  if (entered || change) tellEnergy(work, null, trigger, change ? change.from : run);
  readAlarm(work, readings, [run], () => "");
}

/**
 * What is said of a unit with stations concerns every run in it: each is held and goes on with the unit, and has the
 * alarm. The state itself is the unit's and belongs to no run.
 */
export function readStationSignals(work: Work, readings: readonly Reading[]): void {
  const trigger = readings[0]?.sample;
  if (!trigger) return;
  const runs = Object.values(work.runs).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  if (readState(work, readings, runs, null)) {
    for (const station of stationsIn(work)) tellEnergy(work, station, trigger);
    tellEnergy(work, null, trigger);
  }
  readAlarm(work, readings, runs.length > 0 ? runs : [null], (run) => (run ? `:${run.id}` : ""));
}

/** Energy of a unit with stations: of each where each has a meter, else of the whole unit and divided as pieces are made. */
export function readStationEnergy(work: Work, readings: readonly Reading[]): void {
  const { energy } = work.context.compiled;
  if (!energy) return;
  for (const { station, by } of readMeter(work, readings)) {
    const parts = station === null ? allotAmount(work, energy.rule, by) : [{ station, micro: BigInt(by) }];
    for (const part of parts) {
      const known = part.station === null ? undefined : work.stations[part.station];
      if (part.station === null || !known) work.energy += Number(part.micro);
      else work.stations[part.station] = { ...known, energy: known.energy + Number(part.micro) };
    }
  }
}

/** @param runs  those that are held with the unit, and go on with it; of a unit without stations at most one */
function readState(work: Work, readings: readonly Reading[], runs: readonly RunState[], run: RunState | null): boolean {
  const rule = work.context.compiled.map.state;
  const sample = readingOf(readings, rule?.item ?? null);
  if (!rule || !sample) return false;
  const raw = String(sample.value);
  const entered: MachineState | undefined = rule.states[raw];
  if (!entered) {
    ask(work, sample, `${rule.rule}/${raw}`, `The machine reports state "${raw}", which the map does not name.`);
    return false;
  }
  if (entered === work.state) return false;
  const name = (what: string, of: RunState): string => (run === null ? `${what}:${of.id}` : what);
  for (const one of runs) {
    if (entered === "held") stateFact(work, sample, name("run/held", one), { kind: "JobHeld" }, one);
    if (work.state === "held") stateFact(work, sample, name("run/resumed", one), { kind: "JobResumed" }, one);
  }
  work.state = entered;
  stateFact(work, sample, rule.rule, { kind: "StateEntered", state: entered, raw }, run);
  return true;
}

interface MeterStep {
  readonly station: string | null;
  /** In millionths of the meter's unit. */
  readonly by: number;
}

function readMeter(work: Work, readings: readonly Reading[]): readonly MeterStep[] {
  const rule = work.context.compiled.energy;
  if (!rule) return [];
  return readings.flatMap(({ sample, place, before }) => {
    const value = place.key === rule.item ? wholeMicro(work, sample, sample.value) : null;
    if (value === null) return [];
    const station = stationOf(work, place);
    const name = ruleIn(rule.rule, station);
    const meter: CounterPlace = {
      type: { ...rule.type, baseline: "first" },
      before: work.counters[name],
      anewAt: work.anewAt,
      heardAt: before?.at,
      save: (after) => void (work.counters[name] = after),
    };
    // A name of its own: it is asked of the meter, whatever run it is in, so that a person can say from where it goes on.
    const asked = `${name}/meter`;
    const reading = readAnswered(work, meter, asked, value, sample, null);
    meter.save(reading.state);
    if (reading.change === "counted") return [{ station, by: reading.by }];
    if (reading.change === "question") {
      const shown = { what: `The energy meter ${sample.item}`, value, uom: rule.uom, grade: null };
      askCounter(work, reading, sample, asked, shown, null);
    }
    return [];
  });
}

/**
 * Where the gateway's time counts, a new session tells the standing alarm at a new time: it is the one that was told when
 * neither the trigger nor code and text show anything else than before.
 */
function isToldAgain({ context }: Work, readings: readonly Reading[], { trigger, code, text }: AlarmRule): boolean {
  if (context.compiled.map.clock.trust !== "gateway") return false;
  const keys: readonly (string | null)[] = [trigger, code, text];
  return readings.every(
    ({ place, sample, before }) =>
      !keys.includes(place.key) ||
      (before !== undefined && JSON.stringify(before.value) === JSON.stringify(sample.value)),
  );
}

function readAlarm(
  work: Work,
  readings: readonly Reading[],
  runs: readonly (RunState | null)[],
  suffix: (run: RunState | null) => string,
): void {
  const rule = work.context.compiled.map.alarm;
  const sample = readingOf(readings, rule?.trigger ?? null);
  if (!rule || !sample) return;
  const code = String(held(work, rule.code) ?? "");
  const text = String(held(work, rule.text) ?? "");
  // What stands there before the first alarm.
  if (text === "" && (code === "" || code === "0")) return;
  if (isToldAgain(work, readings, rule)) return;
  for (const run of runs) {
    stateFact(work, sample, `${rule.rule}${suffix(run)}`, { kind: "AlarmRaised", code, text }, run);
  }
}
