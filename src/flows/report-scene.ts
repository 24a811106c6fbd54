/**
 * The scene of a report: who reports at the unit, what stands before and after the time in question, and the facts that
 * it has led to so far. Read under the unit's lock; nothing is judged or written here.
 */
import { instant, type Instant } from "../base/instant.ts";
import type { PersonKey } from "../isa95/resource/person.ts";
import type { JudgedTime, TimeSaid } from "../operations/reporting/event-time.ts";
import { isOfJob, readStatements } from "../operations/reporting/reading.ts";
import { emptyUnit, type UnitState } from "../operations/reporting/unit-state.ts";
import type { Control } from "../operations/reporting/unit-table.ts";
import { stationPlaceholder } from "../record/machine-map.ts";
import { manualSource, type Said, type Statement } from "../record/statement.ts";
import type { Site, SiteWorkUnit } from "../site/site.ts";
import type { Tx } from "./ports.ts";
import type { KeptUnitState, MachineRun, StatementPlace } from "./statement-ports.ts";

/** What is said, and what the person may do about this work unit. */
export interface Report {
  readonly unit: string;
  readonly said: Said;
  readonly at: Instant | null;
  readonly way: TimeSaid["way"];
  /** Needed for what is entered afterwards. */
  readonly because: string | null;
  readonly corrects: string | null;
  readonly terminal: string | null;
  readonly person: PersonKey;
  readonly mayBackDate: boolean;
  readonly maySubstitute: boolean;
}

/** The statements among which the new one stands. */
export interface Scene {
  readonly control: Control;
  readonly before: UnitState;
  /** Those that stand from there on, without the one that is taken back. */
  readonly earlier: readonly Statement[];
  /** Read again with the new one. */
  readonly later: readonly Statement[];
  /** After those: they are read again with the next line of the same shift. */
  readonly further: readonly Statement[];
  readonly known: Awaited<ReturnType<Tx["facts"]["after"]>>;
  /** The job of each run that was counted or loaded for in what is known. */
  readonly jobs: ReadonlyMap<string, string>;
  /** The state just before the new one. */
  readonly state: UnitState;
}

/** @param until  where the next line of the same shift will stand; null: no line follows */
export async function sceneOf(
  tx: Tx,
  site: Site,
  unit: SiteWorkUnit,
  taken: Statement | null,
  { eventAt }: JudgedTime,
  until: Instant | null,
): Promise<Scene> {
  const last = Number.MAX_SAFE_INTEGER;
  const isEarlier = taken !== null && taken.eventAt <= eventAt;
  const place: StatementPlace = isEarlier
    ? { at: taken.eventAt, ordinal: taken.ordinal }
    : { at: eventAt, ordinal: last };
  const before = stateOf(await tx.statements.stateBefore(unit.id, place));
  const standing = (await tx.statements.standingFrom(unit.id, place)).filter((s) => s.id !== taken?.id);
  const isFurther = (s: Statement): boolean => until !== null && s.eventAt > until;
  const all = standing.filter((s) => !isFurther(s));
  const further = standing.filter(isFurther);
  const earlier = all.filter((s) => s.eventAt <= eventAt);
  const later = all.filter((s) => s.eventAt > eventAt);
  const control = controlOf(site, unit);
  const affected = new Set([...all.map((s) => s.id), ...(taken ? [taken.id] : [])]);
  const known =
    affected.size === 0
      ? []
      : // Facts of a statement bear its event time.
        (await tx.facts.after(manualSource(unit.id), justBefore(place.at))).filter((fact) =>
          affected.has(fact.evidence[0]?.id ?? ""),
        );
  const runs = new Set(known.flatMap((fact) => (fact.run !== null && isOfJob(fact) ? [fact.run] : [])));
  const jobs = new Map((await tx.runs.lock([...runs].toSorted())).map(({ id, job }) => [id, job]));
  const prefix = readStatements(before, earlier, null, known, control, jobs);
  // When what stands before contradicts itself without the one that is taken back, reading all of it says so.
  const state = prefix.ok ? (prefix.value.states.at(-1)?.state ?? before) : before;
  return { control, before, earlier, later, further, known, jobs, state };
}

/** Who reports the job at a work unit. */
export function controlOf(site: Site, unit: SiteWorkUnit): Control {
  if (unit.connection === null) return "manual";
  return site.mapOf(unit.id)?.counting === "person" ? "counted" : "controlled";
}

/**
 * The runs in which the machine of a work unit is at a time: one (of nested ones the newest), or all that go on in its
 * stations.
 */
export async function machineRuns(tx: Tx, site: Site, unit: SiteWorkUnit, at: Instant): Promise<readonly MachineRun[]> {
  if (controlOf(site, unit) === "manual") return [];
  const runs = await tx.statements.machineRuns(unit.id, at);
  const map = site.mapOf(unit.id);
  return map && stationPlaceholder(map) !== null ? runs : runs.slice(0, 1);
}

/** Kept beside the statements by `keep`, as it is written here. */
export function stateOf(kept: KeptUnitState | null): UnitState {
  return kept ? (kept.state as UnitState) : emptyUnit;
}

function justBefore(at: Instant): Instant {
  return instant(at - 1);
}
