/** The job at a work unit without a controller: it starts, changes its phase, stands still, goes on and is finished. */
import { contentId } from "../../base/id.ts";
import type { FactBody } from "../../record/fact.ts";
import { manualSource, type LoadNeed, type Statement } from "../../record/statement.ts";
import { isFor, isLoadedFor } from "../tracking/loaded.ts";
import { closeStop } from "./stop.ts";
import type { UnitRun, UnitState } from "./unit-state.ts";
import { refusals } from "./unit-table.ts";
import { done, enteredState, explainedStop, factOf, ignored, refused, type SaidOf, type Verdict } from "./verdict.ts";

export function startJob(state: UnitState, statement: Statement, said: SaidOf<"start">): Verdict {
  const { run } = state;
  if (run?.jobOrder === said.jobOrder) return ignored(`${run.name} is started already.`);
  if (run) return refused(...refusals["other-job"]);
  const { job } = statement.meaning;
  if (!job) return refused("reporting/unknown-job", "This job is not known here. Scan the operation number again.");
  const begun: UnitRun = {
    id: contentId("run", manualSource(statement.unit), statement.id),
    jobOrder: said.jobOrder,
    name: job.name,
    phase: said.phase,
    since: statement.eventAt,
    needs: job.needs,
  };
  const missing = said.phase === "production" ? missingMaterial(state, begun) : null;
  if (missing) return missing;
  const started: FactBody = {
    kind: "JobStarted",
    job: job.name,
    article: job.article,
    outside: false,
    jobOrder: said.jobOrder,
  };
  return done(
    { ...state, run: begun },
    [factOf(statement, "report/started", started, begun.id), enteredState(statement, said.phase, said.phase, begun.id)],
    `Started ${job.name}.`,
  );
}

export function changePhase(state: UnitState, statement: Statement, phase: UnitRun["phase"]): Verdict {
  const { run } = state;
  if (!run) return refused(...refusals["no-job"]);
  if (run.phase === phase) return ignored(`${run.name} is in this phase already.`);
  const missing = phase === "production" ? missingMaterial(state, run) : null;
  if (missing) return missing;
  const entered = phase === "production" ? "production" : "setup";
  return done(
    { ...state, run: { ...run, phase } },
    [enteredState(statement, entered, phase, run.id)],
    `${run.name}: ${phase}.`,
  );
}

function missingMaterial(state: UnitState, run: UnitRun): Verdict | null {
  const missing = run.needs.filter((need) => !state.loads.some((load) => isLoadedFor(load, need)));
  if (missing.length === 0) return null;
  const names = missing.map((need) => (need.lot === null ? need.material : `${need.material} lot ${need.lot}`));
  return refused(
    "reporting/material-missing",
    `${run.name} cannot produce yet: load ${names.join(", ")} first.${otherUnits(state, missing)}`,
  );
}

/** What is there for a line, and kept in a unit in which the line is not counted. */
function otherUnits({ loads }: UnitState, missing: readonly LoadNeed[]): string {
  return loads
    .filter((load) => load.left !== null && missing.some((need) => isFor(load, need)))
    .map(({ position, left }) => ` What is at ${position} is kept in ${left?.uom}: take it away and load it anew.`)
    .join("");
}

export function holdJob(state: UnitState, statement: Statement, reason: string | null): Verdict {
  const { run } = state;
  if (!run) return refused(...refusals["no-job"]);
  const facts = [
    factOf(statement, "report/held", { kind: "JobHeld" }, run.id),
    enteredState(statement, "held", reason ?? "", run.id),
    ...(reason === null ? [] : [explainedStop(statement, statement.eventAt, reason, run.id)]),
  ];
  const stop = { since: statement.eventAt, until: null, reason };
  return done({ ...state, stops: [...state.stops, stop] }, facts, `${run.name} is held.`);
}

export function resumeJob(state: UnitState, statement: Statement): Verdict {
  const { run } = state;
  if (!run) return refused(...refusals["no-job"]);
  const entered = run.phase === "production" ? "production" : "setup";
  return done(
    { ...state, stops: closeStop(state, statement) },
    [
      factOf(statement, "report/resumed", { kind: "JobResumed" }, run.id),
      enteredState(statement, entered, run.phase, run.id),
    ],
    `${run.name} goes on.`,
  );
}

export function finishJob(state: UnitState, statement: Statement): Verdict {
  const { run } = state;
  if (!run) return refused(...refusals["no-job"]);
  return done(
    { ...state, run: null, stops: closeStop(state, statement) },
    [
      factOf(statement, "report/ended", { kind: "JobEnded", result: "finished" }, run.id),
      enteredState(statement, "idle", "finished", null),
    ],
    `${run.name} is finished at this work unit.`,
  );
}
