/** States, alarms and energy: what a frame says beside its counts. */
import type { MachineState } from "../../record/fact.ts";
import { readCounter, startCounter } from "./counter.ts";
import { ask, held, readingOf, stateFact, wholeMicro, type Reading, type Work } from "./work.ts";
import type { RunState } from "./state.ts";

/** @param left the run that the machine left with this frame: what came before belongs to it */
export function readSignals(work: Work, readings: readonly Reading[], left: RunState | null): void {
  const trigger = readings[0]?.sample;
  if (!trigger) return;
  const run = work.current === null ? null : (work.runs[work.current] ?? null);
  readEnergy(work, readings);
  const entered = readState(work, readings, run);
  if ((entered || left) && work.energy > 0) {
    const uom = work.context.compiled.energy?.uom ?? "KWH";
    stateFact(
      work,
      trigger,
      "energy",
      { kind: "EnergyUsed", quantity: { micro: BigInt(work.energy), uom } },
      left ?? run,
    );
    work.energy = 0;
  }
  readAlarm(work, readings, run);
}

function readState(work: Work, readings: readonly Reading[], run: RunState | null): boolean {
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
  if (run && entered === "held") stateFact(work, sample, "run/held", { kind: "JobHeld" }, run);
  if (run && work.state === "held") stateFact(work, sample, "run/resumed", { kind: "JobResumed" }, run);
  work.state = entered;
  stateFact(work, sample, rule.rule, { kind: "StateEntered", state: entered, raw }, run);
  return true;
}

function readEnergy(work: Work, readings: readonly Reading[]): void {
  const rule = work.context.compiled.energy;
  if (!rule) return;
  for (const { sample, place } of readings) {
    const value = place.key === rule.item ? wholeMicro(work, sample, sample.value) : null;
    if (value === null) continue;
    const before = work.counters[rule.rule];
    const reading = before
      ? readCounter(rule.type, before, value)
      : startCounter({ ...rule.type, baseline: "first" }, value);
    work.counters[rule.rule] = reading.state;
    if (reading.change === "counted") work.energy += reading.by;
    else if (reading.change === "question")
      ask(work, sample, `${rule.rule}/source`, `The energy meter ${sample.item} is implausible.`);
  }
}

function readAlarm(work: Work, readings: readonly Reading[], run: RunState | null): void {
  const rule = work.context.compiled.map.alarm;
  const sample = readingOf(readings, rule?.trigger ?? null);
  if (!rule || !sample) return;
  const code = String(held(work, rule.code) ?? "");
  const text = String(held(work, rule.text) ?? "");
  // What stands there before the first alarm.
  if (text === "" && (code === "" || code === "0")) return;
  stateFact(work, sample, rule.rule, { kind: "AlarmRaised", code, text }, run);
}
