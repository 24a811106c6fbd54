/**
 * What may be said about a work unit in which situation. Total: every situation decides every statement. What further
 * depends on details (which job, which position, which person) is judged in `judgement.ts`.
 * Spec: docs/spec/manual.md
 */
import type { FaultCode } from "../../base/result.ts";
import type { StatementKind } from "../../record/statement.ts";
import { openStop, type UnitState } from "./unit-state.ts";

/**
 * - `idle`       no job
 * - `setup`, `production`, `teardown` the phase of the job
 * - `held`       a job stands still
 * - `controlled` a controller reports the job; people report what it cannot know
 * - `counted`    as `controlled`, and the map says that a person counts
 */
export const situations = ["idle", "setup", "production", "teardown", "held", "controlled", "counted"] as const;
export type Situation = (typeof situations)[number];

/** Who reports the job at a work unit, and who counts there. */
export type Control = "manual" | "controlled" | "counted";

/** `do`: goes on to the details. `ignore`: it is so already. Else the refusal. */
export type Entry = "do" | "ignore" | keyof typeof refusals;

export const refusals = {
  "no-job": ["reporting/no-job", "No job is started at this work unit. Start the job first."],
  "other-job": ["reporting/other-job", "A job is under way at this work unit. Finish it before you start another."],
  held: ["reporting/held", "The job is held. Resume it first."],
  "not-held": ["reporting/not-held", "The job is not held: there is nothing to resume."],
  controlled: ["reporting/controlled", "The machine reports this itself. Nothing is entered by hand here."],
} as const satisfies Readonly<Record<string, readonly [FaultCode, string]>>;

type Row = Readonly<Record<StatementKind, Entry>>;

/** What people know whatever the job does. */
const always = {
  "stop-reason": "do",
  load: "do",
  unload: "do",
  "sign-on": "do",
  "sign-off": "do",
  "break-begin": "do",
  "break-end": "do",
  "take-back": "do",
} as const satisfies Partial<Row>;

const underWay: Row = {
  start: "do",
  phase: "do",
  hold: "do",
  resume: "not-held",
  finish: "do",
  count: "do",
  ...always,
};

const controlled: Row = {
  start: "controlled",
  phase: "controlled",
  hold: "controlled",
  resume: "controlled",
  finish: "controlled",
  count: "controlled",
  ...always,
};

export const unitTable: Readonly<Record<Situation, Row>> = {
  idle: {
    start: "do",
    phase: "no-job",
    hold: "no-job",
    resume: "no-job",
    finish: "no-job",
    count: "no-job",
    ...always,
  },
  setup: underWay,
  production: underWay,
  teardown: underWay,
  held: {
    start: "held",
    phase: "held",
    hold: "ignore",
    resume: "do",
    finish: "do",
    // Pieces that were made before the stop are counted while the job stands.
    count: "do",
    ...always,
  },
  controlled,
  counted: { ...controlled, count: "do" },
};

export function situationOf(state: UnitState, control: Control): Situation {
  if (control !== "manual") return control;
  if (!state.run) return "idle";
  return openStop(state) ? "held" : state.run.phase;
}
