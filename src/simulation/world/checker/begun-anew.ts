/**
 * What may be missing of a machine that was begun anew, because what was kept of it could not be read: one step of each of its
 * counters, and what is counted while nobody knows what it is of. That is asked about, and the time of it is named. Nothing is
 * counted that was not said.
 */
import { isHeldAsked } from "../person/held-machine.ts";
import { fact, question, type RunColumns } from "../../store/schema/shop-floor.ts";
import type { SampleBatch } from "../../../record/sample-batch.ts";
import { sourceOfKept } from "../../../record/kept-subject.ts";
import { hasMovedRun, type Happened, type KeptLoss } from "../happened.ts";
import type { SimulatedMachine } from "../machine.ts";
import { items, slotItems, stationItems, strokes } from "../machine-work.ts";
import { stationNames, type MachinePlan } from "../plan.ts";
import { lateMs } from "../plant-site.ts";
import { countedInRun, type Made } from "./stated.ts";
import { toldAgainAt } from "./told-again.ts";
import { isSetToZero, type ReadRun } from "./read-run.ts";
import type { AtRest } from "./scene.ts";

/** Null: nothing of it was given up. */
export function lossOf({ happened }: Pick<AtRest, "happened">, machine: string): KeptLoss | null {
  const loss = happened.damaged.get(machine);
  // Where only a checkpoint was damaged, all that came before it tells the same.
  return loss && loss.begunAt !== null && loss.batches.length > 0 ? loss : null;
}

/**
 * Whether a run of an order may lack something because of such a machine, or people have moved a run of one to it, or away
 * from it.
 *
 * @param read  what each machine said, by its id
 */
export function isOfBegunAnew(
  happened: Happened,
  order: string,
  machine: string | undefined,
  read: ReadonlyMap<string, readonly ReadRun[]>,
): boolean {
  const loss = machine === undefined ? null : lossOf({ happened }, machine);
  const runs = read.get(machine ?? "") ?? [];
  if (runs.some((one) => one.job.split("-")[0] === order && isConcerned(loss, one))) return true;
  return hasMovedRun(happened, order, (one) => lossOf({ happened }, one) !== null);
}

/** It may lack something, or have something of another run of the machine; else all that was said in it is stated. */
export function isConcerned(loss: KeptLoss | null, { lastAt }: ReadRun): boolean {
  return loss !== null && lastAt >= loss.position - lateMs;
}

/** No machine is held for good, and none was begun anew of which nothing was damaged. */
export function checkHeld({ database, happened, complain }: AtRest): void {
  for (const row of database.rows(question)) {
    const machine = sourceOfKept(row.subject);
    if (isHeldAsked(row)) complain("held-begins-anew", `${machine} is held, and nobody has begun it anew`);
    else if (machine !== null && !happened.damaged.has(machine))
      complain("held-begins-anew", `${machine} was held, and nothing of it was damaged`);
  }
}

const micro = 1_000_000n;
const grades = ["good", "scrap"] as const;
type Grade = (typeof grades)[number];

/** What gateways have heard of a machine, and what a simple reader makes of it. */
export interface Heard {
  readonly rows: readonly SampleBatch[];
  readonly read: readonly ReadRun[];
}

/** @param stated  the runs of the machine by job and the time at which they began */
export function checkBegunAnew(
  world: AtRest,
  machine: SimulatedMachine,
  { rows, read }: Heard,
  stated: ReadonlyMap<string, RunColumns>,
  made: ReadonlyMap<string, Made>,
): void {
  const { plan } = machine;
  const loss = lossOf(world, plan.id);
  const hasGap = isGapNamed(world, plan.id);
  if (loss === null) {
    if (hasGap)
      world.complain("held-begins-anew", `a gap of ${plan.id} is named, and all that was kept of it could be read`);
    return;
  }
  if (!hasGap) world.complain("held-begins-anew", `${plan.id} was begun anew, and no gap says what was given up`);
  const lacking = new Set<Grade>();
  const knownAt = toldAgainAt(world, machine, rows, loss);
  const fellAt = fellAnewAt(plan, rows, loss);
  for (const grade of grades) {
    checkPieces(world, machine, { grade, read, loss, knownAt, fellAt, stated, made });
    const said = read.reduce((sum, one) => sum + BigInt(one[grade]) * micro, 0n);
    const there = [...stated.values()].reduce((sum, row) => sum + (made.get(row.id)?.[grade] ?? 0n), 0n);
    if (said > there) lacking.add(grade);
  }
  for (const { material } of plan.slots) checkMaterial(world, plan, { material, read, loss, knownAt, stated });
  const runs = [...stated.values()].map(({ id }) => id);
  for (const grade of lacking)
    if (!isAsked(world, plan.id, grade, runs))
      world.complain("doubts-asked", `${plan.id}, begun anew, lacks ${grade} pieces; nobody is asked`);
}

interface Compared {
  readonly loss: KeptLoss;
  readonly read: readonly ReadRun[];
  /** Runs that began after that are known to the piece. */
  readonly knownAt: number;
  readonly stated: ReadonlyMap<string, RunColumns>;
}

/**
 * No run has more than was said in it; one for each of its counters may lack the step with which that began anew. A run may lack
 * all that was counted in a station while nobody knew how many pieces a stroke makes there, if it began before the machine said
 * that: then somebody was asked. So was somebody, run by run, where its counters fell just after they had begun anew.
 */
function checkPieces(
  { database, complain }: AtRest,
  { plan, scrapIsGoodFrom }: SimulatedMachine,
  {
    grade,
    loss,
    read,
    knownAt,
    fellAt,
    stated,
    made,
  }: Compared & { readonly grade: Grade; readonly fellAt: number; readonly made: ReadonlyMap<string, Made> },
): void {
  const places = plan.runsBy === "station" ? stationNames.length : openAt(plan, loss, read);
  // A new map may have the counter of scrap count good pieces.
  const counters = places * (grade === "good" && scrapIsGoodFrom < Number.POSITIVE_INFINITY ? 2 : 1);
  let missing = 0n;
  let lacking = 0;
  for (const one of read) {
    const said = BigInt(one[grade]) * micro;
    const row = stated.get(`${one.job} ${one.startedAt}`);
    const there = (row && made.get(row.id)?.[grade]) ?? 0n;
    if (there > said)
      complain("made-is-stated", `${plan.id}, begun anew, said ${said} ${grade} of ${one.job}; ${there} are stated`);
    const mayBeUnknown = grade === "good" && one.startedAt <= knownAt;
    if (there === said || (mayBeUnknown && row && isPiecesAsked(database, plan.id, row.id))) continue;
    if (one.lastAt >= fellAt && row && isFallAsked(database, grade, row.id)) continue;
    missing += said - there;
    lacking += 1;
  }
  const step = largestOf(loss, read, (one) => one.largest[grade]);
  const most = step * BigInt(counters);
  if (missing > most || lacking > counters)
    complain(
      "made-is-stated",
      `${plan.id}, begun anew, lacks ${missing} ${grade} pieces in ${lacking} runs; a step of each counter is ${most}`,
    );
}

/**
 * When a counter that goes on over the runs was set to zero no later than values may be after it had shown something for the first
 * time since what was given up: nobody can tell that from a clock that was corrected, nor, of one that falls with it, whether that
 * was set to zero or has rolled over. Until somebody says so nothing is counted from there. Infinity: none was.
 */
function fellAnewAt(plan: MachinePlan, rows: readonly SampleBatch[], { position }: KeptLoss): number {
  if (plan.runsBy === "number") return Number.POSITIVE_INFINITY;
  const counters =
    plan.runsBy === "station"
      ? [strokes.count, ...stationNames.map((name) => stationItems(name).scrap)]
      : [items.good, items.scrap];
  const shown = rows.flatMap(({ samples }) => samples).filter(({ at }) => at > position);
  const falls = counters.flatMap((counter) => {
    const values = shown.filter(({ item }) => item === counter).toSorted((a, b) => a.at - b.at);
    const fall = values.find(({ value }, i) => isSetToZero(Number(values[i - 1]?.value ?? value), Number(value), plan));
    return fall && values[0] && fall.at - values[0].at <= lateMs ? [fall.at] : [];
  });
  return Math.min(Number.POSITIVE_INFINITY, ...falls);
}

/** A value of a counter of the grade in that run, and not that with which the counter began anew. */
function isFallAsked(database: AtRest["database"], grade: Grade, run: string): boolean {
  return [...database.rows(question)].some(
    ({ state, about }) =>
      state === "open" && about["grade"] === grade && about["run"] === run && about["begins"] !== true,
  );
}

/** How many pieces a stroke makes in a station of that run. */
function isPiecesAsked(database: AtRest["database"], machine: string, run: string): boolean {
  const beginnings = stationNames.map((name) => `${machine}/strokes@${name}/pieces/${run}`);
  return [...database.rows(question)].some(({ subject }) => beginnings.includes(subject));
}

/** Of a material that was not named again after what was given up nothing is known until it is: till then somebody was asked. */
function checkMaterial(
  { database, complain }: AtRest,
  plan: MachinePlan,
  { material, loss, read, knownAt, stated }: Compared & { readonly material: string },
): void {
  const { id, slots } = plan;
  const saidIn = (one: ReadRun): bigint => BigInt(one.used.get(material) ?? 0) * micro;
  const statedIn = (row: RunColumns): bigint => countedInRun(database, row.id).get(material) ?? 0n;
  const all = [...stated.values()];
  const said = read.reduce((sum, one) => sum + saidIn(one), 0n);
  const there = all.reduce((sum, row) => sum + statedIn(row), 0n);
  if (there > said) complain("made-is-stated", `${id}, begun anew, said ${said} of ${material}; ${there} are stated`);
  const most =
    largestOf(loss, read, ({ largestUse }) => largestUse.get(material) ?? 0) * BigInt(openAt(plan, loss, read));
  const places = slots.flatMap((slot, i) => (slot.material === material ? [slotItems(i + 1)] : []));
  const isAsked = [...database.rows(question)].some(({ subject }) =>
    places.some((place) => [place.material, place.kind].some((item) => subject.startsWith(`${id}/slot-use/${item}/`))),
  );
  const saidKnown = read.reduce((sum, one) => sum + (one.startedAt > knownAt ? saidIn(one) : 0n), 0n);
  const thereKnown = all.reduce((sum, row) => sum + (row.started_at > knownAt ? statedIn(row) : 0n), 0n);
  const lacks = isAsked ? saidKnown - thereKnown : said - there;
  if (lacks > most)
    complain("made-is-stated", `${id}, begun anew, lacks ${lacks} of ${material}; a step of it is ${most}`);
}

/** A machine that steps aside from a run has counters of each that it was in: how many those were when it was begun anew. */
function openAt({ runsBy }: MachinePlan, loss: KeptLoss, read: readonly ReadRun[]): number {
  if (runsBy !== "number") return 1;
  return Math.max(1, read.filter((one) => isConcerned(loss, one) && one.startedAt <= loss.position).length);
}

/** In millionths. */
function largestOf(loss: KeptLoss, read: readonly ReadRun[], stepOf: (one: ReadRun) => number): bigint {
  return BigInt(Math.max(0, ...read.filter((one) => isConcerned(loss, one)).map(stepOf))) * micro;
}

function isGapNamed({ database }: AtRest, machine: string): boolean {
  return [...database.rows(fact)].some(
    ({ source, rule, said_by: by }) => source === machine && rule.startsWith("gap/") && by.by === "person",
  );
}

/** About a counter of the grade, or about a run of the machine. */
function isAsked({ database }: AtRest, machine: string, grade: Grade, runs: readonly string[]): boolean {
  return [...database.rows(question)].some(({ state, subject, about }) => {
    if (state !== "open" || sourceOfKept(subject) !== null) return false;
    if (about["source"] === machine && about["grade"] === grade) return true;
    const isOfCounter = about["grade"] !== undefined && about["items"] === undefined;
    return !isOfCounter && runs.some((id) => subject.includes(id));
  });
}
