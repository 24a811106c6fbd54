/**
 * Set-up values of a job: written, read back and compared. Any mismatch takes the machine back to what it held before.
 * When the values are written is decided by the instruction lane.
 */
import { fail, ok, type Result } from "../base/result.ts";
import type { MachineSession } from "../machine/connector.ts";
import type { SetupValue } from "../isa95/schedule/job-order.ts";
import type { SampleValue } from "../record/sample.ts";

/** How the map's set-up items are found in the machine. */
export interface SetupPlace {
  /** Path of an item of the map. */
  path(item: string): string;
  /** Called after the values are written; null when writing is enough. */
  readonly apply: { readonly object: string; readonly method: string } | null;
}

/**
 * @fault refused gateway/setup-mismatch     read back other than written; names parameter, wanted and got
 * @fault refused gateway/setup-not-restored the old values could not be written back either: a person must look
 */
export async function setUp(
  session: MachineSession,
  place: SetupPlace,
  values: readonly SetupValue[],
  signal: AbortSignal,
): Promise<Result<void>> {
  if (values.length === 0) return ok(undefined);
  const paths = values.map((value) => place.path(value.item));
  const before = await session.read(paths, signal);
  if (!before.ok) return before;
  const done = await writeAll(session, place, values, signal);
  if (done.ok) return done;
  const old = values.map((value, i) => ({ ...value, value: scalar(before.value[i]?.value) ?? value.value }));
  const back = await writeAll(session, place, old, signal);
  if (back.ok) return done;
  const text = `${done.fault.message} The values before could not be written back either: ${back.fault.message}`;
  return fail("refused", "gateway/setup-not-restored", text, [done.fault, back.fault]);
}

async function writeAll(
  session: MachineSession,
  place: SetupPlace,
  values: readonly SetupValue[],
  signal: AbortSignal,
): Promise<Result<void>> {
  for (const { item, value } of values) {
    const written = await session.write(place.path(item), value, signal);
    if (!written.ok) return written;
  }
  if (place.apply) {
    const applied = await session.call(place.apply.object, place.apply.method, signal);
    if (!applied.ok) return applied;
  }
  const read = await session.read(
    values.map((value) => place.path(value.item)),
    signal,
  );
  if (!read.ok) return read;
  for (const [i, wanted] of values.entries()) {
    const got = read.value[i]?.value;
    if (isEqual(wanted, got)) continue;
    const text = `Set-up value ${wanted.item}: ${String(wanted.value)} was written and ${JSON.stringify(got)} was read back.`;
    return fail("refused", "gateway/setup-mismatch", text);
  }
  return ok(undefined);
}

function isEqual(wanted: SetupValue, got: SampleValue | undefined): boolean {
  if (typeof wanted.value === "number" && typeof got === "number") {
    return Math.abs(got - wanted.value) <= wanted.tolerance;
  }
  return wanted.value === got;
}

function scalar(value: SampleValue | undefined): SetupValue["value"] | null {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null;
}
