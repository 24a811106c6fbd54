/**
 * A terminal as it will be when what waits on the device is booked: what the server has said, and on top of it the
 * reports that it has not said yet. Pure; which buttons there are follows from it.
 */
import type { Terminal, TerminalJob } from "../../../api/contract/terminal.ts";
import { sum } from "../../parts/amount.ts";
import type { QueuedReport } from "./queue.ts";

/**
 * - `idle`       no job
 * - `setup`, `production`, `teardown` the phase of the job
 * - `held`       the job stands still
 * - `controlled` the machine reports the job itself; `counted`: and a person counts
 */
export type Situation = "idle" | "setup" | "production" | "teardown" | "held" | "controlled" | "counted";

export type Grade = "good" | "scrap" | "rework";
export type Action = Grade | "hold" | "resume" | "finish";

/** Total: what may be pressed in which situation. Starting is done at the job that is to be started. */
export const actionsIn: Readonly<Record<Situation, readonly Action[]>> = {
  idle: [],
  setup: ["scrap", "rework", "hold", "finish"],
  production: ["good", "scrap", "rework", "hold", "finish"],
  teardown: ["good", "scrap", "rework", "hold", "finish"],
  // pieces that were made before the stop are counted while the job stands
  held: ["resume", "good", "scrap", "rework", "finish"],
  controlled: [],
  counted: ["good", "scrap", "rework"],
};

export interface Projection {
  readonly situation: Situation;
  readonly job: TerminalJob | null;
  /** Further jobs that run at the same time. */
  readonly others: readonly TerminalJob[];
  /** Counted and not booked yet, in the job's unit. */
  readonly waiting: Readonly<Record<Grade, string>>;
  readonly presence: "off" | "on" | "break";
  readonly openStopSince: string | null;
  /** Materials whose loading is not booked yet. */
  readonly loading: ReadonlySet<string>;
  /** Places whose unloading is not booked yet. */
  readonly unloading: ReadonlySet<string>;
}

type Draft = {
  situation: Situation;
  /** What a job goes back to when it is resumed. */
  phase: "setup" | "production" | "teardown";
  job: TerminalJob | null;
  waiting: Record<Grade, string>;
  presence: Projection["presence"];
  openStopSince: string | null;
  loading: Set<string>;
  unloading: Set<string>;
};

/** @param reports of this work unit, in the order in which they were said, without those that were refused */
export function project(terminal: Terminal, reports: readonly QueuedReport[], person: string): Projection {
  const draft = begin(terminal, person);
  for (const entry of reports) take(draft, terminal, entry, entry.person === person);
  const { phase: _phase, ...rest } = draft;
  const others = terminal.current.filter(({ jobOrder }) => jobOrder !== draft.job?.jobOrder);
  return { ...rest, others: terminal.current.length > 1 ? others : [] };
}

function begin(terminal: Terminal, person: string): Draft {
  const me = terminal.signedOn.find((one) => one.person === person);
  const [job = null] = terminal.current;
  return {
    situation: situationOf(terminal, job),
    phase: terminal.phase === "none" ? "production" : terminal.phase,
    job,
    waiting: { good: "0", scrap: "0", rework: "0" },
    presence: me ? (me.onBreak ? "break" : "on") : "off",
    openStopSince: terminal.openStop?.since ?? null,
    loading: new Set(),
    unloading: new Set(),
  };
}

function situationOf(terminal: Terminal, job: TerminalJob | null): Situation {
  const control = terminal.control ?? (terminal.unit.kind === "machine" ? "controlled" : "manual");
  if (control !== "manual") return control;
  if (job === null) return "idle";
  if (job.state === "held") return "held";
  return terminal.phase === "none" ? "production" : terminal.phase;
}

function take(draft: Draft, terminal: Terminal, { report }: QueuedReport, isMine: boolean): void {
  const { statement } = report;
  switch (statement.kind) {
    case "start": {
      const known = [...terminal.current, ...terminal.next].find(({ jobOrder }) => jobOrder === statement.jobOrder);
      draft.job = known ?? draft.job;
      draft.phase = statement.phase;
      draft.situation = statement.phase;
      return;
    }
    case "phase":
      draft.phase = statement.phase;
      draft.situation = statement.phase;
      return;
    case "hold":
      draft.situation = "held";
      if (statement.reason === null) draft.openStopSince = report.at ?? terminal.asOf;
      return;
    case "resume":
      draft.situation = draft.phase;
      return;
    case "finish":
      Object.assign(draft, { situation: "idle", job: null, waiting: { good: "0", scrap: "0", rework: "0" } });
      return;
    case "count":
      if (statement.quantity.uom !== draft.job?.quantity.uom) return;
      draft.waiting[statement.grade] = sum([draft.waiting[statement.grade], statement.quantity.value]);
      return;
    case "stop-reason":
      draft.openStopSince = null;
      return;
    case "load":
      draft.loading.add(statement.material);
      if (statement.substitutes !== null) draft.loading.add(statement.substitutes);
      return;
    case "unload":
      draft.unloading.add(statement.position);
      return;
    case "sign-on":
    case "break-end":
      if (isMine) draft.presence = "on";
      return;
    case "break-begin":
      if (isMine) draft.presence = "break";
      return;
    case "sign-off":
      if (isMine) draft.presence = "off";
      return;
    case "take-back": // what it undoes is seen when the server has read the unit anew
      return;
  }
}
