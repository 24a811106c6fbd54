/**
 * The one interface of everything that machines speak. A connector heals its own sessions and subscriptions; it does
 * not buffer, queue, remove doubles or sort: the gateway does that once, for all protocols.
 */
import type { Instant } from "../base/instant.ts";
import type { Fault, Result } from "../base/result.ts";
import type { MachineJobOrder } from "../record/instruction.ts";
import type { Sample, SampleValue } from "../record/sample.ts";

/** An item to watch: a path, possibly with `{placeholders}` that match nodes which exist now or appear later. */
export interface WatchedPath {
  readonly path: string;
  /** Read what was missed from the machine's own history. */
  readonly history: boolean;
}

/** What a session tells while it is open. Calls come in order; none of them may block. */
export interface MachineListener {
  /**
   * Live values in the order the machine sent them. `complete` is true when nothing that the machine said before the
   * last of them is still under way; with no samples it is that word alone. A session that never says it leaves every gap
   * open until all of its items have spoken.
   */
  samples(samples: readonly Sample[], complete: boolean): void;
  /** From now on values may have been lost: connection, session or subscription gone, or a queue overflowed. */
  interrupted(fault: Fault): void;
  /** Values flow again. What happened in between is not included: ask `history`. */
  resumed(): void;
  /**
   * Nodes that match a watched path and were not there before, or not meanwhile: gone, and there again or made anew. They
   * are watched already; what they said before that is not included: ask `history`.
   */
  appeared(paths: readonly string[]): void;
}

export interface HistorySlice {
  /** In order of source time; all values of all asked items up to and including `through`. */
  readonly samples: readonly Sample[];
  readonly through: Instant;
}

export interface MachineSession {
  /** Reachable, authorised, able to do what the map needs. Writes nothing. */
  check(signal: AbortSignal): Promise<Fault | null>;
  /** Starts delivering to the listener. Resolves when every path that exists now is watched. */
  watch(paths: readonly WatchedPath[], listener: MachineListener, signal: AbortSignal): Promise<Result<WatchOutcome>>;
  /**
   * What the machine remembers of these concrete item paths from `from` on (inclusive), in slices that are complete
   * over all items up to `through`, ascending. The consumer's promise is awaited before more is asked.
   * Items without history are named in the outcome.
   */
  history(
    items: readonly string[],
    from: Instant,
    onSlice: (slice: HistorySlice) => Promise<void>,
    signal: AbortSignal,
  ): Promise<Result<HistoryOutcome>>;
  /** Current values, one result per path. */
  read(paths: readonly string[], signal: AbortSignal): Promise<Result<readonly Sample[]>>;
  write(path: string, value: SampleValue, signal: AbortSignal): Promise<Result<void>>;
  /** Calls a method without arguments, e.g. to apply setpoints. */
  call(object: string, method: string, signal: AbortSignal): Promise<Result<void>>;
  /** Where the machine keeps job orders itself; null when it does not. */
  jobOrders(place: JobControlPlace, signal: AbortSignal): Promise<Result<MachineJobOrders>>;
  close(): Promise<void>;
}

export interface WatchOutcome {
  /** Concrete item paths that are watched. */
  readonly items: readonly string[];
  /** Watched paths that match nothing yet. */
  readonly missing: readonly string[];
  /** Watched items of which the machine keeps the newest value only, whatever was asked: nobody tells what it drops. */
  readonly unqueued: readonly string[];
  /** Watched items at which the machine looks less often than asked: what is gone before its next look is not told. */
  readonly slower: readonly SlowerItem[];
}

export interface SlowerItem {
  readonly path: string;
  readonly everyMs: number;
}

export interface HistoryOutcome {
  readonly withoutHistory: readonly string[];
  readonly samples: number;
}

/** Paths of the two objects of ISA-95 Job Control inside the machine. */
export interface JobControlPlace {
  readonly receiver: string;
  readonly provider: string;
}

/** States of OPC 10031-4. */
export const machineJobStates = [
  "not-allowed-to-start",
  "allowed-to-start",
  "running",
  "interrupted",
  "ended",
  "aborted",
] as const;
export type MachineJobState = (typeof machineJobStates)[number];

export interface StoredJobOrder {
  readonly order: MachineJobOrder;
  readonly state: MachineJobState;
}

/**
 * The machine's own list of job orders (OPC 10031-4, Job Control V2).
 *
 * @fault refused   machine/job-unknown     the machine does not know the id
 * @fault refused   machine/job-state       the command does not fit the order's state
 * @fault refused   machine/job-capacity    the list is full, or the id is already stored
 * @fault invalid   machine/job-request     the machine calls the request malformed
 * @fault ambiguous machine/call-unanswered the call left and no answer came
 */
export interface MachineJobOrders {
  capacity(signal: AbortSignal): Promise<Result<number>>;
  list(signal: AbortSignal): Promise<Result<readonly StoredJobOrder[]>>;
  store(order: MachineJobOrder, signal: AbortSignal): Promise<Result<void>>;
  allowStart(jobOrderId: string, signal: AbortSignal): Promise<Result<void>>;
  revokeStart(jobOrderId: string, signal: AbortSignal): Promise<Result<void>>;
  /** Takes away an order that has not started. */
  cancel(jobOrderId: string, signal: AbortSignal): Promise<Result<void>>;
  /** Takes away an order that ended or was aborted. */
  clear(jobOrderId: string, signal: AbortSignal): Promise<Result<void>>;
  /** Called whenever the list may have changed. Returns a function that ends it. */
  onChange(listener: () => void): () => void;
}

export interface MachineConnector {
  /** Name in `site.yaml`, e.g. `opcua`. */
  readonly protocol: string;
  /** @fault invalid machine/config  the settings of the connection make no sense; says which and why */
  open(settings: unknown, signal: AbortSignal): Promise<Result<MachineSession>>;
}
