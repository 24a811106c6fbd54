/** What goes wrong while an instruction is carried out, in words; and what a difference between told and shown is. */
import { canonicalJson } from "../base/json.ts";
import { makeFault, type Fault } from "../base/result.ts";
import type { MachineJobOrder } from "../record/instruction.ts";

/** Nobody answered, or the answer was lost: only reading the machine tells. */
export function isLost(fault: Fault): boolean {
  return fault.kind === "transient" || fault.kind === "ambiguous";
}

export function isSame(a: MachineJobOrder, b: MachineJobOrder): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

export function differs(wanted: MachineJobOrder, got: MachineJobOrder | null): Fault {
  const { jobOrderId } = wanted;
  const text = got
    ? `The machine shows job order ${jobOrderId} otherwise than it was told (${differences(wanted, got)}); it is taken away again.`
    : `The machine does not show job order ${jobOrderId} although it accepted it.`;
  const cause = { wanted: canonicalJson(wanted), got: got && canonicalJson(got) };
  return makeFault("refused", "gateway/job-mismatch", text, cause);
}

function differences(wanted: MachineJobOrder, got: MachineJobOrder): string {
  const shown = new Map<string, unknown>(Object.entries(got));
  const text = (value: unknown): string => canonicalJson(value ?? null);
  return Object.entries(wanted)
    .filter(([field, value]) => text(value) !== text(shown.get(field)))
    .map(([field, value]) => `${field}: told ${text(value)}, shown ${text(shown.get(field))}`)
    .join("; ");
}

/** Cannot be taken back while it is made: a person must look. */
export function runsOtherwise(fault: Fault): Fault {
  const text = `${fault.message} It runs already and cannot be taken away: check it at the machine.`;
  return makeFault("refused", "gateway/job-runs-otherwise", text, fault);
}

export function justStarted(id: string): Fault {
  const text = `Job order ${id} has just begun to run and is removed when it has ended.`;
  return makeFault("refused", "gateway/job-running", text);
}

export function unreadable(): Fault {
  const text = "What was written could not be read back from the machine; it is read again.";
  return makeFault("transient", "gateway/list-unreadable", text);
}

/** What runs now runs with the values that are there: they are not changed under it. */
export function stillRuns(): Fault {
  const text = "The set-up values before an interrupted set-up are written back when nothing runs at the machine.";
  return makeFault("transient", "gateway/setup-waits", text);
}
