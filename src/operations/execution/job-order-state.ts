/**
 * The life cycle of a job order. Spec: docs/spec/job-order.md
 */
import type { JobOrderState } from "../../isa95/schedule/job-order.ts";

/**
 * - `release`  what it waited for is there
 * - `start`    a run of it has begun
 * - `end-run`  its last open run has ended; that alone never completes it
 * - `undo-start` the last run that made it go never was, or is another one's; it waits again until it is released
 * - `hold`, `resume` by a person or the ERP; what is resumed waits again until it is released
 * - `complete` final, by decision · `reopen` takes that back
 * - `abort`, `cancel` by decision; nothing more is dispatched
 * - `reinstate` the ERP takes back that it has cancelled or closed the order
 */
export const jobOrderCommands = [
  "release",
  "start",
  "end-run",
  "undo-start",
  "hold",
  "resume",
  "complete",
  "reopen",
  "abort",
  "cancel",
  "reinstate",
] as const;
export type JobOrderCommand = (typeof jobOrderCommands)[number];

type Next = JobOrderState | "refuse" | "ignore";

export const jobOrderTable: Readonly<Record<JobOrderState, Readonly<Record<JobOrderCommand, Next>>>> = {
  waiting: {
    release: "ready",
    start: "running",
    "end-run": "ignore",
    "undo-start": "ignore",
    hold: "held",
    resume: "ignore",
    complete: "completed",
    reopen: "ignore",
    abort: "aborted",
    cancel: "cancelled",
    reinstate: "ignore",
  },
  ready: {
    release: "ignore",
    start: "running",
    "end-run": "ignore",
    "undo-start": "waiting",
    hold: "held",
    resume: "ignore",
    complete: "completed",
    reopen: "ignore",
    abort: "aborted",
    cancel: "cancelled",
    reinstate: "ignore",
  },
  running: {
    release: "ignore",
    start: "ignore",
    "end-run": "ready",
    "undo-start": "waiting",
    hold: "held",
    resume: "ignore",
    complete: "refuse",
    reopen: "ignore",
    abort: "aborted",
    cancel: "cancelled",
    reinstate: "ignore",
  },
  held: {
    release: "ignore",
    start: "running",
    "end-run": "ignore",
    "undo-start": "ignore",
    hold: "ignore",
    resume: "waiting",
    complete: "completed",
    reopen: "ignore",
    abort: "aborted",
    cancel: "cancelled",
    reinstate: "ignore",
  },
  completed: {
    release: "ignore",
    start: "refuse",
    "end-run": "ignore",
    "undo-start": "ignore",
    hold: "refuse",
    resume: "refuse",
    complete: "ignore",
    reopen: "ready",
    abort: "refuse",
    cancel: "refuse",
    reinstate: "ignore",
  },
  aborted: {
    release: "ignore",
    start: "refuse",
    "end-run": "ignore",
    "undo-start": "ignore",
    hold: "refuse",
    resume: "refuse",
    complete: "refuse",
    reopen: "ready",
    abort: "ignore",
    cancel: "ignore",
    reinstate: "ignore",
  },
  cancelled: {
    release: "ignore",
    start: "refuse",
    "end-run": "ignore",
    "undo-start": "ignore",
    hold: "refuse",
    resume: "refuse",
    complete: "refuse",
    reopen: "refuse",
    abort: "ignore",
    cancel: "ignore",
    reinstate: "waiting",
  },
};

/** The state after a command; the same state when the command changes nothing or is refused. */
export function afterCommand(state: JobOrderState, command: JobOrderCommand): JobOrderState {
  const next = jobOrderTable[state][command];
  return next === "ignore" || next === "refuse" ? state : next;
}
