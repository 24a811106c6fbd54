/**
 * Set-up values of a job: written, read back and compared. Any mismatch takes the machine back to what it held before.
 * When the values are written, and that the values before are kept first, is decided by the instruction lane.
 */
import { fail, makeFault, ok, type Fault, type Result } from "../base/result.ts";
import type { SetupValue } from "../isa95/schedule/job-order.ts";
import type { HeldValue } from "../record/instruction.ts";
import { isGood, type Sample, type SampleValue } from "../record/sample.ts";
import type { SetUpSession } from "./lease-guard.ts";

/** How the map's set-up items are found in the machine. */
export interface SetupPlace {
  /** Path of an item of the map. */
  path(item: string): string;
  /** Called after the values are written; null when writing is enough. */
  readonly apply: { readonly object: string; readonly method: string } | null;
}

/** What became of a set-up, and its way back. */
export interface SetUp {
  /** Null when every value was read back equal. With one, the values before are back, or it says that they are not. */
  readonly fault: Fault | null;
  /** What was held before, and what was read back; in the order of the values. */
  readonly held: readonly HeldValue[];
  /**
   * Writes back what was touched, and reads it.
   *
   * @fault refused gateway/setup-not-restored  the old values are not back: a person must look
   */
  restore(): Promise<Result<void>>;
}

/** How far it came. */
interface Progress {
  readonly touched: SetupValue[];
  applied: boolean;
}

/**
 * What the machine holds before it is told anything: to be committed first, so that the way back outlives this process.
 *
 * @fault transient gateway/setup-unread  a value cannot be read now: there would be no way back to it
 * @fault as the machine's own
 */
export async function heldBefore(
  session: SetUpSession,
  place: SetupPlace,
  values: readonly SetupValue[],
  signal: AbortSignal,
): Promise<Result<readonly HeldValue[]>> {
  if (values.length === 0) return ok([]);
  const paths = values.map(({ item }) => place.path(item));
  const before = await session.read(paths, signal);
  if (!before.ok) return before;
  const unread = values.find((_, i) => !before.value[i] || !isGood(before.value[i]));
  if (unread) {
    const text = `Set-up value ${unread.item} cannot be read at the machine now. Nothing was written: it could not be written back.`;
    return fail("transient", "gateway/setup-unread", text);
  }
  return ok(values.map(({ item }, i) => ({ item, before: scalarOf(before.value[i]?.value), read: null })));
}

/**
 * @param held  what `heldBefore` has read, committed meanwhile
 * @fault refused gateway/setup-mismatch      read back other than written; names parameter, wanted and got
 * @fault refused gateway/setup-not-restored  the old values could not be written back either: a person must look
 * @fault as the machine's own; with a transient or ambiguous one it is not known how far the machine came
 */
export async function setUp(
  session: SetUpSession,
  place: SetupPlace,
  values: readonly SetupValue[],
  held: readonly HeldValue[],
  signal: AbortSignal,
): Promise<SetUp> {
  const progress: Progress = { touched: [], applied: false };
  const restore = (): Promise<Result<void>> => takeBack(session, place, held, progress, signal);
  const written = await writeAll(session, place, values, progress, signal);
  const { fault, held: read } = written.ok
    ? await readBack(session, place, values, held, signal)
    : { fault: written.fault, held };
  if (!fault) return { fault, held: read, restore };
  const back = await restore();
  return { fault: back.ok ? fault : withoutWayBack(fault, back.fault), held: read, restore };
}

/**
 * The way back when whoever wrote is gone: everything that was held before is written and applied, because how far it
 * came is not known.
 *
 * @fault refused gateway/setup-not-restored  the old values are not back: a person must look
 */
export function restoreHeld(
  session: SetUpSession,
  place: SetupPlace,
  values: readonly SetupValue[],
  held: readonly HeldValue[],
  signal: AbortSignal,
): Promise<Result<void>> {
  return takeBack(session, place, held, { touched: [...values], applied: true }, signal);
}

/** The fault that made it necessary to go back, and the one that made it impossible. */
export function withoutWayBack(done: Fault, back: Fault): Fault {
  return { kind: back.kind, code: back.code, message: `${done.message} ${back.message}`, cause: [done, back] };
}

/**
 * Reads set-up values and compares them with what was wanted.
 *
 * @returns the first difference as a fault, or null; and all values as they were read
 */
export async function readBack(
  session: SetUpSession,
  place: SetupPlace,
  values: readonly SetupValue[],
  held: readonly HeldValue[],
  signal: AbortSignal,
): Promise<{ readonly fault: Fault | null; readonly held: readonly HeldValue[] }> {
  if (values.length === 0) return { fault: null, held };
  const paths = values.map(({ item }) => place.path(item));
  const answer = await session.read(paths, signal);
  if (!answer.ok) return { fault: answer.fault, held };
  const beforeOf = new Map(held.map(({ item, before }) => [item, before]));
  const read = values.map(({ item }, i) => {
    const got = answer.value[i];
    return { item, before: beforeOf.get(item) ?? null, read: got && isGood(got) ? scalarOf(got.value) : null };
  });
  const at = values.findIndex((wanted, i) => !isThere(wanted, answer.value[i]));
  const wanted = values[at];
  return { fault: wanted ? mismatch(wanted, answer.value[at]) : null, held: read };
}

/** Whether what is kept says that every value was read back equal. */
export function isReadEqual(values: readonly SetupValue[], held: readonly HeldValue[]): boolean {
  return values.every((wanted) => {
    const read = held.find(({ item }) => item === wanted.item)?.read ?? null;
    return read !== null && isEqual(wanted, read);
  });
}

async function writeAll(
  session: SetUpSession,
  place: SetupPlace,
  values: readonly SetupValue[],
  progress: Progress,
  signal: AbortSignal,
): Promise<Result<void>> {
  if (values.length === 0) return ok(undefined);
  for (const value of values) {
    progress.touched.push(value);
    const written = await session.write(place.path(value.item), value.value, signal);
    if (!written.ok) return written;
  }
  if (!place.apply) return ok(undefined);
  const applied = await session.call(place.apply.object, place.apply.method, signal);
  progress.applied = applied.ok || applied.fault.kind === "ambiguous";
  return applied;
}

/** Only what was touched is written back; what was never applied is not applied now. */
async function takeBack(
  session: SetUpSession,
  place: SetupPlace,
  held: readonly HeldValue[],
  progress: Progress,
  signal: AbortSignal,
): Promise<Result<void>> {
  const old = new Map(held.map(({ item, before }) => [item, before]));
  const values = progress.touched.flatMap((touched) => {
    const value = old.get(touched.item) ?? null;
    // What held nothing before cannot be made to hold nothing again.
    return value === null ? [] : [{ ...touched, value }];
  });
  if (values.length === 0) return ok(undefined);
  const there = progress.applied ? place : { path: place.path, apply: null };
  const written = await writeAll(session, there, values, { touched: [], applied: false }, signal);
  const fault = written.ok ? (await readBack(session, place, values, held, signal)).fault : written.fault;
  if (!fault) return ok(undefined);
  const text = `The set-up values before could not be written back (${fault.message}). Check them at the machine.`;
  const isLost = fault.kind === "transient" || fault.kind === "ambiguous";
  return fail(isLost ? fault.kind : "refused", "gateway/setup-not-restored", text, fault);
}

function isThere(wanted: SetupValue, got: Sample | undefined): boolean {
  return got !== undefined && isGood(got) && isEqual(wanted, got.value);
}

function mismatch(wanted: SetupValue, got: Sample | undefined): Fault {
  const shown = got && !isGood(got) ? "no good value" : JSON.stringify(got?.value ?? null);
  const text = `Set-up value ${wanted.item}: ${JSON.stringify(wanted.value)} was written and ${shown} was read back.`;
  const cause = { parameter: wanted.item, wanted: wanted.value, got: got?.value ?? null, status: got?.status ?? null };
  return makeFault("refused", "gateway/setup-mismatch", text, cause);
}

function isEqual(wanted: SetupValue, got: SampleValue): boolean {
  if (typeof wanted.value === "number" && typeof got === "number") {
    // A machine that keeps it in 32 bits shows the nearest of those.
    return Math.abs(got - wanted.value) <= wanted.tolerance || got === Math.fround(wanted.value);
  }
  return wanted.value === got;
}

function scalarOf(value: SampleValue | undefined): SetupValue["value"] | null {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null;
}
