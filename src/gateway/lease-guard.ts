/** Whoever lost the lease writes no more, not even in the middle of an instruction. Reading goes on. */
import { fail, type Result } from "../base/result.ts";
import type { MachineJobOrders, MachineSession } from "../machine/connector.ts";

/** @fault transient gateway/no-lease  another process writes to this machine; nothing was sent */
export function guardedJobOrders(machine: MachineJobOrders, mayWrite: () => boolean): MachineJobOrders {
  const call = guard(mayWrite);
  return {
    capacity: (signal) => machine.capacity(signal),
    list: (signal) => machine.list(signal),
    onChange: (listener) => machine.onChange(listener),
    store: (order, signal) => call(() => machine.store(order, signal)),
    allowStart: (id, signal) => call(() => machine.allowStart(id, signal)),
    revokeStart: (id, signal) => call(() => machine.revokeStart(id, signal)),
    cancel: (id, signal) => call(() => machine.cancel(id, signal)),
    clear: (id, signal) => call(() => machine.clear(id, signal)),
  };
}

/** What the set-up of a job needs of a session. */
export type SetUpSession = Pick<MachineSession, "read" | "write" | "call">;

/** @fault transient gateway/no-lease */
export function guardedSession(session: SetUpSession, mayWrite: () => boolean): SetUpSession {
  const call = guard(mayWrite);
  return {
    read: (paths, signal) => session.read(paths, signal),
    write: (path, value, signal) => call(() => session.write(path, value, signal)),
    call: (object, method, signal) => call(() => session.call(object, method, signal)),
  };
}

function guard(mayWrite: () => boolean): (work: () => Promise<Result<void>>) => Promise<Result<void>> {
  const text = "Another process holds the right to write to this machine; nothing was sent.";
  return (work) => (mayWrite() ? work() : Promise.resolve(fail("transient", "gateway/no-lease", text)));
}
