/** Which faults a plan has: what goes wrong, when, and with which numbers. What each does to the world is `fault-effect`. */
import type { Random } from "../random.ts";
import {
  dailyFaults,
  rareFaults,
  type ErpManner,
  type FaultKind,
  type MachinePlan,
  type PlannedFault,
} from "./plan.ts";

export interface FaultSeason {
  readonly startMs: number;
  readonly endMs: number;
  readonly machines: readonly MachinePlan[];
  readonly perHour: number;
  readonly manner: ErpManner;
  readonly isCrowded: boolean;
  /** People tell what is made. */
  readonly hasBenches: boolean;
}

export function planFaults(chance: Random, season: FaultSeason): readonly PlannedFault[] {
  const { startMs, endMs, perHour } = season;
  const count = Math.round(((endMs - startMs) / 3_600_000) * perHour);
  const faults = Array.from({ length: count }, (): PlannedFault => {
    return faultOf(dailyFaults[chance.whole(0, dailyFaults.length - 1)] ?? "process-crash", chance, season);
  });
  // Each from a stream of its own: with one more kind the worlds that do not have it stay as they are.
  const rare = rareFaults.flatMap(({ kind, chance: share }) => {
    const own = chance.fork(kind);
    return own.chance(share) ? [faultOf(kind, own, season)] : [];
  });
  const all = fitting(
    [...faults, ...rare].toSorted((a, b) => a.at - b.at),
    season,
  );
  return season.isCrowded ? besidePeople(all, chance, season) : all;
}

/**
 * What people have said since the backup is lost with a restore, and no machine remembers it: where they say what is made
 * there is none. Both faults come among people in streams of their own and not so often: of orders of which people have
 * decided something then too little could be foretold.
 */
function besidePeople(all: readonly PlannedFault[], chance: Random, season: FaultSeason): readonly PlannedFault[] {
  const faults = all.filter(({ kind }) => kind !== "restored" && kind !== "words-late");
  const more = amongPeople.flatMap(({ kind, chance: share }) => {
    const own = chance.fork(`${kind} among people`);
    const isFitting = kind !== "restored" || !season.hasBenches;
    return isFitting && own.chance(share) ? [faultOf(kind, own, season)] : [];
  });
  return fitting(
    [...faults, ...more].toSorted((a, b) => a.at - b.at),
    season,
  );
}

/** So many worlds with people have one of them. */
const amongPeople = [
  { kind: "words-late", chance: 0.1 },
  { kind: "restored", chance: 0.25 },
] as const;

function faultOf(kind: FaultKind, chance: Random, { startMs, endMs, machines }: FaultSeason): PlannedFault {
  const machine = machines[chance.whole(0, machines.length - 1)]?.id ?? "";
  return { kind, at: chance.whole(startMs, endMs), machine, size: chance.next() };
}

/** What a machine does not have whose clock is set back: what is heard of it then cannot be told apart by anybody. */
const notSetBack: readonly FaultKind[] = [
  "words-late",
  "line-rough",
  "snapshot-stale",
  "counter-replaced",
  "counter-reset",
  "clock-set",
  "clock-drift",
  "clock-corrected",
  "map-changed",
  "kept-damaged",
];

/** What a machine does not have of which counts are held up. */
const notHeld: readonly FaultKind[] = [
  "words-late",
  "counter-replaced",
  "counter-reset",
  "clock-set-back",
  "kept-damaged",
];

/**
 * A restore brings back only what machines remember, so it happens once and where all of them do. What was said by a clock
 * that was set back is not read again: there is none with a restore (see the spec). Nor is anything damaged then: what is
 * given up may be what was put back. The ERP is put back where ours is not, because nobody could
 * tell any more who is right; and where what it has is in its books alone, because a queue that is put back posts again by
 * itself.
 */
function fitting(faults: readonly PlannedFault[], { machines, manner }: FaultSeason): readonly PlannedFault[] {
  const remembered = machines.every((machine) => machine.hasHistory);
  const restored = remembered ? faults.find(({ kind }) => kind === "restored") : undefined;
  const setBack = restored ? undefined : faults.find((fault) => canBeSetBack(fault, machines));
  return faults.filter((fault) => {
    if (fault.kind === "restored") return fault === restored;
    if (fault.kind === "kept-damaged" && (restored || faults.some((one) => isNotTold(one, fault)))) return false;
    if (fault.kind === "erp-restored") return restored === undefined && manner !== "queue";
    if (fault.kind === "clock-set-back") return fault === setBack;
    if (fault.kind === "counts-held") return restored === undefined && canBeHeld(fault, faults, machines);
    return fault.machine !== setBack?.machine || !notSetBack.includes(fault.kind);
  });
}

/**
 * What people say of what a counter has leapt over is lost with a restore. Their word is for a counter that only counts, and
 * for the run that the machine was in.
 */
function canBeHeld(
  { machine }: PlannedFault,
  faults: readonly PlannedFault[],
  machines: readonly MachinePlan[],
): boolean {
  const isOfJobs = machines.some(({ id, runsBy }) => id === machine && runsBy === "job");
  return isOfJobs && !faults.some((one) => one.machine === machine && notHeld.includes(one.kind));
}

/** From what another counter shows counting goes on where nobody knows what the one before had shown; the simple reading knows. */
function isNotTold({ kind, machine }: PlannedFault, damage: PlannedFault): boolean {
  return kind === "counter-replaced" && machine === damage.machine;
}

/**
 * A machine that numbers its runs does not say again which of them have ended, and what it remembers of that is not read;
 * one that says nothing more gives nothing to notice it by.
 */
function canBeSetBack({ kind, machine, at }: PlannedFault, machines: readonly MachinePlan[]): boolean {
  const plan = machines.find(({ id }) => id === machine);
  return kind === "clock-set-back" && plan?.runsBy === "job" && plan.runs.some((run) => run.at > at);
}
