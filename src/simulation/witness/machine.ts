/** A machine connector with a witness beside it: what a machine is told, and that it took it; nothing is changed. */
import { ok } from "../../base/result.ts";
import type { MachineConnector, MachineJobOrders, MachineListener, MachineSession } from "../../machine/connector.ts";
import type { Tell } from "./event.ts";

/** A 16-bit counter this high that falls has rolled over. */
const rolloverFrom = 60_000;

/** @param nameOf  how people call the machine behind these settings */
export function witnessMachine(
  connector: MachineConnector,
  nameOf: (settings: unknown) => string,
  tell: Tell,
): MachineConnector {
  return {
    protocol: connector.protocol,
    open: async (settings, signal) => {
      const opened = await connector.open(settings, signal);
      return opened.ok ? ok(witnessed(opened.value, nameOf(settings), tell)) : opened;
    },
  };
}

function witnessed(session: MachineSession, machine: string, tell: Tell): MachineSession {
  return {
    check: (signal) => session.check(signal),
    watch: (paths, listener, signal) => session.watch(paths, listening(listener, machine, tell), signal),
    history: (items, from, onSlice, signal) => session.history(items, from, onSlice, signal),
    read: (paths, signal) => session.read(paths, signal),
    write: async (path, value, signal) => {
      const written = await session.write(path, value, signal);
      if (written.ok) tell({ kind: "setpoint-written", machine, path, value });
      return written;
    },
    call: async (object, method, signal) => {
      const called = await session.call(object, method, signal);
      if (called.ok) tell({ kind: "method-called", machine, method });
      return called;
    },
    jobOrders: async (place, signal) => {
      const opened = await session.jobOrders(place, signal);
      return opened.ok ? ok(jobOrders(opened.value, machine, tell)) : opened;
    },
    close: () => session.close(),
  };
}

/** A listener that also tells when a counter of 16 bits begins again. */
function listening(listener: MachineListener, machine: string, tell: Tell): MachineListener {
  const before = new Map<string, number>();
  return {
    samples: (samples, complete) => {
      for (const { item, value } of samples) {
        if (typeof value !== "number" || !/^Counters\/(Good|Scrap)$/.test(item)) continue;
        const from = before.get(item) ?? 0;
        if (from > rolloverFrom && value < from) tell({ kind: "counter-rolled-over", machine, item, from, to: value });
        before.set(item, value);
      }
      listener.samples(samples, complete);
    },
    interrupted: (fault) => listener.interrupted(fault),
    resumed: () => listener.resumed(),
    appeared: (paths) => listener.appeared(paths),
  };
}

function jobOrders(inner: MachineJobOrders, machine: string, tell: Tell): MachineJobOrders {
  return {
    capacity: (signal) => inner.capacity(signal),
    list: (signal) => inner.list(signal),
    store: async (order, signal) => {
      const stored = await inner.store(order, signal);
      if (stored.ok) tell({ kind: "job-stored", machine, job: order.jobOrderId, quantity: order.quantity });
      return stored;
    },
    allowStart: async (job, signal) => {
      const allowed = await inner.allowStart(job, signal);
      if (allowed.ok) tell({ kind: "job-allowed", machine, job });
      return allowed;
    },
    revokeStart: (job, signal) => inner.revokeStart(job, signal),
    cancel: async (job, signal) => {
      const removed = await inner.cancel(job, signal);
      if (removed.ok) tell({ kind: "job-removed", machine, job });
      return removed;
    },
    clear: async (job, signal) => {
      const removed = await inner.clear(job, signal);
      if (removed.ok) tell({ kind: "job-removed", machine, job });
      return removed;
    },
    onChange: (listener) => inner.onChange(listener),
  };
}
