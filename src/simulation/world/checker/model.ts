/**
 * A second, simple model of what is posted: from the plan, from what machines said and people told, and from what happened
 * to orders it foretells, at rest, each document of each order and how it ends. Written apart; it shares no code with what
 * decides that. Whether it came so is `as-predicted`.
 */
import type { OrderSeed } from "../../erp/order.ts";
import { secondEndsAfterMs, unwrittenMs } from "../fault-effect.ts";
import { runName, type Happened, type Place, type RunName } from "../happened.ts";
import type { Told } from "../person/terminal.ts";
import { component, countedMaterials, isCounted, type FaultKind, type Plan, type Slip } from "../plan.ts";
import { isOfBegunAnew } from "./begun-anew.ts";
import { afterAll, type Decided } from "./decided.ts";
import { hasWaitedForCounts, hasWaitedForWords } from "./held-up.ts";
import type { ReadRun } from "./read-run.ts";

/** Why a posting ends as it does. */
export const reasons = [
  "made",
  "made by hand",
  "final",
  "order completed",
  "order cancelled",
  "over the limit",
] as const;
export type Reason = (typeof reasons)[number];

/** Why nothing is foretold of an order. */
export const beyonds = [
  /** What was said before it was known for one that was set back is put right, when documents may have been posted already. */
  "a clock was set back",
  /** Our state was put back: what was cut into documents before may be cut otherwise. */
  "restored",
  /** The ERP knows something else of it than it had told us. */
  "the ERP was restored",
  /** A request reached the ERP twice: it may have been asked about, and have been there twice then. */
  "a request came twice",
  /** The run before took pieces that were not its own; how far its documents had come decides what becomes of them. */
  "words came late",
  /** So may the next run have. */
  "counts came late",
  /** What was kept of its machine could not be read: a step of each counter is missing, and asked about. */
  "a machine was begun anew",
  /** More was reported than an operation was final for: how much was there when it was reopened is not told. */
  "reopened",
  /** What people decide or tell of an order that has ended in the ERP may be taken, refused or asked. */
  "decided of an ended order",
  /** Documents of a hand-made order were put right by what was said, and decided upon as well. */
  "decided of what was put right",
] as const;
export type Beyond = (typeof beyonds)[number];

export type ForetoldKind = "confirmation" | "goods-receipt" | "goods-issue" | "final-confirmation";

/**
 * - `confirmed` the ERP has all of it
 * - `as-booked` what the ERP has is confirmed; the rest it has refused, or waits behind what was refused
 */
export type Ending = "confirmed" | "as-booked";

/**
 * - `all`            neither more nor less
 * - `all-or-nothing` of its run: the operation may have been over when the run was read
 * - `part`           of its run: the rest may have been read, or released, when the operation was over
 */
export type Extent = "all" | "all-or-nothing" | "part";

export interface Foretold {
  readonly order: string;
  readonly operation: string;
  readonly kind: ForetoldKind;
  /** Machine, job and begin of the run; null: of the operation as a whole. */
  readonly run: RunName | null;
  /** The posting date; null: any. */
  readonly day: string | null;
  /** Pieces in millionths, all documents together; of an issue the amounts of all materials, each in its order's unit. */
  readonly good: bigint;
  readonly scrap: bigint;
  readonly ending: Ending;
  readonly extent: Extent;
  /** People put a document right by another one. */
  readonly mayBeReversed: boolean;
  readonly because: Reason;
}

export interface Prediction {
  readonly decided: Decided;
  readonly foretold: readonly Foretold[];
  readonly beyond: ReadonlyMap<string, Beyond>;
}

export interface Course {
  readonly plan: Plan;
  readonly happened: Happened;
  readonly isRestored: boolean;
  /** What each machine said, by its id. */
  readonly read: ReadonlyMap<string, readonly ReadRun[]>;
  readonly told: readonly Told[];
}

/** The site's rule waits so long after the last run. */
const finalAfterMs = 10 * 60_000;

export function predict(course: Course): Prediction {
  const beyond = new Map<string, Beyond>();
  const foretold: Foretold[] = [];
  const scene: Scene = { ...course, decided: afterAll(course.happened.decisions) };
  const runs = Map.groupBy(runsOf(scene), ({ place }) => nameOfPlace(place));
  for (const order of course.plan.orders) {
    const why = beyondOf(scene, order);
    if (why !== null) beyond.set(order.order, why);
    else foretold.push(...ofOrder(scene, order, runs));
  }
  return { foretold, beyond, decided: scene.decided };
}

type Scene = Course & { readonly decided: Decided };
type Run = ReadRun & { readonly machine: string; readonly name: RunName; readonly place: Place };

/** Where a run belongs: where a person has put it, else to what it named; what was made outside every run to nothing. */
function runsOf({ read, decided }: Scene): readonly Run[] {
  return [...read].flatMap(([machine, all]) =>
    all.flatMap((run) => {
      const name = runName({ ...run, machine });
      const put = decided.runs.get(name);
      const [order = "", operation = ""] = run.job.split("-");
      const place = put === undefined ? (run.isOutside ? null : { order, operation }) : put;
      return place === null ? [] : [{ ...run, machine, name, place }];
    }),
  );
}

function nameOfPlace({ order, operation }: Place): string {
  return `${order}-${operation}`;
}

function beyondOf(
  { plan, happened, isRestored, decided, read }: Scene,
  { order, operations }: OrderSeed,
): Beyond | null {
  if (isRestored) return "restored";
  if ([...happened.doubled.values()].some((one) => one.order === order)) return "a request came twice";
  if (happened.erpLost?.orders.has(order)) return "the ERP was restored";
  const machine = plan.machines.find(({ workCenter }) => operations.some((one) => one.workCenter === workCenter));
  const isPlanned = (kind: FaultKind): boolean =>
    plan.faults.some((fault) => fault.kind === kind && fault.machine === machine?.id);
  if (isPlanned("words-late") || hasWaitedForWords(plan, happened, order)) return "words came late";
  if (hasWaitedForCounts(read, happened, order, machine?.id)) return "counts came late";
  if (isPlanned("clock-set-back")) return "a clock was set back";
  if (isOfBegunAnew(happened, order, machine?.id, read)) return "a machine was begun anew";
  if (decided.reopened.has(order)) return "reopened";
  const isDecided = decided.orders.has(order);
  // What was put right while it had ended was asked about, and stays so when the order goes on.
  const hadEnded = happened.ended.has(order) || (happened.reinstated.has(order) && isPutRight(plan, order));
  if (hadEnded && (isDecided || !machine)) return "decided of an ended order";
  return isDecided && isPutRight(plan, order) ? "decided of what was put right" : null;
}

/** What turns out when the ERP has it. */
const putsRight: ReadonlySet<Slip> = new Set(["late-correction", "wrong-lot", "other-grade"]);

function isPutRight({ benches }: Plan, order: string): boolean {
  return benches
    .flatMap(({ jobs }) => jobs)
    .some((job) => job.order === order && job.slips.some((slip) => putsRight.has(slip)));
}

function ofOrder(scene: Scene, order: OrderSeed, byPlace: ReadonlyMap<string, readonly Run[]>): readonly Foretold[] {
  const runsAt = (place: Place): readonly Run[] =>
    (byPlace.get(nameOfPlace(place)) ?? []).toSorted((a, b) => a.startedAt - b.startedAt);
  return order.operations.flatMap(({ operation }) => {
    const place = { order: order.order, operation };
    const told = scene.told.filter((job) => job.order === order.order);
    if (told.length > 0) return ofBench(scene, order, place, told);
    // A milestone that is final covers what comes before it.
    const last = order.operations.at(-1)?.operation ?? operation;
    const covering = last === operation ? [] : runsAt({ ...place, operation: last });
    return ofRuns(scene, order, { ...place, covering }, runsAt(place));
  });
}

/** Which documents an operation has. The last one is received; one before it is confirmed with its milestone. */
function kindsOf({ operations, components }: OrderSeed, operation: string): readonly ForetoldKind[] {
  const isLast = operations.at(-1)?.operation === operation;
  const used = components.some(({ operation: of, material }) => of === operation || isCounted(material));
  return [...(isLast ? (["confirmation", "goods-receipt"] as const) : []), ...(used ? (["goods-issue"] as const) : [])];
}

function ofRuns(
  scene: Scene,
  order: OrderSeed,
  { covering, ...place }: Place & { readonly covering: readonly Run[] },
  runs: readonly Run[],
): readonly Foretold[] {
  const { decided, happened } = scene;
  const endedAt = happened.ended.get(place.order)?.at ?? Number.POSITIVE_INFINITY;
  const wasEndedAt = happened.reinstated.get(place.order) ?? endedAt;
  const ofRun = (run: Run, index: number): readonly Foretold[] => {
    const isPut = decided.runs.has(run.name);
    // Everybody knows by then that nothing is to be made of it any more: it belongs to nothing.
    if (!isPut && run.startedAt > endedAt + noticedMsMax) return [];
    const before = [runs.slice(0, index), covering.filter(({ startedAt }) => startedAt < run.startedAt)];
    const isFinal = before.some((all) => mayBeFinal(order, all, run, scene));
    const mayBeOver = mayBeRead(run, wasEndedAt, scene) || isFinal;
    const isOver = decided.orders.has(place.order) || mayBeOver;
    const mayBecomeFinal = [runs, covering].some((all) => sumOf(all).good >= Number(order.quantity));
    // What is let go when its operation is final is asked about.
    const isCut = mayBecomeFinal && (mayBeLeft(run, scene) || decided.released.has(run.name));
    const extent = isCut ? "part" : !isPut && isOver ? "all-or-nothing" : "all";
    const of = { ...place, run: run.name, extent, mayBeReversed: false } as const;
    // With another posting date all of it counts together.
    const days: Iterable<readonly [string | null, Made]> = decided.datedAnew.has(run.name) ? [[null, run]] : run.days;
    return [...days].flatMap(([day, made]) =>
      documents(order, place.operation, made, { happened, because: "made" })
        .filter(saysSomething)
        .map((one) => ({ ...of, day, ...one })),
    );
  };
  // Of one that nobody has heard end a person is asked.
  const ended = runs.filter(({ isOpen }) => !isOpen);
  const foretold = runs.flatMap((run, i) => (run.isOpen ? [] : ofRun(run, i)));
  const finals = final(scene, order, place, sumOf(ended).good);
  // Nothing of an operation becomes final as long as one is open.
  const isSure = ended.length === runs.length;
  return [...foretold, ...finals.map((one) => (isSure ? one : { ...one, extent: "all-or-nothing" as const }))];
}

function saysSomething({ good, scrap }: Document): boolean {
  return good + scrap > 0n;
}

interface Made {
  readonly good: number;
  readonly scrap: number;
  /** What the machine has counted; where people count it counts nothing. */
  readonly used?: ReadonlyMap<string, number>;
}

type Document = Pick<Foretold, "kind" | "good" | "scrap" | "ending" | "because">;

function documents(
  order: OrderSeed,
  operation: string,
  made: Made,
  { happened, because }: { readonly happened: Happened; readonly because: Reason },
): readonly Document[] {
  return kindsOf(order, operation).map((kind): Document => {
    const scrap = kind === "confirmation" ? micro * BigInt(made.scrap) : 0n;
    const good = kind === "goods-issue" ? issued(order, operation, made) : micro * BigInt(made.good);
    return { kind, good, scrap, ...(endOf(happened, order.order, kind) ?? { ending: "confirmed", because }) };
  });
}

/** What the ERP takes no more, or no more than a limit; null where it takes all. */
function endOf(
  { ended, limited }: Happened,
  order: string,
  kind: ForetoldKind,
): Pick<Document, "ending" | "because"> | null {
  const how = ended.get(order)?.how;
  if (how === "cancelled") return { ending: "as-booked", because: "order cancelled" };
  // Finished goods are received of an order that is technically complete, too.
  if (how === "completed" && kind !== "goods-receipt") return { ending: "as-booked", because: "order completed" };
  return limited.has(order) ? { ending: "as-booked", because: "over the limit" } : null;
}

/** One unit by bill for each good piece of the operation that uses it, and what was counted, as far as the order lists it. */
function issued({ components }: OrderSeed, operation: string, { good, used }: Made): bigint {
  const isListed = (name: string): boolean => components.some(({ material }) => material === name);
  const isByBill = components.some((one) => one.material === component && one.operation === operation);
  const counted = countedMaterials
    .filter(({ material }) => isListed(material))
    .reduce((sum, { material, perUnit }) => sum + (micro * BigInt(used?.get(material) ?? 0)) / BigInt(perUnit), 0n);
  return counted + (isByBill ? micro * BigInt(good) : 0n);
}

const micro = 1_000_000n;

/** Whether the rule may have made the operation final before anybody knew that the run had begun: then it belongs to nothing. */
function mayBeFinal(order: OrderSeed, before: readonly Run[], { machine, startedAt }: Run, { plan }: Course): boolean {
  const lastAt = Math.max(...before.map((run) => run.lastAt));
  if (sumOf(before).good < Number(order.quantity)) return false;
  return isHeldUp(plan, machine, startedAt) || startedAt - lastAt >= finalAfterMs - clockMsOf(plan, machine);
}

/**
 * Whether some of the run may have been read only in the evening: a gateway that had ended was the only one to have heard it,
 * and could not commit it before.
 */
function mayBeLeft({ machine, startedAt, lastAt }: Run, { plan }: Course): boolean {
  const clockMs = clockMsOf(plan, machine);
  const ends = plan.faults
    .filter(({ kind }) => kind === "second-process")
    .map((one) => one.at + secondEndsAfterMs(one));
  return plan.faults.some((fault) => {
    const [from, to] = [fault.at, fault.at + unwrittenMs(fault)];
    const isWithin = startedAt - clockMs <= to && lastAt + clockMs >= from;
    return to > from && isWithin && ends.some((at) => at >= from && at <= to + readMsMax);
  });
}

/** Whether the run may have been read only when the ERP had ended its order: then it may belong to nothing. */
function mayBeRead({ machine, startedAt }: Run, endedAt: number, { plan }: Course): boolean {
  const lateMs = isHeldUp(plan, machine, startedAt) ? heldUpMsMax : readMsMax;
  return startedAt + lateMs + clockMsOf(plan, machine) >= endedAt;
}

function isHeldUp(plan: Plan, machine: string, startedAt: number): boolean {
  // What comes later finds its words read.
  const latest = startedAt + readMsMax + clockMsOf(plan, machine);
  return plan.faults.some(
    ({ kind, at, machine: of }) =>
      holdsUp.has(kind) && (!holdsUpOne.has(kind) || of === machine) && at > startedAt - heldUpMsMax && at < latest,
  );
}

function clockMsOf({ faults }: Plan, machine: string): number {
  const isWrong = faults.some(({ kind, machine: of }) => of === machine && kind.startsWith("clock-"));
  return isWrong ? clockMsMax + driftMsMax : clockMsMax;
}

/** What a machine says is read within this time, when nothing holds it up. */
const readMsMax = 2 * 60_000;
/** What keeps the words of a machine from us for longer than a moment. */
const holdsUp: ReadonlySet<FaultKind> = new Set([
  "line-cut",
  "disk-full",
  "database-away",
  "process-crash",
  "second-process",
  "commit-lost",
  "kept-damaged",
]);
/** Those that keep the words of one machine. */
const holdsUpOne: ReadonlySet<FaultKind> = new Set(["line-cut", "kept-damaged"]);
/** None of these lasts longer, with what is to be caught up after it; machines' clocks were set on by minutes. */
const heldUpMsMax = 40 * 60_000;
/** Orders are read every ten minutes, whatever is wrong for a while; clocks were set on by minutes. */
const noticedMsMax = 60 * 60_000;
/** A machine's clock is wrong by no more, unless it was set. */
const clockMsMax = 5_000;
/** So far behind it may fall when it is slow, or is corrected. */
const driftMsMax = 3 * 60_000;

function sumOf(all: readonly Made[]): Made {
  const sum = { good: 0, scrap: 0 };
  for (const { good, scrap } of all) {
    sum.good += good;
    sum.scrap += scrap;
  }
  return sum;
}

/**
 * One final confirmation, once as many good pieces are made as were ordered; less is asked for never. How much was asked for,
 * or had been made, when that was judged is not told where it was changed meanwhile.
 */
function final({ happened, decided, plan }: Scene, order: OrderSeed, place: Place, good: number): readonly Foretold[] {
  if (!kindsOf(order, place.operation).includes("confirmation")) return [];
  const isMoving = decided.orders.has(place.order) || isPutRight(plan, place.order);
  if (good < Number(order.quantity) && !isMoving) return [];
  const isOpen = !happened.ended.has(place.order) && !happened.reinstated.has(place.order);
  const end =
    endOf(happened, place.order, "final-confirmation") ?? ({ ending: "confirmed", because: "final" } as const);
  const extent = isOpen && !happened.changed.has(place.order) && !isMoving ? "all" : "all-or-nothing";
  const none = { run: null, day: null, good: 0n, scrap: 0n, mayBeReversed: false };
  return [{ ...place, ...none, ...end, kind: "final-confirmation", extent }];
}

/** What people were told was taken, whatever runs it fell into. */
function ofBench(scene: Scene, order: OrderSeed, place: Place, told: readonly Told[]): readonly Foretold[] {
  const sum = sumOf(told);
  const of = {
    ...place,
    run: null,
    day: null,
    extent: "all" as const,
    mayBeReversed: isPutRight(scene.plan, place.order),
  };
  const made = documents(order, place.operation, sum, { happened: scene.happened, because: "made by hand" })
    // What was put right to nothing leaves documents that were taken back.
    .filter((one) => of.mayBeReversed || saysSomething(one))
    .map((one) => ({ ...of, ...one }));
  return [...made, ...final(scene, order, place, sum.good)];
}
