/**
 * Judges one statement against the state of its work unit: facts and the state after it, or a refusal in words that a
 * person understands. Whether an order may be worked on, a reason exists or a person is allowed to is asked before, in
 * the flow; here is what follows from what was said about the unit alone.
 */
import type { Statement } from "../../record/statement.ts";
import { judgeCount, takeBack } from "./counting.ts";
import { changePhase, finishJob, holdJob, resumeJob, startJob } from "./job.ts";
import { judgeLoad, judgeUnload } from "./loading.ts";
import { judgeBreak, judgeSignOff, judgeSignOn } from "./presence.ts";
import { explainStop } from "./stop.ts";
import type { UnitState } from "./unit-state.ts";
import { refusals, situationOf, unitTable, type Control } from "./unit-table.ts";
import { ignored, refused, type Verdict } from "./verdict.ts";

export function judge(state: UnitState, statement: Statement, control: Control): Verdict {
  const entry = unitTable[situationOf(state, control)][statement.said.kind];
  if (entry === "ignore") return ignored("It is so already; nothing was booked twice.");
  if (entry !== "do") {
    const [code, text] = refusals[entry];
    return refused(code, text);
  }
  return details(state, statement, control);
}

function details(state: UnitState, statement: Statement, control: Control): Verdict {
  const { said } = statement;
  switch (said.kind) {
    case "start":
      return startJob(state, statement, said);
    case "phase":
      return changePhase(state, statement, said.phase);
    case "hold":
      return holdJob(state, statement, said.reason);
    case "resume":
      return resumeJob(state, statement);
    case "finish":
      return finishJob(state, statement);
    case "count":
      return judgeCount(state, statement, said);
    case "stop-reason":
      return explainStop(state, statement, said, control);
    case "load":
      return judgeLoad(state, statement, said);
    case "unload":
      return judgeUnload(state, statement, said);
    case "sign-on":
      return judgeSignOn(state, statement);
    case "sign-off":
      return judgeSignOff(state, statement);
    case "break-begin":
    case "break-end":
      return judgeBreak(state, statement, said.kind);
    case "take-back":
      return takeBack(state, statement);
  }
}
