/**
 * Machines whose samples wait in the buffer because what is kept of them cannot be read, while others go on. They are
 * looked at again now and then, and read on from where they stood still.
 */
import type { Clock } from "../base/clock.ts";
import { assert, type Fault } from "../base/result.ts";
import { nothingCollected, type CollectReport } from "../flows/collect.ts";
import { askAboutKept, keptFault, keptIsReadable, KeptUnreadable } from "../flows/kept-unreadable.ts";
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
  /** Of each of them the row up to which it is committed. */
  places(): ReadonlyMap<string, number>;
  /** From the first of these batches on that is its own. */
  hold(error: KeptUnreadable, batches: readonly SampleBatch[]): Promise<void>;
  /**
   * Looks at some of those that are due, one batch each, and reads one group of batches of all that can be read on, so that
   * the others' samples do not wait; a machine that has come up to `read` is held no more.
   */
  catchUp(read: number, maxSamples: number, commit: Commit): Promise<void>;
  /** It is due. */
  lookAgain(source: string): void;
  /** How long none needs a look, also of those that are held meanwhile: not longer than a first look takes to come. */
  nextMs(): number;
}

/** Between two looks at a machine that is read on, in which others have their turn. */
const turnMs = 500;
/** Machines that are looked at in one turn, beside those that are read on. */
const looksMost = 16;
/** Before the next look at a machine that cannot be read on; twice as long each time, up to the longest. */
const againMs = 10_000;
const againMostMs = 300_000;

interface Held {
  readonly source: string;
  error: KeptUnreadable;
  after: number;
  failures: number;
  /** Its last look was committed. */
  isReadOn: boolean;
  /** Monotonic. */
  dueMs: number;
  /** The place that was asked about. */
  asked: number | null;
}

export function heldSources(ports: HeldPorts): HeldSources {
  const { clock, log } = ports;
  const all = new Map<string, Held>();
  const next = (): Held | undefined => [...all.values()].toSorted((a, b) => a.dueMs - b.dueMs)[0];
  return {
    isAny: () => all.size > 0,
    has: (source) => all.has(source),
    fault: (source) => {
      const held = all.get(source);
      return held ? keptFault(held.error) : null;
    },
    places: () => new Map([...all.values()].map(({ source, after }) => [source, after])),
    lookAgain: (source) => {
      const held = all.get(source);
      if (held) held.dueMs = Math.min(held.dueMs, clock.monotonicMs());
    },
    nextMs: () => Math.min(againMs, Math.max(turnMs, (next()?.dueMs ?? 0) - clock.monotonicMs())),
    hold: async (error, batches) => {
      const { source } = error;
      const seq = batches.find((batch) => batch.source === source)?.seq ?? 0;
      const dueMs = clock.monotonicMs() + againMs;
      const held = { source, error, after: seq - 1, failures: 0, isReadOn: false, dueMs, asked: null };
      all.set(source, held);
      log.error(keptFault(error).message, error);
      await ask(ports, held);
    },
    catchUp: async (read, maxSamples, commit) => {
      const now = clock.monotonicMs();
      const due = [...all.values()].filter(({ dueMs }) => dueMs <= now).toSorted((a, b) => a.dueMs - b.dueMs);
      const together = due.filter(({ isReadOn }) => isReadOn);
      const looks = due.filter(({ isReadOn }) => !isReadOn).slice(0, looksMost);
      for (const group of [...looks.map((one) => [one]), ...(together.length > 0 ? [together] : [])]) {
        const most = group === together ? maxSamples : 1;
        for (const { source } of await readOn(ports, group, { read, maxSamples: most }, commit)) {
          all.delete(source);
          log.info(`What is kept of ${source} can be read again, and all that waited was read.`);
        }
      }
    },
  };
}

/**
 * All that came of all machines stands between the batches of one: to look for many of one machine only to see whether it can
 * be read, or of each by itself, would be to read the buffer as often as there are machines.
 *
 * @returns those of which everything up to `read` is committed
 */
async function readOn(
  ports: HeldPorts,
  group: readonly Held[],
  { read, maxSamples }: { readonly read: number; readonly maxSamples: number },
  commit: Commit,
): Promise<readonly Held[]> {
  const { buffer, clock, onCollected } = ports;
  const bySource = new Map(group.map((held) => [held.source, held]));
  const after = Math.min(...group.map((held) => held.after));
  const found = await buffer.read({ after, sources: [...bySource.keys()], maxSamples });
  if (!found.ok) {
    for (const held of group) wait(held, clock);
    return [];
  }
  const last = found.value.at(-1);
  if (!last) return (await isOver(ports, group)) ? group : [];
  for (;;) {
    const own = found.value.filter(({ source, seq }) => seq > (bySource.get(source)?.after ?? seq));
    const done = own.length === 0 ? nothingCollected : await commit(own);
    if (done === null) return [];
    if (!(done instanceof KeptUnreadable)) {
      onCollected(done);
      break;
    }
    const held = bySource.get(done.source);
    assert(held, `${done.source} is one of those that are read`);
    // The others go on without it.
    bySource.delete(done.source);
    held.error = done;
    wait(held, clock);
    await ask(ports, held);
  }
  for (const held of bySource.values()) {
    held.after = Math.max(held.after, last.seq);
    held.failures = 0;
    held.isReadOn = true;
    held.dueMs = clock.monotonicMs();
  }
  return last.seq >= read ? [...bySource.values()] : [];
}

function wait(held: Held, clock: Clock): void {
  held.failures += 1;
  held.isReadOn = false;
  held.dueMs = clock.monotonicMs() + Math.min(againMostMs, againMs * 2 ** held.failures);
}

/** Another process has read the rest meanwhile: nothing is committed here with which the question would be over. */
function isOver({ store, clock, log }: HeldPorts, group: readonly Held[]): Promise<boolean> {
  const sources = group.map(({ source }) => source);
  return said(log, () => store.transaction((tx) => keptIsReadable(tx, sources, clock.now())));
}

async function ask(ports: HeldPorts, held: Held): Promise<void> {
  const { error } = held;
  if (held.asked === error.ordinal) return;
  const isAsked = await said(ports.log, () => askAboutKept(ports, error, keptFault(error).message, ports.clock.now()));
  if (isAsked) held.asked = error.ordinal;
}

/** A database that is away is told the next time. */
async function said(log: Log, tell: () => Promise<void>): Promise<boolean> {
  try {
    await tell();
    return true;
  } catch (error) {
    log.error(`What is kept of a machine is asked about later. ${databaseTrouble(error)}`, error);
    return false;
  }
}
