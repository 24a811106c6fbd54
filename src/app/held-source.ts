/**
 * Machines whose samples wait in the buffer because what is kept of them cannot be read, while others go on. They are
 * looked at again now and then, and read on from where they stood still.
 */
import type { Clock } from "../base/clock.ts";
import type { Fault } from "../base/result.ts";
import type { CollectReport } from "../flows/collect.ts";
import { askAboutKept, keptFault, keptIsReadable, KeptUnreadable, type WaitingFrom } from "../flows/kept-unreadable.ts";
import type { Store } from "../flows/ports.ts";
import type { SampleBuffer } from "../gateway/sample-buffer.ts";
import type { SampleBatch } from "../record/sample-batch.ts";
import type { Site } from "../site/site.ts";
import { databaseTrouble } from "./database-trouble.ts";
import type { Log } from "./log.ts";

export interface HeldPorts {
  readonly site: Site;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly buffer: SampleBuffer;
  readonly onCollected: (report: CollectReport) => void;
}

/** Null when we stop; why, when what is kept of a machine cannot be read. */
export type Commit = (batches: readonly SampleBatch[]) => Promise<CollectReport | KeptUnreadable | null>;

export interface HeldSources {
  isAny(): boolean;
  has(source: string): boolean;
  fault(source: string): Fault | null;
  /** Rows up to here are committed of all of them. */
  after(): number;
  /** From the first of these batches on that is its own. */
  hold(error: KeptUnreadable, batches: readonly SampleBatch[]): Promise<void>;
  /** Reads on where that can be done again; a machine that has come up to `read` is held no more. */
  catchUp(read: number, maxSamples: number, commit: Commit): Promise<void>;
}

interface Held {
  readonly from: WaitingFrom;
  readonly fault: Fault;
  after: number;
}

export function heldSources(ports: HeldPorts): HeldSources {
  const all = new Map<string, Held>();
  return {
    isAny: () => all.size > 0,
    has: (source) => all.has(source),
    fault: (source) => all.get(source)?.fault ?? null,
    after: () => Math.min(...[...all.values()].map(({ after }) => after)),
    hold: async (error, batches) => {
      const { source } = error;
      const seq = batches.find((batch) => batch.source === source)?.seq ?? 0;
      const held = { from: { source, seq }, fault: keptFault(error), after: seq - 1 };
      all.set(source, held);
      ports.log.error(held.fault.message, error);
      await ask(ports, held);
    },
    catchUp: async (read, maxSamples, commit) => {
      for (const [source, held] of all) {
        const isUp = await readOn(ports, held, { read, maxSamples }, commit);
        if (!isUp) await ask(ports, held);
        else if (await said(ports, () => keptIsReadable(ports, held.from, ports.clock.now()))) {
          all.delete(source);
          ports.log.info(`What is kept of ${source} can be read again, and all that waited was read.`);
        }
      }
    },
  };
}

/** @returns whether everything up to `read` is committed */
async function readOn(
  { buffer, onCollected }: HeldPorts,
  held: Held,
  { read, maxSamples }: { readonly read: number; readonly maxSamples: number },
  commit: Commit,
): Promise<boolean> {
  while (held.after < read) {
    const found = await buffer.read({ after: held.after, sources: [held.from.source], maxSamples });
    if (!found.ok) return false;
    const last = found.value.at(-1);
    if (!last) return true;
    const done = await commit(found.value);
    if (done === null || done instanceof KeptUnreadable) return false;
    held.after = last.seq;
    onCollected(done);
  }
  return true;
}

/** A question that is asked already stays as it is. */
async function ask(ports: HeldPorts, { from, fault }: Held): Promise<void> {
  await said(ports, () => askAboutKept(ports, from, fault.message, ports.clock.now()));
}

/** A database that is away is told the next time. */
async function said({ log }: HeldPorts, tell: () => Promise<void>): Promise<boolean> {
  try {
    await tell();
    return true;
  } catch (error) {
    log.error(`What is kept of a machine is asked about later. ${databaseTrouble(error)}`, error);
    return false;
  }
}
