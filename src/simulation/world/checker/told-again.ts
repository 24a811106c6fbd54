/**
 * When a machine that was begun anew has said again what its counts are of, by a reading apart: of itself after what was given
 * up, or all of it at once when a session began. What is made in runs that began after that is known to the piece.
 */
import { instant } from "../../../base/instant.ts";
import { sampleId, type Sample } from "../../../record/sample.ts";
import type { SampleBatch } from "../../../record/sample-batch.ts";
import { question, sampleSetAside } from "../../store/schema/shop-floor.ts";
import type { KeptLoss } from "../happened.ts";
import type { SimulatedMachine } from "../machine.ts";
import { numberedItems, slotItems, stationItems } from "../machine-work.ts";
import { stationNames } from "../plan.ts";
import type { AtRest } from "./scene.ts";

/**
 * @param rows  what gateways have heard of it
 * @returns by its own clock; infinity: it has not, or nobody can compare the times
 */
export function toldAgainAt(
  { database, isRestored }: AtRest,
  { plan, said, setBackAt }: SimulatedMachine,
  rows: readonly SampleBatch[],
  loss: KeptLoss,
): number {
  if (isRestored || setBackAt < Number.POSITIVE_INFINITY || loss.begunAt === null) return Number.POSITIVE_INFINITY;
  const live = rows.filter(({ fromHistory }) => !fromHistory);
  const aside = new Set(database.find(sampleSetAside, "source", plan.id).map(({ id }) => id));
  const ofItself = (item: string): number =>
    Math.min(
      Number.POSITIVE_INFINITY,
      ...live
        .flatMap(({ samples }) => samples)
        .filter((one) => one.item === item && one.at > loss.position && !aside.has(sampleId(plan.id, one)))
        .map(({ at }) => at),
    );
  const stations = plan.runsBy === "station" ? stationNames.map((name) => stationItems(name).open) : [];
  const slots = plan.slots.flatMap((_, i) => [slotItems(i + 1).material, slotItems(i + 1).kind]);
  const each = Math.max(...[...stations, ...slots].map(ofItself));
  const items = new Set(said.map(({ item }) => item));
  const session = live.find((row) => isWhole(row, items) && isNow(row, live, loss.begunAt ?? 0));
  return Math.min(each, session ? Math.max(...session.samples.map(({ at }) => at)) : Number.POSITIVE_INFINITY);
}

function isWhole({ samples }: SampleBatch, items: ReadonlySet<string>): boolean {
  const told = new Set(samples.map(({ item }) => item));
  return told.size === samples.length && told.size === items.size;
}

/** It was received after the machine was begun anew, and nobody had heard anything newer of any item by then. */
function isNow({ samples }: SampleBatch, live: readonly SampleBatch[], begunAt: number): boolean {
  const receivedAt = Math.min(...samples.map((one) => one.receivedAt));
  const toldAt = new Map(samples.map(({ item, at }) => [item, at]));
  return (
    receivedAt > begunAt &&
    live.every((row) =>
      row.samples.every((one) => one.receivedAt > receivedAt || one.at <= (toldAt.get(one.item) ?? Infinity)),
    )
  );
}

interface HeldUp {
  /** What is read of the machine. */
  readonly samples: readonly Sample[];
  /** All that was heard of it. */
  readonly heard: readonly Sample[];
  /** When it began the runs whose numbers are named as unread. */
  readonly numbers: ReadonlySet<number>;
  /** Up to when it was given up. */
  readonly givenUp: number;
}

/**
 * With the number of a run a machine tells its job. Where the time at which it began was given up before anybody heard either, the
 * number is named as unread, and the job alone begins no such run: told by a session, it holds from there, outside every run if the
 * machine was known to be in none; or from when the machine says next which run it is in. Which of both, hangs on what was damaged.
 * Somebody is asked about the run.
 *
 * @returns the readings that may be, one at least
 */
export function withJobsAsTold(
  { database }: AtRest,
  { plan }: SimulatedMachine,
  { samples, heard, numbers, givenUp }: HeldUp,
): readonly [readonly Sample[], ...(readonly Sample[])[]] {
  const isAsked = [...database.rows(question)].some(
    ({ state, subject }) => state === "open" && subject.startsWith(`${plan.id}/unheard-run/`),
  );
  if (!isAsked) return [samples];
  const isHeldUp = ({ item, at }: Sample): boolean => item === numberedItems.job && numbers.has(at);
  const others = samples.filter((one) => !isHeldUp(one));
  // It is named as unread as well where it was remembered before a session told it.
  const job = heard
    .filter(isHeldUp)
    .reduce<Sample | null>((last, one) => (last && last.at >= one.at ? last : one), null);
  if (!job) return [others];
  const numbersSince = others.filter(({ item, at }) => item === numberedItems.number && at > job.at);
  // By then it may name another one.
  const isNamed = (at: number): boolean =>
    others.some((one) => one.item === numberedItems.job && one.at > job.at && one.at <= at);
  const heldFrom = (at: number): readonly Sample[] =>
    at === Number.POSITIVE_INFINITY || isNamed(at) ? others : [...others, { ...job, at: instant(at) }];
  return [heldFrom(givenUp + 1), heldFrom(Math.min(Number.POSITIVE_INFINITY, ...numbersSince.map(({ at }) => at)))];
}
