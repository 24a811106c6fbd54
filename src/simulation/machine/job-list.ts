/**
 * The list of job orders that a machine keeps (OPC 10031-4, Job Control V2): states, commands and what the machine
 * itself reports. Pure; how it travels is `job-control`.
 */

export const jobState = {
  notAllowedToStart: 1,
  allowedToStart: 2,
  running: 3,
  interrupted: 4,
  ended: 5,
  aborted: 6,
} as const;
export type JobStateNumber = (typeof jobState)[keyof typeof jobState];

export const jobStateName: Readonly<Record<JobStateNumber, string>> = {
  1: "NotAllowedToStart",
  2: "AllowedToStart",
  3: "Running",
  4: "Interrupted",
  5: "Ended",
  6: "Aborted",
};

/** Bits of ReturnStatus, OPC 10031-4 annex B. */
export const returnStatus = {
  noError: 1n,
  unknownJobOrder: 1n << 1n,
  invalidState: 1n << 3n,
  unableToAccept: 1n << 4n,
  invalidRequest: 1n << 32n,
} as const;

export type JobCommand =
  | "Start"
  | "RevokeStart"
  | "Pause"
  | "Resume"
  | "Stop"
  | "Abort"
  | "Cancel"
  | "Clear"
  | "Update";

/** What only the machine does. */
export type JobEvent = "began" | "paused" | "resumed" | "finished" | "failed";

/** State after a command or event; `removed` takes the order off the list; what is absent is refused. */
type Steps = Readonly<Partial<Record<JobStateNumber, JobStateNumber | "removed">>>;

const { notAllowedToStart, allowedToStart, running, interrupted, ended, aborted } = jobState;

const steps: Readonly<Record<JobCommand | JobEvent, Steps>> = {
  Update: { [notAllowedToStart]: notAllowedToStart, [allowedToStart]: allowedToStart },
  Start: { [notAllowedToStart]: allowedToStart },
  RevokeStart: { [allowedToStart]: notAllowedToStart },
  Pause: { [running]: interrupted },
  Resume: { [interrupted]: running },
  Stop: { [running]: ended, [interrupted]: ended },
  Abort: { [notAllowedToStart]: aborted, [allowedToStart]: aborted, [running]: aborted, [interrupted]: aborted },
  Cancel: { [notAllowedToStart]: "removed", [allowedToStart]: "removed" },
  Clear: { [ended]: "removed", [aborted]: "removed" },
  began: { [allowedToStart]: running },
  paused: { [running]: interrupted },
  resumed: { [interrupted]: running },
  finished: { [running]: ended, [interrupted]: ended },
  failed: { [running]: aborted, [interrupted]: aborted },
};

/** What the machine was told. */
export interface JobContent {
  readonly id: string;
  readonly article: string;
  /** Ordered pieces. */
  readonly quantity: number;
  /** Larger goes first. */
  readonly priority: number;
  readonly parameters: Readonly<Record<string, string>>;
  /** The order as it came, to be shown as it came. */
  readonly received: object | null;
}

export interface StoredJob {
  readonly content: JobContent;
  readonly state: JobStateNumber;
  /** When it was allowed to start; null while it is not. */
  readonly allowedAt: number | null;
  /** Active setpoints at the moment it was allowed to start: the run is made with these. */
  readonly setpoints: Readonly<Record<string, number | string>>;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly run: number | null;
}

export class JobList {
  readonly capacity: number;
  readonly #jobs = new Map<string, StoredJob>();
  readonly #listeners: ((job: StoredJob, change: "state" | "removed") => void)[] = [];

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get all(): readonly StoredJob[] {
    return [...this.#jobs.values()];
  }

  get(id: string): StoredJob | undefined {
    return this.#jobs.get(id);
  }

  onChange(listener: (job: StoredJob, change: "state" | "removed") => void): void {
    this.#listeners.push(listener);
  }

  /** @returns ReturnStatus */
  store(content: JobContent): bigint {
    if (!content.id || !(content.quantity > 0)) return returnStatus.invalidRequest;
    if (this.#jobs.has(content.id) || this.#jobs.size >= this.capacity) return returnStatus.unableToAccept;
    const job: StoredJob = {
      content,
      state: jobState.notAllowedToStart,
      allowedAt: null,
      setpoints: {},
      startedAt: null,
      endedAt: null,
      run: null,
    };
    this.#jobs.set(content.id, job);
    this.#tell(job, "state");
    return returnStatus.noError;
  }

  /** A new content for an order that has not begun. */
  update(content: JobContent): bigint {
    const known = this.#jobs.get(content.id);
    const status = this.apply("Update", content.id, {});
    if (known && status === returnStatus.noError) this.#jobs.set(content.id, { ...known, content });
    return status;
  }

  /** @param change  what else is noted with the new state. @returns ReturnStatus */
  apply(
    step: JobCommand | JobEvent,
    id: string,
    change: Partial<Pick<StoredJob, "allowedAt" | "setpoints" | "startedAt" | "endedAt" | "run">>,
  ): bigint {
    if (!id) return returnStatus.invalidRequest;
    const job = this.#jobs.get(id);
    if (!job) return returnStatus.unknownJobOrder;
    const next = steps[step][job.state];
    if (next === undefined) return returnStatus.invalidState;
    if (next === "removed") {
      this.#jobs.delete(id);
      this.#tell(job, "removed");
      return returnStatus.noError;
    }
    const changed: StoredJob = { ...job, ...change, state: next };
    this.#jobs.set(id, changed);
    this.#tell(changed, "state");
    return returnStatus.noError;
  }

  /** The order that goes first among those that may start: by priority, then by when it was allowed. */
  nextToStart(): StoredJob | null {
    const ready = this.all.filter((job) => job.state === jobState.allowedToStart);
    ready.sort((a, b) => b.content.priority - a.content.priority || (a.allowedAt ?? 0) - (b.allowedAt ?? 0));
    return ready[0] ?? null;
  }

  #tell(job: StoredJob, change: "state" | "removed"): void {
    for (const listener of this.#listeners) listener(job, change);
  }
}
