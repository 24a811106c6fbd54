/** What a running process says of itself, for `millrace status` and for whoever waits until nothing waits. */
import { formatInstant } from "../base/instant.ts";
import type { OutboxCounts, Store, WaitingFinal } from "../flows/ports.ts";
import type { SampleBuffer } from "../gateway/sample-buffer.ts";
import type { Site } from "../site/site.ts";
import type { Exchange } from "./exchange.ts";
import type { Gateway } from "./gateway.ts";
import { machineFeeds } from "./machine-feed.ts";
import type { Operations } from "./operations.ts";

export interface MachineStatus {
  readonly id: string;
  readonly connected: boolean;
  /** What it says waits in the buffer, because what is kept of it cannot be read; other machines go on. */
  readonly held: boolean;
  readonly lastSampleAt: string | null;
  readonly samplesPerSecond: number;
  readonly backfilling: boolean;
  /** What it has said and the buffer does not hold yet. */
  readonly waitingSamples: number;
  /** Since the process began: gaps in which something may be missing, whichever queue or line lost it. */
  readonly unfilledGaps: number;
  /** Of what is missing there: samples that had no room at the gateway. What a machine drops itself it does not count. */
  readonly lostSamples: number;
  readonly fault: string | null;
}

export interface ErpStatus {
  readonly id: string;
  /** Its orders were pulled the last time that they were asked for; false before the first answer too. */
  readonly reached: boolean;
  readonly fault: string | null;
}

export interface Status {
  /** Every ERP is reached and every machine is connected, now. */
  readonly ready: boolean;
  readonly machines: readonly MachineStatus[];
  readonly erps: readonly ErpStatus[];
  readonly outbox: OutboxCounts;
  /** Operations whose decision is not carried out in the ERP yet, and why. */
  readonly finals: readonly FinalStatus[];
  /** Batches that are durable and not yet facts. */
  readonly buffered: number;
  /** What is wrong with the buffer that they wait in; collection goes on. */
  readonly bufferFault: string | null;
  readonly instructions: number;
  readonly quarantine: number;
  readonly questions: number;
  /** The last comparison of ERP, ledger and counters by schedule; null before the first. */
  readonly reconcile: { readonly at: string; readonly unexplained: number | null } | null;
  /** After a restore, until everything was read again and the ERP was asked. */
  readonly recovering: boolean;
  /** Nothing is waiting anywhere, but perhaps for a person: that is no work of this process. */
  readonly idle: boolean;
}

export interface FinalStatus {
  readonly order: string;
  readonly operation: string;
  readonly state: "final" | "reopening";
  /** For a person. */
  readonly waits: string;
}

/** Shown at most; the outbox counts all. */
const finalsMax = 50;

export interface StatusSources {
  readonly site: Site;
  readonly store: Store;
  readonly buffer: SampleBuffer;
  readonly gateway: Gateway;
  readonly operations: Operations;
  readonly exchanges: readonly Exchange[];
}

export async function statusOf(sources: StatusSources): Promise<Status> {
  const { site, store, buffer, gateway, operations, exchanges } = sources;
  // Taken before the database is asked: what is committed meanwhile can only make less wait.
  const buffered = buffer.head() - operations.consumed();
  const feeds = machineFeeds({ gateway, operations });
  const { outbox, attention, finals, recovering, reconciled } = await store.transaction(async (tx) => ({
    outbox: await tx.status.outbox(),
    attention: await tx.status.attention(),
    finals: await tx.status.finals(finalsMax),
    recovering: await tx.site.isRecovering(),
    reconciled: await tx.reconciliations.newest(),
  }));
  const machines = feeds.map((feed) => ({
    id: feed.source,
    connected: feed.connected,
    held: feed.isHeld,
    lastSampleAt: feed.lastSampleAt === null ? null : formatInstant(feed.lastSampleAt),
    samplesPerSecond: feed.samplesPerSecond,
    backfilling: feed.backfilling !== null,
    waitingSamples: feed.waitingSamples,
    unfilledGaps: feed.gaps.unfilled,
    lostSamples: feed.lostSamples,
    fault: feed.fault?.message ?? null,
  }));
  const isQuiet = feeds.every((f) => f.connected && f.backfilling === null && f.waitingSamples === 0);
  const isSent = outbox.pending + outbox.inDoubt + outbox.parked === 0;
  return {
    ready:
      exchanges.length === site.erps.length && exchanges.every((e) => e.isReached()) && feeds.every((f) => f.connected),
    machines,
    erps: exchanges.map((e) => ({ id: e.erp, reached: e.isReached(), fault: e.fault()?.message ?? null })),
    outbox,
    finals: finals.map(finalStatus),
    buffered,
    bufferFault: buffer.damage()?.message ?? null,
    ...attention,
    reconcile: reconciled && { at: formatInstant(reconciled.endedAt), unexplained: reconciled.unexplained },
    recovering,
    idle: isQuiet && isSent && buffered === 0 && attention.instructions === 0 && !recovering,
  };
}

/** What of it only a person can settle. */
function waitingForPeople({ outbox, quarantine, questions }: Status): number {
  return outbox.refused + quarantine + questions;
}

/** Whether something waits besides what machines may tell that are away. */
function isAtWork({ outbox, buffered, instructions, recovering, machines }: Status): boolean {
  const { pending, inDoubt, parked } = outbox;
  const isBusy = machines.some(({ backfilling, waitingSamples }) => backfilling || waitingSamples > 0);
  return recovering || isBusy || pending + inDoubt + parked + buffered + instructions > 0;
}

/** What goes on between Millrace and the machines. With the counts of the outbox: all that `summaryOf` calls work. */
export function machineWorkOf({ machines, buffered, instructions, recovering }: Status): string {
  const waiting = machines.reduce((sum, { waitingSamples }) => sum + waitingSamples, 0);
  const counts = `${waiting} samples and ${buffered} batches to be read, ${instructions} instructions to be carried out`;
  return `machines: ${counts}${recovering ? "; after the restore all is read again, and the ERP is asked" : ""}`;
}

/** Whether anything waits, in a sentence. What a machine that is away will tell is not known, and so is not said to wait. */
export function summaryOf(status: Status): string {
  const away = status.machines.filter(({ connected }) => !connected).length;
  if (!status.idle && (away === 0 || isAtWork(status))) return "Work is waiting.";
  const waiting = waitingForPeople(status);
  const said = [
    waiting === 0
      ? "Nothing is waiting"
      : `Nothing goes on by itself; ${waiting} ${waiting === 1 ? "waits" : "wait"} for a person`,
    ...(away === 0 ? [] : [`${away} ${away === 1 ? "machine is" : "machines are"} not connected`]),
  ];
  return `${said.join("; ")}.`;
}

function finalStatus({ order, segment, state, posting, fault, heldBy }: WaitingFinal): FinalStatus {
  const [first, ...others] = heldBy;
  const because = fault ? `: ${fault}` : "";
  const told = posting
    ? `its ${posting.kind} ${posting.key} is ${posting.state}${because}`
    : "it is about to be reopened";
  const held = first
    ? `it goes last, and ${first.kind} ${first.key} of operation ${first.segment} is ${first.parked ? "parked" : first.state}${
        first.fault ? `: ${first.fault}` : ""
      }${others.length > 0 ? ` (and ${others.length} more)` : ""}`
    : told;
  return { order, operation: segment, state, waits: held };
}
