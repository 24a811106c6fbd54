/**
 * Set-up values of a job: written, read back and compared. Any mismatch takes the machine back to what it held before.
 * When the values are written is decided by the instruction lane.
 */
import { fail, ok, type Fault, type Result } from "../base/result.ts";
import type { SetupValue } from "../isa95/schedule/job-order.ts";
import type { SampleValue } from "../record/sample.ts";
import type { SetUpSession } from "./lease-guard.ts";

/** How the map's set-up items are found in the machine. */
export interface SetupPlace {
  /** Path of an item of the map. */
  path(item: string): string;
  /** Called after the values are written; null when writing is enough. */
  readonly apply: { readonly object: string; readonly method: string } | null;
}

/** A machine that was set up, and its way back. */
export interface SetUp {
  /**
   * Writes back the values before, and reads them.
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
 * @fault refused gateway/setup-mismatch      read back other than written; names parameter, wanted and got
 * @fault refused gateway/setup-not-restored  the old values could not be written back either: a person must look
 * @fault as the machine's own; with a transient or ambiguous one it is not known how far the machine came
 */
export async function setUp(
  session: SetUpSession,
  place: SetupPlace,
  values: readonly SetupValue[],
  signal: AbortSignal,
): Promise<Result<SetUp>> {
  if (values.length === 0) return ok({ restore: () => Promise.resolve(ok(undefined)) });
  const paths = values.map(({ item }) => place.path(item));
  const before = await session.read(paths, signal);
  if (!before.ok) return before;
  const old = new Map(values.map(({ item }, i) => [item, before.value[i]?.value]));
  const progress: Progress = { touched: [], applied: false };
  const restore = (): Promise<Result<void>> => takeBack(session, place, old, progress, signal);
  const done = await writeAll(session, place, values, progress, signal);
  if (done.ok) return ok({ restore });
  const back = await restore();
  return { ok: false, fault: back.ok ? done.fault : withoutWayBack(done.fault, back.fault) };
}

/** The fault that made it necessary to go back, and the one that made it impossible. */
export function withoutWayBack(done: Fault, back: Fault): Fault {
  return { kind: back.kind, code: back.code, message: `${done.message} ${back.message}`, cause: [done, back] };
}

async function writeAll(
  session: SetUpSession,
  place: SetupPlace,
  values: readonly SetupValue[],
  progress: Progress,
  signal: AbortSignal,
): Promise<Result<void>> {
  for (const value of values) {
    progress.touched.push(value);
    const written = await session.write(place.path(value.item), value.value, signal);
    if (!written.ok) return written;
  }
  if (place.apply) {
    const applied = await session.call(place.apply.object, place.apply.method, signal);
    progress.applied = applied.ok || applied.fault.kind === "ambiguous";
    if (!applied.ok) return applied;
  }
  return compare(session, place, values, signal);
}

/** Only what was touched is written back; what was never applied is not applied now. */
async function takeBack(
  session: SetUpSession,
  place: SetupPlace,
  old: ReadonlyMap<string, SampleValue | undefined>,
  progress: Progress,
  signal: AbortSignal,
): Promise<Result<void>> {
  const values = progress.touched.flatMap((touched) => {
    const value = old.get(touched.item);
    // What held nothing before cannot be made to hold nothing again.
    return isScalar(value) ? [{ ...touched, value }] : [];
  });
  if (values.length === 0) return ok(undefined);
  const there = progress.applied ? place : { path: place.path, apply: null };
  const back = await writeAll(session, there, values, { touched: [], applied: false }, signal);
  if (back.ok) return back;
  const text = `The set-up values before could not be written back (${back.fault.message}). Check them at the machine.`;
  const isLost = back.fault.kind === "transient" || back.fault.kind === "ambiguous";
  return fail(isLost ? back.fault.kind : "refused", "gateway/setup-not-restored", text, back.fault);
}

async function compare(
  session: SetUpSession,
  place: SetupPlace,
  values: readonly SetupValue[],
  signal: AbortSignal,
): Promise<Result<void>> {
  const paths = values.map(({ item }) => place.path(item));
  const read = await session.read(paths, signal);
  if (!read.ok) return read;
  for (const [i, wanted] of values.entries()) {
    const got = read.value[i];
    if (got && got.status === 0 && isEqual(wanted, got.value)) continue;
    const shown = got && got.status !== 0 ? "no good value" : JSON.stringify(got?.value ?? null);
    const text = `Set-up value ${wanted.item}: ${JSON.stringify(wanted.value)} was written and ${shown} was read back.`;
    const cause = {
      parameter: wanted.item,
      wanted: wanted.value,
      got: got?.value ?? null,
      status: got?.status ?? null,
    };
    return fail("refused", "gateway/setup-mismatch", text, cause);
  }
  return ok(undefined);
}

function isEqual(wanted: SetupValue, got: SampleValue): boolean {
  if (typeof wanted.value === "number" && typeof got === "number") {
    return Math.abs(got - wanted.value) <= wanted.tolerance;
  }
  return wanted.value === got;
}

function isScalar(value: SampleValue | undefined): value is SetupValue["value"] {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}
